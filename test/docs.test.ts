import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { Failure, type FailureCode, sentences } from '../src/errors.ts';
import { logFileDefaults } from '../src/logger.ts';
import { configKeys, type Key, remoteDirKeys } from '../src/remotes/setting-keys.ts';
import { readUrls } from '../src/remotes/urls.ts';
import { variables } from '../src/settings.ts';
import {
  directOptionNames,
  parseDirectOptions,
  withoutEffect,
  withoutEffectOnV4,
} from '../src/volumes/direct/direct-options.ts';
import { labelOptions, volumeOptions } from '../src/volumes/options.ts';
import { samples } from './docs/error-samples.ts';
import { anchors, inlineCode, table, withoutTicks } from './docs/markdown.ts';
import { code, daemonOptions, pluginMounts, pluginVariables, read, top } from './docs/program.ts';
import { states, statusKeys } from './docs/status-words.ts';

const readme = read('README.md');
const ticked = (word: string) => `\`${word}\``;
const documents = ['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'plugin/README.md'].concat(
  readdirSync(join(top, 'docs'))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
);

describe('the README', () => {
  test('can be read in one sitting', () => {
    expect(readme.split('\n').length).toBeLessThan(350);
  });

  test('has every variable, with its default, and no other', () => {
    const rows = variables.map(variable => [
      ticked(variable.name),
      variable.default === '' ? 'none' : ticked(variable.default),
      variable.expected,
      variable.help,
    ]);
    expect(table(readme, ['variable', 'default', 'value', 'what it is for'])).toEqual(rows);
    expect([...pluginVariables].sort()).toEqual(variables.map(({ name }) => name).sort());
  });

  test('has every option of docker volume create, and no other', () => {
    const rows = volumeOptions.map(option => [ticked(option.name), option.expected, option.help]);
    expect(table(readme, ['option', 'value', 'what it does'])).toEqual([
      ...rows,
      ...labelOptions.map(option => [ticked(option.name), 'a label', option.help]),
    ]);
  });

  const remoteDirHead = ['setting', 'value', 'what it is for', 'in an address', 'with -o'];
  test('has every setting of a remote dir, and no other', () => {
    const rows = Object.entries<Key>(remoteDirKeys).map(([name, key]) => [
      ticked(name),
      key.expected,
      key.help,
      key.option === true ? 'yes' : 'no',
    ]);
    expect(table(readme, remoteDirHead).map(cells => cells.filter((_, at) => at !== 3))).toEqual(rows);
  });

  test.each(table(readme, remoteDirHead).map(cells => [withoutTicks(cells[0] ?? ''), cells[3] ?? '']))(
    'says right how the setting %s is written in an address: %s',
    (setting, written) => {
      const word = written.startsWith('`') && written !== '`://`' ? withoutTicks(written) : setting;
      const [url] = readUrls(`nfs://host/path?${word}=1:label`);
      const settings = url !== undefined && 'settings' in url ? url.settings : {};
      if (written === ticked(word)) expect(settings).toHaveProperty([setting]);
      else expect(settings).toMatchObject({ args: [`${word}=1`] });
    },
  );

  test('has every key of the config file, with its default, and no other', () => {
    const defaults: Readonly<Record<string, string>> = {
      LogLevel: 'LOG_LEVEL',
      MaxLogAgeDays: String(logFileDefaults.maxAgeDays),
      MaxLogSizeMb: String(logFileDefaults.maxSizeMb),
    };
    const rows = Object.entries(configKeys).map(([name, key]) => [
      name,
      key.expected,
      defaults[name] ?? 'none',
      key.help,
    ]);
    const written = table(readme, ['key', 'value', 'default', 'what it is for']);
    expect(written.map(cells => cells.map(withoutTicks))).toEqual(rows);
  });

  test('has every mount of the plugin that can be set, and no other', () => {
    expect(table(readme, ['mount', 'what it is']).map(([name = '']) => withoutTicks(name))).toEqual(pluginMounts);
  });

  test('quotes messages that the plugin really gives', () => {
    const said = [code, ...sampleSentences()].join('\n');
    const quoted = table(readme, ['when the plugin says', 'it means']).map(([message = '']) => withoutTicks(message));
    expect(quoted.length).toBeGreaterThan(5);
    const pieces = quoted.flatMap(message => message.split('…').map(piece => piece.trim()));
    expect(pieces.filter(piece => !said.includes(piece))).toEqual([]);
  });
});

describe('the documents', () => {
  test('have every error with its sentence, and no other', () => {
    const written = table(read('docs/errors.md'), ['code', 'for example', 'what is behind it']);
    const rows = Object.keys(sentences).map(name => [ticked(name), sentenceOf(name as FailureCode)]);
    expect(written.map(cells => cells.slice(0, 2))).toEqual(rows);
    expect(written.filter(cells => (cells[2] ?? '') === '')).toEqual([]);
  });

  test('have every option of the daemon, with its default, and no other', () => {
    const written = table(read('docs/daemon.md'), ['option', 'default', 'what it is for']);
    expect(daemonOptions.length).toBeGreaterThan(3);
    expect(written.map(cells => cells.map(withoutTicks))).toEqual(
      daemonOptions.map(({ name, standard, help }) => [`--${name}`, standard, help]),
    );
  });

  test('have every field and state that docker volume inspect shows, and no other', () => {
    const status = read('docs/status.md');
    const fields = table(status, ['field', 'what it is']).map(([name = '']) => withoutTicks(name));
    const words = table(status, ['`state`', 'what it means', 'what still works']).map(([name = '']) =>
      withoutTicks(name),
    );
    expect([...fields].sort()).toEqual([...statusKeys()].sort());
    expect([...words].sort()).toEqual([...states].sort());
    expect(states.filter(state => !code.includes(`'${state}'`))).toEqual([]);
  });

  const directOptions = table(read('docs/direct-volumes.md'), ['written', 'is', 'what happens']).map(
    ([written = '', is = '']) => [withoutTicks(written), is] as const,
  );
  test.each(directOptions)('say right of a direct volume: %s is %s', (written, is) => {
    const usual = { type: 'nfs', o: 'addr=10.0.0.5', device: ':/export/media' };
    const [option = '', ...rest] = written.split('=');
    const value = rest.join('=');
    const added = option === 'o' && !value.startsWith('addr=') ? `${usual.o},${value}` : value;
    const parse = (options: object) => () => parseDirectOptions(new Map(Object.entries(options)));
    const asked = parse({ ...usual, [option]: added });
    if (is === 'refused') expect(asked).toThrow(Failure);
    else if (is === 'without effect') expect(asked()).toEqual(parse(usual)());
    else expect([is, asked()]).toEqual(['taken', expect.anything()]);
  });

  test('have every option of a direct volume', () => {
    const words = directOptions.map(([written]) => written.split('='));
    const said = words.map(([option = '', word = '']) => (option === 'o' ? word : option));
    const all = [...directOptionNames.filter(name => name !== 'o'), ...withoutEffect, ...withoutEffectOnV4];
    expect(all.filter(name => !said.includes(name))).toEqual([]);
  });

  test.each(documents)('%s links to what is there', file => {
    const text = read(file);
    const links = [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)];
    const broken = links.filter(([, path = '', anchor]) => {
      const target = path === '' ? file : join(dirname(file), path);
      return !existsSync(join(top, target)) || (anchor !== undefined && !anchors(read(target)).includes(anchor));
    });
    expect(broken.map(([link]) => link)).toEqual([]);
  });

  test('name files of the code that are there', () => {
    const rooms = readdirSync(join(top, 'src')).filter(name => !name.includes('.'));
    const isSource = (word: string) => word.endsWith('.ts') && rooms.includes(word.split('/')[0] ?? '');
    const named = inlineCode(read('CONTRIBUTING.md')).filter(isSource);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter(file => !existsSync(join(top, 'src', file)))).toEqual([]);
  });
});

function sentenceOf<C extends FailureCode>(name: C): string {
  return new Failure(name, samples[name]).message;
}

function sampleSentences(): string[] {
  return (Object.keys(samples) as FailureCode[]).map(name => sentenceOf(name));
}
