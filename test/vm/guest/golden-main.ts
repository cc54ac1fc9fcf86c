// The program that runs in the VM when the disk for the suites is made.

import { makeGolden } from './golden.ts';
import { step, write } from './results.ts';
import { runInVm } from './run-in-vm.ts';

await runInVm(async () => {
  await step('plugin and image put into the engine', makeGolden);
  write({ kind: 'all-done' });
});
