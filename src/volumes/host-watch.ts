// The other hosts of one share, as this host has seen them with its own clock: a host is silent when its counter stood still
// for a time through all of which we could read it. A server that was away makes nobody silent, nor does a clock that is off.

import type { HostSign } from './host-sign.ts';

interface Watched {
  readonly sign: HostSign;
  /** On our monotonic clock: since when the counter stands where it stands, as far as we have watched */
  readonly stoodSince: number;
}

/** A counter moves three times in this time. */
export const LEASE_MS = 60_000;

export class HostWatch {
  readonly #clock: () => number;
  readonly #hosts = new Map<string, Watched>();
  #lastLook = Number.NEGATIVE_INFINITY;

  constructor(clock: () => number = () => performance.now()) {
    this.#clock = clock;
  }

  /** What a look at the share has shown just now: every host it has a file of. */
  saw(signs: readonly HostSign[]): void {
    const now = this.#clock();
    // Nobody looked in between: a host may have been gone, and been back, without our knowing.
    const wasWatching = now - this.#lastLook < LEASE_MS;
    this.#lastLook = now;
    const before = new Map(this.#hosts);
    this.#hosts.clear();
    for (const sign of signs) {
      const known = before.get(sign.id);
      const stands = wasWatching && known?.sign.counter === sign.counter && known.sign.life === sign.life;
      this.#hosts.set(sign.id, { sign, stoodSince: stands ? known.stoodSince : now });
    }
  }

  /** The share could not be read: whoever seemed silent gets the benefit of the doubt. */
  couldNotLook(): void {
    this.#lastLook = Number.NEGATIVE_INFINITY;
  }

  sign(hostId: string): HostSign | undefined {
    return this.#hosts.get(hostId)?.sign;
  }

  /** Milliseconds for which a host has been silent; 0 for one that is not, or of which that is not known. */
  silentFor(hostId: string): number {
    const host = this.#hosts.get(hostId);
    if (host === undefined || this.#clock() - this.#lastLook > LEASE_MS) return 0;
    const stood = this.#clock() - host.stoodSince;
    return stood >= LEASE_MS ? stood : 0;
  }
}
