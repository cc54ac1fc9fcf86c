// What nearly every test here stands on: an engine with the plugin enabled and two local remote dirs behind it.

import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest } from '@jest/globals';
import type { EngineOptions } from './engine.ts';
import type { PluginSettings } from './managed-plugin.ts';
import { unmountBelow } from './mounts-below.ts';
import { Stage } from './stage.ts';
import { copyTemplate } from './template.ts';

export const twoDirs = {
  disk: { type: 'local', path: '/host/local/disk' },
  second: { type: 'local', path: '/host/local', 'vol-path': 'second/volumes' },
} as const;

export const remoteDirs = (dirs: object): PluginSettings => ({ REMOTE_DIRS: JSON.stringify(dirs) });

export interface StageOptions extends EngineOptions {
  readonly settings?: PluginSettings;
  /** Folders the settings need, beside those of the two remote dirs. */
  readonly folders?: readonly string[];
}

/** To be called once at the top of a test file; the stage stands before its first test and is gone after its last. */
export function useStage(options: StageOptions = {}): Stage {
  jest.setTimeout(180_000);
  const stage = new Stage(`/var/tmp/nfs-shared-test-${randomBytes(4).toString('hex')}`, options);
  let logBefore = 0;

  beforeAll(async () => {
    for (const folder of ['disk', 'second/volumes', ...(options.folders ?? [])])
      mkdirSync(stage.share(folder), { recursive: true });
    await copyTemplate(stage.engine.dataRoot);
    await stage.engine.start();
    await stage.plugin.configure({ 'local.source': stage.share(), ...remoteDirs(twoDirs), ...options.settings });
  });

  beforeEach(() => {
    logBefore = stage.engine.logSize;
  });

  afterEach(() => {
    stage.engine.notePlugins();
    if ((globalThis as { testHasFailed?: boolean }).testHasFailed !== true) return;
    process.stderr.write(
      `the engine's log of ${expect.getState().currentTestName ?? 'the test'}:\n${stage.engine.story(logBefore)}\n`,
    );
  });

  afterAll(async () => {
    await stage.engine.destroy();
    await unmountBelow(stage.folder);
    rmSync(stage.folder, { recursive: true, force: true });
  });

  return stage;
}
