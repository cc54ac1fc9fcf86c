// One life of the VM: from QEMU's start until it is off, with an end to every wait. A VM that stops dead is known by its
// sign of life, a file that the guest's program rewrites all the time.

import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import type { Result } from '../guest/results.ts';
import { makeInitramfs } from './initramfs.ts';
import { qemuArguments } from './qemu.ts';

export interface BootParts {
  readonly image: string;
  readonly guestSources: string;
  readonly guest: string;
  readonly runs: string;
  readonly show: (result: Result) => void;
}

export interface BootRequest {
  readonly name: string;
  readonly disk: string;
  /** What the VM writes to its disk stays there. */
  readonly keep: boolean;
  readonly suites: readonly string[];
  /** In place of the one that a suite has chosen. */
  readonly seed?: number;
  readonly files?: Readonly<Record<string, string>>;
}

export interface Outcome {
  readonly complete: boolean;
  readonly end: 'off' | 'frozen' | 'out of time';
  readonly results: readonly Result[];
  readonly folder: string;
}

const LIMIT_SECONDS = 20 * 60;
/** Also how long a boot may take until the program starts. */
const FROZEN_AFTER_SECONDS = 90;

export async function boot(parts: BootParts, request: BootRequest): Promise<Outcome> {
  const folder = join(parts.runs, request.name);
  const shared = join(folder, 'vm');
  const out = join(folder, 'out');
  rmSync(folder, { recursive: true, force: true });
  for (const each of [shared, out]) mkdirSync(each, { recursive: true });
  fillShared(parts, request, shared);
  await makeInitramfs(parts.image, parts.guestSources, join(folder, 'initramfs'));

  const argv = qemuArguments({ image: parts.image, initramfs: join(folder, 'initramfs'), shared, out, ...request });
  const log = { file: join(folder, 'console.log'), append: true } as const;
  // `timeout`: the VM ends even when this program is killed. TMPDIR: what the VM writes to a disk that is not kept.
  const qemu = execa('timeout', ['-k', '5', String(LIMIT_SECONDS + 30), 'nice', '-n', '10', ...argv], {
    stdin: 'ignore',
    stdout: log,
    stderr: log,
    env: { TMPDIR: folder },
    reject: false,
  });
  let off = false;
  const ended = qemu.then(() => {
    off = true;
  });
  const results: Result[] = [];
  const end = await follow(join(out, 'results.jsonl'), join(out, 'alive'), results, parts.show, () => off);
  if (end !== 'off') qemu.kill('SIGTERM');
  await ended;
  return { complete: results.some(({ kind }) => kind === 'all-done'), end, results, folder };
}

function fillShared(
  { guestSources, guest }: BootParts,
  { suites, seed, files = {} }: BootRequest,
  shared: string,
): void {
  for (const name of ['init', 'host-enter', 'host-init', 'engine']) {
    copyFileSync(join(guestSources, `${name}.sh`), join(shared, name));
    chmodSync(join(shared, name), 0o755);
  }
  copyFileSync(join(guestSources, 'containerd.toml'), join(shared, 'containerd.toml'));
  copyFileSync(guest, join(shared, 'guest.mjs'));
  writeFileSync(join(shared, 'orders.json'), JSON.stringify({ suites, seed }));
  for (const [name, file] of Object.entries(files)) linkSync(file, join(shared, name));
}

async function follow(
  file: string,
  alive: string,
  results: Result[],
  show: (result: Result) => void,
  isOff: () => boolean,
): Promise<Outcome['end']> {
  const started = performance.now();
  let lastSign = started;
  let sign = 0;
  for (;;) {
    // Asked before reading: what was written last is still read.
    const off = isOff();
    for (const result of linesOf(file).slice(results.length)) {
      results.push(result);
      show(result);
    }
    if (off) return 'off';
    const now = existsSync(alive) ? statSync(alive).mtimeMs : 0;
    if (now !== sign) lastSign = performance.now();
    sign = now;
    if (performance.now() - lastSign > FROZEN_AFTER_SECONDS * 1000) return 'frozen';
    if (performance.now() - started > LIMIT_SECONDS * 1000) return 'out of time';
    await sleep(300);
  }
}

/** A line that is still being written waits for the next look. */
function linesOf(file: string): Result[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map(line => JSON.parse(line) as Result);
}
