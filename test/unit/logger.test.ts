import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { makeLogger, openLogFile, removeOldParts } from '../../src/logger.ts';
import { useTempFolder } from '../temp-folder.ts';

const at = useTempFolder();
const complaints: string[] = [];

test('a log file is rolled by size, the number of its parts is limited, and every line is whole JSON', async () => {
  mkdirSync(at('log'));
  const file = { path: at('log/plugin.log'), maxSizeMb: 1, maxAgeDays: 28 };
  const stream = await openLogFile(file, text => complaints.push(text));
  const log = makeLogger('info', [stream]);
  const filling = 'x'.repeat(10_000);
  for (let line = 0; line < 1500; line += 1) {
    log.info({ line, filling }, 'written');
    // Rolling opens the next part between two turns of the event loop.
    if (line % 20 === 0) await new Promise(resolve => setImmediate(resolve));
  }
  await new Promise(resolve => setTimeout(resolve, 100));

  const parts = readdirSync(at('log'));
  expect(parts.length).toBeGreaterThan(3);
  expect(parts.length).toBeLessThanOrEqual(11);
  for (const part of parts) expect(statSync(at(`log/${part}`)).size).toBeLessThan(2.5 * 1024 * 1024);
  const lines = parts.flatMap(part =>
    readFileSync(at(`log/${part}`), 'utf8')
      .trimEnd()
      .split('\n'),
  );
  for (const line of lines) expect(JSON.parse(line)).toMatchObject({ msg: 'written' });
  expect(lines.some(line => line.includes('"line":1499'))).toBe(true);
  expect(complaints).toEqual([]);
});

test('parts that are too old go, and nothing else in the folder does', () => {
  mkdirSync(at('log'));
  const old = new Date(Date.now() - 10 * 24 * 60 * 60_000);
  for (const name of ['plugin.1.log', 'plugin.2.log', 'plugin.x.log', 'other.1.log', 'plugin.1.log.bak']) {
    writeFileSync(at(`log/${name}`), '');
    if (name !== 'plugin.2.log') utimesSync(at(`log/${name}`), old, old);
  }
  removeOldParts({ path: at('log/plugin.log'), maxSizeMb: 1, maxAgeDays: 7 }, '.log', Date.now());

  expect(existsSync(at('log/plugin.1.log'))).toBe(false);
  expect(readdirSync(at('log')).sort()).toEqual(['other.1.log', 'plugin.1.log.bak', 'plugin.2.log', 'plugin.x.log']);
});

test('a log file in a folder that is missing is refused, and does not take the program with it', async () => {
  const file = { path: at('missing/plugin.log'), maxSizeMb: 1, maxAgeDays: 7 };
  await expect(openLogFile(file, text => complaints.push(text))).rejects.toThrow('ENOENT');
});
