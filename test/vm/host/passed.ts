// What has passed is not run again while nothing that it depends on has changed: a run of everything that was stopped, or
// that failed in its last boot, goes on where it was.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Outcome } from './boot.ts';
import type { Boot } from './plan.ts';

export class Passed {
  readonly #folder: string;
  readonly #key: string;

  /** The disk's name says what is in it; the guest's program holds the suites. */
  constructor(cache: string, [disk, guest]: readonly [disk: string, guest: string]) {
    this.#folder = join(cache, 'passed');
    this.#key = createHash('sha256').update(basename(disk)).update(readFileSync(guest)).digest('hex').slice(0, 16);
    mkdirSync(this.#folder, { recursive: true });
    for (const name of readdirSync(this.#folder)) if (!name.startsWith(this.#key)) rmSync(join(this.#folder, name));
  }

  find(boot: Boot): readonly Outcome[] | undefined {
    const file = this.#file(boot);
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly Outcome[]) : undefined;
  }

  keep(boot: Boot, outcomes: readonly Outcome[]): void {
    writeFileSync(this.#file(boot), JSON.stringify(outcomes));
  }

  #file(boot: Boot): string {
    return join(this.#folder, `${this.#key}-${boot.flat().join('+')}.json`);
  }
}
