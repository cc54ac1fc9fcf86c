import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { commandFaults, createFaults, remoteDirsFaults } from './docs/command-faults.ts';
import { parseYaml, type Yaml } from './docs/compose-text.ts';
import { fencedBlocks, indentedLines, inlineCode, table, withoutTicks } from './docs/markdown.ts';
import { read, top } from './docs/program.ts';

const documents = ['README.md', 'CONTRIBUTING.md', ...readdirSync(join(top, 'docs')).map(name => `docs/${name}`)]
  .filter(file => file.endsWith('.md'))
  .map(file => [file, read(file)] as const);
const blocks = (language: string) =>
  documents.flatMap(([file, text]) => fencedBlocks(text, language).map(block => [file, block.text] as const));

describe('the examples in the documents', () => {
  test('are all of kinds that are read here', () => {
    const kinds = new Set(documents.flatMap(([, text]) => fencedBlocks(text).map(block => block.language)));
    expect([...kinds].sort()).toEqual(['ini', 'json', 'sh', 'yaml']);
  });

  const commandLines = [
    ...blocks('sh').flatMap(([, text]) => text.trim().split('\n')),
    ...documents.flatMap(([, text]) => indentedLines(text).filter(line => /^(docker|make|npm) /.test(line))),
    ...documents.flatMap(([, text]) => inlineCode(text).filter(code => /^(make|npm run) [a-z]/.test(code))),
  ].filter(line => !line.includes('…'));
  test.each([...new Set(commandLines)])('%s', line => {
    expect(commandFaults(line)).toEqual([]);
  });

  const moved = table(read('docs/moving.md'), ['from', 'you have', 'write']).map(([, , cell = '']) =>
    withoutTicks(cell),
  );
  test.each(moved)('to move over: %s', line => {
    expect(commandFaults(line)).toEqual([]);
  });

  test.each(documents.flatMap(([, text]) => indentedLines(text).filter(line => /^\w+:\/\//.test(line))))(
    'the addresses %s',
    line => {
      expect(remoteDirsFaults(line)).toEqual([]);
    },
  );

  test.each(blocks('json'))('the config file in %s is one the plugin takes as it stands', (_, text) => {
    expect(remoteDirsFaults('', text)).toEqual([]);
  });

  test.each(blocks('yaml'))('the compose file in %s names label, driver and options that exist', (_, text) => {
    expect(composeFaults(parseYaml(text))).toEqual([]);
  });

  test.each(blocks('ini'))('the service in %s starts the daemon with options that exist', (_, text) => {
    const value = (key: string) => new RegExp(`^${key}=(.+)$`, 'm').exec(text)?.[1] ?? '';
    expect(commandFaults(value('ExecStart').replace(/^\/usr\/local\/bin\//, ''))).toEqual([]);
    expect(value('SuccessExitStatus')).toBe('SIGKILL');
    const { env } = JSON.parse(read('config.json')) as { env: { name: string; value: string | null }[] };
    const [name, size] = value('Environment').split('=');
    expect(env).toContainEqual(expect.objectContaining({ name, value: size }));
  });
});

describe('an example that is wrong', () => {
  test.each([
    ['make everything', 'no target everything'],
    ['make push PLUGING=x/y:1', 'no variable PLUGING'],
    ['npm run jst', 'no script jst'],
    ['nfs-shared deamon', 'no command deamon'],
    ['nfs-shared daemon --sockets /x', 'no option --sockets'],
    ['docker plugin set nfs-shared LOGLEVEL=debug', 'no setting LOGLEVEL'],
    ['docker plugin set nfs-shared LOG_LEVEL=loud', 'LOG_LEVEL=loud is not valid'],
    ['docker plugin set nfs-shared state.source=/x', 'no setting state.source'],
    ["REMOTE_DIRS='nfs://10.0.0.5/export' make install", 'no label'],
    ['docker volume create --driver nfs-shared -o mod=0750 a@nas', 'no option "mod"'],
    ['docker volume create --driver nfs-shared pgdata', 'has no label'],
    ['docker volume create pgdata@nas', 'no driver of ours'],
    ['docker run --mount type=volume,src=a@nas,dst=/x busybox', 'no driver of ours'],
    ['docker run --mount type=volume,volume-driver=nfs-shared,src=a@nas,dst=/x,volume-opt=mode=9 busybox', '"mode"'],
    ['rm -rf /', 'nobody checks'],
  ])('is found: %s', (line, fault) => {
    expect(commandFaults(line).join()).toContain(fault);
  });

  test('is found in a compose file', () => {
    const text =
      'services:\n  a:\n    volumes:\n      - other:/x\nvolumes:\n  data:\n    driver: local\n    driver_opts:\n      mod: "1"\n';
    expect(composeFaults(parseYaml(text))).toHaveLength(5);
    expect(() => parseYaml('volumes:\n  - a\n bad')).toThrow('not understood');
  });

  test('is found in a config file', () => {
    expect(remoteDirsFaults('', '{"RemoteDirs":{"nas":{"type":"nfs5","path":"/x"}}}')).toHaveLength(1);
  });
});

function composeFaults(file: Yaml): string[] {
  const volumes = Object.entries(mapAt(file, 'volumes'));
  const used = Object.values(mapAt(file, 'services')).flatMap(service => {
    const list = mapOf(service)['volumes'];
    return Array.isArray(list) ? list.map(item => String(item).split(':')[0]) : [];
  });
  return [
    ...used.filter(name => !volumes.some(([known]) => known === name)).map(name => `${name} is not among the volumes`),
    ...volumes.filter(([known]) => !used.includes(known)).map(([known]) => `${known} is used by no service`),
    ...volumes.flatMap(([key, volume]) => {
      const { name, driver } = mapOf(volume);
      const options = Object.entries(mapAt(volume, 'driver_opts')).map(
        ([option, value]) => [option, String(value)] as const,
      );
      return [
        ...(driver === 'nfs-shared:latest' ? [] : [`${key} has another driver`]),
        ...createFaults(String(name ?? key), new Map(options)),
      ];
    }),
  ];
}

const mapOf = (value: Yaml | undefined): { readonly [key: string]: Yaml } =>
  typeof value === 'object' && !Array.isArray(value) ? (value as { readonly [key: string]: Yaml }) : {};
const mapAt = (value: Yaml, key: string) => mapOf(mapOf(value)[key]);
