import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, test } from '@jest/globals';

// api -> volumes -> remotes + drivers + mounts -> system. What a folder may import, besides itself and the files of `everybody`.
const everybody = ['errors.ts', 'logger.ts', 'settings.ts'];
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'main.ts': ['daemon.ts', 'workers', 'cli'],
  'daemon.ts': ['api', 'volumes', 'remotes', 'mounts', 'system'],
  api: ['volumes', 'system'],
  volumes: ['remotes', 'drivers', 'mounts', 'system'],
  remotes: ['drivers', 'mounts', 'system'],
  // Drivers are pure: of the layers beside them they see types and data only.
  drivers: ['mounts/mount-plan.ts', 'mounts/tls-front.ts', 'remotes/remote-dir.ts'],
  mounts: ['system'],
  workers: ['system'],
  // A program of its own: it knows the plugin by its socket alone.
  cli: [],
  system: [],
  'errors.ts': [],
  'logger.ts': [],
  'settings.ts': [],
};

const src = join(import.meta.dirname, '..', 'src');

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts') ? [relative(src, path)] : [];
  });
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(src, file), 'utf8');
  return [...text.matchAll(/(?:from|import)\s+'(\.[^']+)'|import\('(\.[^']+)'\)/g)].map(match =>
    normalize(join(dirname(file), match[1] ?? match[2] ?? '')),
  );
}

const roomOf = (file: string) => file.split('/')[0] ?? file;

function wrongArrows(file: string, imports: readonly string[]): string[] {
  const room = roomOf(file);
  const allowed = mayImport[room];
  if (allowed === undefined) return [`${file}: the room ${room} stands in no layer`];
  return imports
    .filter(target => roomOf(target) !== room && !everybody.includes(target))
    .filter(target => !allowed.includes(roomOf(target)) && !allowed.includes(target))
    .map(target => `${file} -> ${target}`);
}

describe('architecture', () => {
  const files = sources(src);

  test('no import points up', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files.flatMap(file => wrongArrows(file, importsOf(file)))).toEqual([]);
  });

  test('an arrow that points up is found', () => {
    expect(wrongArrows('system/deadline.ts', ['volumes/volumes.ts'])).toEqual([
      'system/deadline.ts -> volumes/volumes.ts',
    ]);
    expect(wrongArrows('drivers/nfs.ts', ['mounts/mounter.ts'])).toEqual(['drivers/nfs.ts -> mounts/mounter.ts']);
  });

  test('no two files import each other in a circle', () => {
    const graph = new Map(files.map(file => [file, importsOf(file)]));
    const circles: string[] = [];
    const visit = (file: string, path: readonly string[]) => {
      if (path.includes(file)) {
        circles.push([...path.slice(path.indexOf(file)), file].join(' -> '));
        return;
      }
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });
});
