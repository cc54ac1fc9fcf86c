// What containers have written into volumes: each text has a name of its own, and lies in one place for as long as nobody has
// asked for its end.

import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export class Contents {
  readonly #share: string;
  readonly #written = new Set<string>();
  /** Somebody has asked for their end, and was told that it comes. */
  readonly #given = new Set<string>();

  constructor(share: string) {
    this.#share = share;
  }

  get count(): number {
    return this.#written.size;
  }

  write(folder: string, name: string): void {
    writeFileSync(join(folder, name), '');
    this.#written.add(name);
  }

  /** What lies in an entry of trash; read before it is asked to be deleted. */
  inEntry(entry: string): string[] {
    try {
      return readdirSync(join(this.#share, '.nfs-shared/trash', entry, 'data'));
    } catch {
      return [];
    }
  }

  giveUp(names: readonly string[]): void {
    for (const name of names) this.#given.add(name);
  }

  /** In words, what is lost, there twice, or there although it has ended. */
  problems(): string[] {
    const places = new Map<string, number>();
    for (const folder of this.#folders())
      for (const name of readdirSync(folder)) places.set(name, (places.get(name) ?? 0) + 1);
    return [...this.#written].flatMap(name => {
      const count = places.get(name) ?? 0;
      if (count > 1) return [`${name} is there ${count} times`];
      return count === 0 && !this.#given.has(name) ? [`${name} is lost`] : [];
    });
  }

  #folders(): string[] {
    const trash = readdirSync(join(this.#share, '.nfs-shared/trash'), { recursive: false });
    const inTrash = trash.map(entry => join(this.#share, '.nfs-shared/trash', String(entry), 'data'));
    const volumes = readdirSync(this.#share).map(name => join(this.#share, name));
    return [...volumes, ...inTrash].filter(folder => isFolder(folder) && !folder.endsWith('/.nfs-shared'));
  }
}

function isFolder(path: string): boolean {
  try {
    readdirSync(path);
    return true;
  } catch {
    return false;
  }
}
