import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { isEngineThere } from '../../../src/mounts/engine-process.ts';
import { useTempFolder } from '../../temp-folder.ts';

const folder = useTempFolder();
const processes = (...names: readonly string[]) => {
  for (const [at, name] of names.entries()) {
    mkdirSync(folder(`${at + 1}`));
    writeFileSync(folder(`${at + 1}/comm`), `${name}\n`);
  }
  mkdirSync(folder('77'));
  mkdirSync(folder('sys'));
  return isEngineThere(folder(''));
};

describe('the engine', () => {
  test('is seen among the processes', () => expect(processes('systemd', 'dockerd')).toBe(true));
  test('is not seen where it is not', () => expect(processes('systemd', 'dockerd-proxy', 'containerd')).toBe(false));
});
