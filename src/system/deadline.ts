// An end for work that has none of its own.

/** Rejects with `onLate()` after `ms`. The work itself cannot be stopped from here: what it brings later is dropped. */
export function withDeadline<T>(work: Promise<T>, ms: number, onLate: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    // Not unref'd: in a short program this timer may be all that stands between an endless wait and its end.
    const timer = setTimeout(() => reject(onLate()), ms);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Rejects as soon as the signal says so, for work that knows no signals; its late result is dropped too. */
export function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(new DOMException('called off', 'AbortError'));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    // A signal may live as long as the program: what is not taken off again adds up.
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
