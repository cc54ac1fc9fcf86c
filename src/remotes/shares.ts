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

  /** Takes what is behind a label now for the share it stands for, and returns its id. */
  async accept(label: string, milliseconds: number): Promise<string> {
    const { ids } = this.#parts;
    const before = ids.known(label);
    if (this.get(label).state !== 'wrong-share') throw new Failure('NothingToAccept', { label });
    ids.forget(label);
    this.forget(label);
    try {
      const share = this.get(label);
      await share.use('take the share as it is', milliseconds, async () => {}, { insist: true });
      return ids.ownId(label) ?? 'without an id';
    } catch (error) {
      if (before !== undefined && ids.known(label) === undefined) ids.remember(label, before);
      this.forget(label);
      throw error;
    }
  }

  close(): void {
    for (const share of this.#shares.values()) share.close();
  }
}
