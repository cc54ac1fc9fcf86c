// What has passed is not run again while nothing that it depends on has changed: the plugin, the image, what every suite
// stands on, and the files of its own. A run of everything that was stopped, or that failed in its last boot, goes on there.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Outcome } from './boot.ts';
import type { Boot } from './plan.ts';

export interface PassedParts {
  readonly top: string;
  readonly cache: string;
  /** Its name says what is in it. */
  readonly disk: string;
  /** The files of the guest's program and what each imports, as paths below the top. */
  readonly imports: ReadonlyMap<string, readonly string[]>;
}

const GUEST = 'test/vm/guest';
const ALL_SUITES = 'test/vm/suites/all.ts';
const suiteFile = (name: string) => `test/vm/suites/${name}.ts`;

export class Passed {
  readonly #parts: PassedParts;

  constructor(parts: PassedParts) {
    this.#parts = parts;
    mkdirSync(this.#folder, { recursive: true });
  }

  find(boot: Boot): readonly Outcome[] | undefined {
    const file = this.#file(boot);
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as readonly Outcome[]) : undefined;
  }

  keep(boot: Boot, outcomes: readonly Outcome[]): void {
    writeFileSync(this.#file(boot), JSON.stringify(outcomes));
  }

  get #folder(): string {
    return join(this.#parts.cache, 'passed');
  }

  #file(boot: Boot): string {
    const { top, disk, imports } = this.#parts;
    const scripts = readdirSync(join(top, GUEST))
      .filter(name => !name.endsWith('.ts'))
      .map(name => `${GUEST}/${name}`);
    const files = closure([`${GUEST}/main.ts`, ...boot.flat().map(suiteFile)], imports);
    const hash = createHash('sha256').update(basename(disk));
    for (const file of [...scripts, ...files].sort()) hash.update(file).update(readFileSync(join(top, file)));
    return join(this.#folder, `${boot.flat().join('+')}-${hash.digest('hex').slice(0, 16)}.json`);
  }
}

/** The files that these ones need, except by way of the list of all suites. */
function closure(start: readonly string[], imports: ReadonlyMap<string, readonly string[]>): string[] {
  const found = new Set(start);
  for (const file of found) {
    const known = imports.get(file);
    if (known === undefined) throw new Error(`${file} is no part of the guest's program`);
    for (const other of known) if (other !== ALL_SUITES && !other.startsWith('node_modules/')) found.add(other);
  }
  return [...found];
}
