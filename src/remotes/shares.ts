// The shares of all remote dirs that are configured and valid, each made once.

import { driverFor } from '../drivers/registry.ts';
import { Failure } from '../errors.ts';
import type { RemoteDirs } from './remote-dirs.ts';
import { Share, type ShareParts } from './share.ts';

export class Shares {
  readonly #remoteDirs: RemoteDirs;
  readonly #parts: Omit<ShareParts, 'driver' | 'isConfigured'>;
  readonly #shares = new Map<string, Share>();

  constructor(remoteDirs: RemoteDirs, parts: Omit<ShareParts, 'driver' | 'isConfigured'>) {
    this.#remoteDirs = remoteDirs;
    this.#parts = parts;
  }

  /** Throws a failure that says why there is none: not configured, or configured wrongly. */
  get(label: string): Share {
    const found = this.#remoteDirs.find(label);
    if (found === undefined) throw new Failure('RemoteDirGone', { label });
    if (found.state === 'invalid') throw new Failure('RemoteDirInvalid', { label, faults: found.faults });
    const present = this.#shares.get(label);
    if (present !== undefined) return present;
    const share = new Share(found.dir, {
      ...this.#parts,
      driver: driverFor(found.dir.type),
      isConfigured: other => this.#remoteDirs.find(other)?.state === 'ok',
    });
    this.#shares.set(label, share);
    return share;
  }

  all(): Share[] {
    return this.#remoteDirs.all().map(dir => this.get(dir.label));
  }

  forget(label: string): void {
    this.#shares.get(label)?.close();
    this.#shares.delete(label);
  }

  close(): void {
    for (const share of this.#shares.values()) share.close();
  }
}
