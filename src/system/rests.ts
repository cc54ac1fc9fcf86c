// Lets others have the disk and the server in between: work that takes hours must not be felt by those who wait for a file.
// The priority of a process says nothing to a file server.

const WORKS_MS = 20;
const MOST_MS = 500;

export interface Clock {
  readonly now: () => number;
  readonly pause: (milliseconds: number) => void;
}

/** To be called between any two steps of work that blocks: now and then it rests for as long as was worked since. */
export function rests({ now, pause }: Clock = blocking): () => void {
  let began = now();
  return () => {
    const worked = now() - began;
    if (worked < WORKS_MS) return;
    // One slow step is answered by one long rest, and not by one as long as an outage.
    pause(Math.min(worked, MOST_MS));
    began = now();
  };
}

const nothing = new Int32Array(new SharedArrayBuffer(4));
const blocking: Clock = {
  now: () => performance.now(),
  pause: milliseconds => void Atomics.wait(nothing, 0, 0, milliseconds),
};
