// A limit for the answer of somebody else, in time that this process was there to hear it. While it is busy with something
// else, or gets no processor, an answer may have come and lie there unread: that is no silence of the other one.

const SLICES = 20;

/** Calls `onLate` once, unless what is returned is called before. */
export function afterOwnTime(milliseconds: number, onLate: () => void): () => void {
  const slice = milliseconds / SLICES;
  let spent = 0;
  let away = 0;
  let before = performance.now();
  const timer = setInterval(() => {
    const passed = performance.now() - before;
    before += passed;
    // What has come in the meantime is read after this timer, and before the next one. A process that is away all the time
    // has an end to its waiting too.
    if (passed > 2 * slice + 50 && away < milliseconds / 2) {
      away += passed;
      return;
    }
    spent += passed;
    if (spent + slice / 2 < milliseconds) return;
    clearInterval(timer);
    onLate();
  }, slice);
  timer.unref();
  return () => clearInterval(timer);
}
