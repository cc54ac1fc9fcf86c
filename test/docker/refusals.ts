// What a hostile request must not do: be answered with anything but a reason, or leave a trace.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Stage } from './stage.ts';
import { treeFingerprint } from './tree-fingerprint.ts';

/** The calls that did not answer this body as every call should: with status 200 and a reason. */
const named = ['Create', 'Get', 'Path', 'Mount', 'Remove'];

export async function notRefused(stage: Stage, body: string, calls = named): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const call of calls) {
    const answer = await stage.plugin.call(call, body);
    const { Err } = answer.body as { Err?: unknown };
    if (answer.status !== 200 || typeof Err !== 'string' || Err.length < 5) found.push({ call, answer });
  }
  return found;
}

/** Everything on this host the plugin could reach by mistake: the whole folder it was given, and its own surroundings. */
export function surroundings(stage: Stage): string[] {
  const plugins = join(stage.engine.dataRoot, 'plugins');
  const own = readdirSync(plugins)
    .filter(name => /^[0-9a-f]{64}$/.test(name))
    .flatMap(id => readdirSync(join(plugins, id, 'propagated-mount')).map(name => `${id}/${name}`));
  // A record that came and went would show as a change of its folder's time only: what counts is names and contents.
  const withoutTimes = treeFingerprint(stage.share(), ['.nfs-shared']).map(line => line.replace(/ \d{19} /, ' '));
  return [...withoutTimes, ...own];
}
