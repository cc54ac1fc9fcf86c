import { readFileSync } from 'node:fs';
import { execa } from 'execa';

/** The mount points at or below a folder as this process sees them, the innermost first. */
export function mountsBelow(folder: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .flatMap(line => line.split(' ')[4] ?? [])
    .map(unescapeMountPoint)
    .filter(point => point === folder || point.startsWith(`${folder}/`))
    .reverse();
}

/** Removing a folder with a share still mounted below it would remove the share's files, so this fails rather than leave one. */
export async function unmountBelow(folder: string): Promise<void> {
  for (const point of mountsBelow(folder)) await execa('umount', ['--lazy', point], { reject: false, timeout: 10_000 });
  const left = mountsBelow(folder);
  if (left.length > 0) throw new Error(`still mounted: ${left.join(', ')}`);
}

function unescapeMountPoint(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
