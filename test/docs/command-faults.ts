// What is wrong with a command of the documents: whatever it names has to exist in the code. A command of a kind that is
// not known here is a fault as well, so that none goes unread.

import { commands as cliCommands } from '../../src/cli/commands.ts';
import { isFailure } from '../../src/errors.ts';
import { readStaticRemoteDirs } from '../../src/remotes/static-remote-dirs.ts';
import { variables } from '../../src/settings.ts';
import { asksForDirect, parseDirectOptions } from '../../src/volumes/direct/direct-options.ts';
import { parseName } from '../../src/volumes/names.ts';
import { labelOptions, parseCreateOptions } from '../../src/volumes/options.ts';
import {
  commands,
  daemonOptions,
  makeTargets,
  makeVariables,
  npmScripts,
  pluginMounts,
  pluginVariables,
} from './program.ts';

const DRIVERS = ['nfs-shared', 'nfs-shared:latest'];
const OTHER_TOOLS = ['install', 'ln'];
const NOTHING: readonly [string, string] = ['', ''];

export function commandFaults(line: string): string[] {
  const words = wordsOf(line);
  const first = words.findIndex(word => assignment(word) === undefined);
  const environment = words.slice(0, first).flatMap(word =>
    settingFaults(
      word,
      variables.map(({ name }) => name),
    ),
  );
  const [tool = '', ...rest] = words.slice(first);
  const faults = OTHER_TOOLS.includes(tool) ? [] : (tools[tool]?.(rest) ?? [`"${tool}" is a command nobody checks`]);
  return [...environment, ...faults].map(fault => `${line}: ${fault}`);
}

/** The words of a command as a shell would see them: no variables, no substitution, quotes only. */
export function wordsOf(line: string): string[] {
  return [...line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'),
  );
}

export function remoteDirsFaults(remoteDirs: string, configText?: string): string[] {
  const defaults = { onRemove: 'trash', trashFor: 0 } as const;
  const { faults, invalid } = readStaticRemoteDirs({ remoteDirs, configText, defaults, embeddedPath: '/none' });
  return [...faults, ...[...invalid.values()].flat()];
}

export function createFaults(name: string, options: ReadonlyMap<string, string>): string[] {
  if (asksForDirect(options)) {
    return [
      ...failureOf(() => parseDirectOptions(options)),
      ...failureOf(() => parseName(name)),
      ...unless(!name.includes('@'), `"${name}" has a label, and device is given`),
    ];
  }
  const labels = labelOptions.map(option => options.get(option.name) ?? '').join('');
  const faults = failureOf(() => parseCreateOptions(options));
  return [...faults, ...nameFaults(labels === '' || name.includes('@') ? name : `${name}@${labels}`)];
}

const tools: Readonly<Record<string, (words: readonly string[]) => string[]>> = {
  make: words =>
    words.flatMap(word => {
      const [variable] = assignment(word) ?? [];
      if (variable !== undefined) return unless(makeVariables.includes(variable), `make has no variable ${variable}`);
      return unless(makeTargets.includes(word), `make has no target ${word}`);
    }),
  npm: ([run, script = '']) => unless(run === 'run' && npmScripts.includes(script), `npm has no script ${script}`),
  'nfs-shared': ([command = '', ...words]) =>
    cliCommands.some(({ words: [first] }) => first === command)
      ? cliFaults(command, words)
      : daemonFaults(command, words),
  docker: ([object = '', ...words]) => {
    const [action = '', ...rest] = words;
    if (object === 'plugin') return pluginFaults(action, rest);
    if (object === 'volume') return volumeFaults(action, rest);
    if (object === 'run' || (object === 'service' && action === 'create')) return mountFaults(words);
    return [`"docker ${object}" is a command nobody checks`];
  },
};

function daemonFaults(command: string, words: readonly string[]): string[] {
  const known = daemonOptions.map(({ name }) => `--${name}`);
  return [
    ...unless(commands.includes(command), `there is no command ${command}`),
    ...words
      .filter(word => word.startsWith('--'))
      .flatMap(word => unless(known.includes(word), `there is no option ${word}`)),
  ];
}

function cliFaults(first: string, [second = '', ...args]: readonly string[]): string[] {
  const command = cliCommands.find(({ words }) => words[0] === first && words[1] === second);
  if (command === undefined) return [`there is no command ${first} ${second}`];
  const [least, most] = command.count;
  return unless(args.length >= least && args.length <= most, `${first} ${second} takes ${command.args}`);
}

function pluginFaults(action: string, words: readonly string[]): string[] {
  const settings = words.filter(word => assignment(word) !== undefined);
  const known = [...pluginVariables, ...pluginMounts.map(name => `${name}.source`)];
  const actions = ['install', 'set', 'enable', 'disable', 'upgrade', 'rm', 'inspect'];
  return [
    ...unless(actions.includes(action), `docker plugin has no ${action} here`),
    ...unless(words.includes('nfs-shared'), 'the plugin is called nfs-shared'),
    ...settings.flatMap(word => settingFaults(word, known)),
  ];
}

function volumeFaults(action: string, words: readonly string[]): string[] {
  const name = words.at(-1) ?? '';
  // A direct volume has a bare name.
  if (action === 'rm') return failureOf(() => parseName(name));
  if (action !== 'create') return nameFaults(name);
  const options = words.flatMap((word, at) =>
    ['-o', '--opt'].includes(word) ? [assignment(words[at + 1] ?? '') ?? NOTHING] : [],
  );
  const driver = words[words.indexOf('--driver') + 1] ?? '';
  return [...unless(DRIVERS.includes(driver), 'no driver of ours is named'), ...createFaults(name, new Map(options))];
}

function mountFaults(words: readonly string[]): string[] {
  if (!words.includes('--mount')) return shortMountFaults(words);
  const mount =
    partsOf(words[words.indexOf('--mount') + 1])?.map(part => assignment(part) ?? ([part, ''] as const)) ?? [];
  const get = (key: string) => mount.find(([found]) => found === key)?.[1] ?? '';
  const options = mount.filter(([key]) => key === 'volume-opt').map(([, value]) => assignment(value) ?? NOTHING);
  return [
    ...unless(DRIVERS.includes(get('volume-driver')), 'no driver of ours is named'),
    ...unless(get('dst').startsWith('/'), 'dst is no path'),
    ...createFaults(get('src'), new Map(options)),
  ];
}

/** As a line of CSV: a part with commas in it stands in quotes. */
const partsOf = (text: string | undefined) => text?.match(/"[^"]*"|[^,]+/g)?.map(part => part.replaceAll('"', ''));

/** `-v NAME:/PATH`; a bare name is one that was made before. */
function shortMountFaults(words: readonly string[]): string[] {
  const [name = '', path = ''] = words[words.indexOf('-v') + 1]?.split(':') ?? [];
  const driver = words.find(word => word.startsWith('--volume-driver='))?.split('=')[1];
  return [
    ...unless(path.startsWith('/'), 'there is no -v NAME:/PATH'),
    ...failureOf(() => parseName(name)),
    ...unless(driver === undefined ? !name.includes('@') : DRIVERS.includes(driver), 'no driver of ours is named'),
  ];
}

function settingFaults(word: string, known: readonly string[]): string[] {
  const [name = '', value = ''] = assignment(word) ?? [];
  if (!known.includes(name)) return [`there is no setting ${name}`];
  if (name === 'REMOTE_DIRS') return remoteDirsFaults(value);
  return variables
    .filter(each => each.name === name && each.parse(value) === undefined)
    .map(() => `${word} is not valid`);
}

const nameFaults = (name: string) => [
  ...failureOf(() => parseName(name)),
  ...unless(name.includes('@'), `"${name}" has no label`),
];

function failureOf(act: () => unknown): string[] {
  try {
    act();
    return [];
  } catch (error) {
    if (isFailure(error)) return [error.message];
    throw error;
  }
}

function assignment(word: string): readonly [string, string] | undefined {
  const match = /^([A-Za-z][\w.-]*)=(.*)$/s.exec(word);
  return match === null ? undefined : [match[1] ?? '', match[2] ?? ''];
}

const unless = (holds: boolean, fault: string) => (holds ? [] : [fault]);
