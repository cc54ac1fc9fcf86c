// The life of a program in the VM: signs of life while it runs, and its end, whatever is still open.

import { writeFileSync } from 'node:fs';

export async function runInVm(work: () => Promise<void>): Promise<never> {
  const beat = () => writeFileSync('/out/alive', String(performance.now()));
  beat();
  setInterval(beat, 2000);
  try {
    await work();
  } catch (error) {
    console.error(error);
    process.exit(1);
  }
  // Engines and their children are still there; they go off with the VM.
  process.exit(0);
}
