// Runs suites in the VM and says what came of them.
//   run.mjs              what every change has to pass
//   run.mjs --all        everything
//   run.mjs SUITE …      these, in one boot

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type BootRequest, boot, type Outcome } from './boot.ts';
import { ensureGolden } from './golden.ts';
import { ensureImage } from './image.ts';
import { plan } from './plan.ts';
import { show, sumUp } from './report.ts';

/** Makes one file out of a TypeScript program and all it imports. */
export type Bundle = (entry: string, outfile: string) => Promise<void>;

export async function main(top: string, args: readonly string[], bundle: Bundle): Promise<boolean> {
  const sources = join(top, 'test/vm');
  const cache = join(top, '.cache/vm');
  mkdirSync(cache, { recursive: true });
  const guest = join(cache, 'guest.mjs');
  const goldenGuest = join(cache, 'golden.mjs');
  await bundle(join(sources, 'guest/main.ts'), guest);
  await bundle(join(sources, 'guest/golden-main.ts'), goldenGuest);

  const image = await ensureImage(join(sources, 'image'), cache);
  const common = { image: image.folder, guestSources: join(sources, 'guest'), runs: join(cache, 'runs'), show };
  const disk = await ensureGolden({
    cache,
    image,
    plugin: join(top, 'plugin'),
    pluginLock: join(top, '.cache/plugin.lock'),
    guest: goldenGuest,
    boot: request => boot({ ...common, guest: goldenGuest }, request),
  });

  const started = performance.now();
  const outcomes: Outcome[] = [];
  let retries = 0;
  for (const suites of boots(args)) {
    const request: BootRequest = { name: suites.join('+'), disk, keep: false, suites };
    let outcome = await boot({ ...common, guest }, request);
    if (outcome.end !== 'off') {
      // The emulator has been seen to stop dead for no reason in ours; what fails in a VM that lives is never repeated.
      retries += 1;
      console.log(`the VM was ${outcome.end}; starting it again (retry ${retries})`);
      outcome = await boot({ ...common, guest }, request);
    }
    outcomes.push(outcome);
  }
  writeFileSync(join(cache, 'results.json'), JSON.stringify(outcomes.flatMap(({ results }) => results)));
  const { good, lines } = sumUp(outcomes, retries, Math.round((performance.now() - started) / 1000));
  console.log(lines.join('\n'));
  return good;
}

function boots(args: readonly string[]): readonly (readonly string[])[] {
  if (args.includes('--all')) return plan.all;
  return args.length > 0 ? [args] : plan.some;
}
