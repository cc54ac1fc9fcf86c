// Runs suites in the VM and says what came of them.
//   run.mjs              what every change has to pass
//   run.mjs --all        everything; what has passed with the same plugin and the same suites is not run again
//   run.mjs SUITE …      these, in one boot; behind the word "then", in the next life of the VM on the same disk
//   --program=FILE       with this file in place of the plugin's program: what does a suite say to a defect?
//   --seed=NUMBER        for suites that do something else in every run of another seed
//   --write-docs         the measurements into docs/reliability.md

import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { type BootParts, type BootRequest, boot, type Outcome } from './boot.ts';
import { ensureGolden } from './golden.ts';
import { ensureImage } from './image.ts';
import { leftBy, withDiskOfItsOwn } from './own-disk.ts';
import { Passed } from './passed.ts';
import { type Boot, plan } from './plan.ts';
import { writeReliability } from './reliability.ts';
import { show, sumUp } from './report.ts';

/** What has to be there before a TypeScript program can run, and is not TypeScript itself. */
export interface Tools {
  readonly bundle: (entry: string, outfile: string) => Promise<void>;
  readonly importsOf: (entry: string, top: string) => Promise<ReadonlyMap<string, readonly string[]>>;
}

export async function main(top: string, args: readonly string[], tools: Tools): Promise<boolean> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      all: { type: 'boolean' },
      program: { type: 'string' },
      seed: { type: 'string' },
      'write-docs': { type: 'boolean' },
    },
  });
  const sources = join(top, 'test/vm');
  const cache = join(top, '.cache/vm');
  mkdirSync(cache, { recursive: true });
  const guest = join(cache, 'guest.mjs');
  const goldenGuest = join(cache, 'golden.mjs');
  await tools.bundle(join(sources, 'guest/main.ts'), guest);
  await tools.bundle(join(sources, 'guest/golden-main.ts'), goldenGuest);

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
  const files = values.program === undefined ? {} : { 'nfs-shared.mjs': resolve(values.program) };
  const isUsual = values.program === undefined && values.seed === undefined;
  const imports = await tools.importsOf(join(sources, 'guest/main.ts'), top);
  const passed = new Passed({ top, cache, disk, imports });
  const outcomes: Outcome[] = [];
  let retries = 0;
  for (const lives of bootsOf(values.all, positionals)) {
    const before = values.all === true && isUsual ? passed.find(lives) : undefined;
    if (before !== undefined) {
      console.log(`passed already, with this plugin and these suites: ${lives.flat().join(' ')}`);
      outcomes.push(...before);
      continue;
    }
    const live = async (from: string): Promise<Outcome[]> => {
      const ends: Outcome[] = [];
      for (const suites of lives) {
        const request = {
          name: suites.join('+'),
          disk: from,
          keep: lives.length > 1,
          suites,
          ...(values.seed === undefined ? {} : { seed: Number(values.seed) }),
          files: { ...files, ...leftBy(ends.at(-1)) },
        };
        const { outcome, retried } = await bootTwice({ ...common, guest }, request);
        retries += retried ? 1 : 0;
        ends.push(outcome);
      }
      return ends;
    };
    const ends = lives.length > 1 ? await withDiskOfItsOwn(disk, live) : await live(disk);
    outcomes.push(...ends);
    if (isUsual && sumUp(ends, 0, 0).good) passed.keep(lives, ends);
  }
  const results = outcomes.flatMap(outcome => outcome.results);
  writeFileSync(join(cache, 'results.json'), JSON.stringify(results));
  if (values['write-docs'] === true) {
    const measured = results.filter(result => result.kind === 'measured');
    if (!writeReliability(join(top, 'docs/reliability.md'), measured))
      console.log('nothing was measured: no page written');
  }
  const { good, lines } = sumUp(outcomes, retries, Math.round((performance.now() - started) / 1000));
  console.log(lines.join('\n'));
  return good;
}

/** The emulator has been seen to stop dead for no reason of ours; what fails in a VM that lives is never repeated. */
async function bootTwice(parts: BootParts, request: BootRequest): Promise<{ outcome: Outcome; retried: boolean }> {
  const outcome = await boot(parts, request);
  // A disk that was written to is not the one this life has to start from.
  if (outcome.end !== 'frozen' || request.keep) return { outcome, retried: false };
  console.log(`RETRY: the VM was ${outcome.end}; starting it again`);
  return { outcome: await boot(parts, request), retried: true };
}

function bootsOf(all: boolean | undefined, suites: readonly string[]): readonly Boot[] {
  if (all === true) return plan.all;
  return suites.length > 0 ? [livesOf(suites)] : plan.some;
}

function livesOf(words: readonly string[]): Boot {
  const at = words.indexOf('then');
  return at < 0 ? [words] : [words.slice(0, at), ...livesOf(words.slice(at + 1))];
}
