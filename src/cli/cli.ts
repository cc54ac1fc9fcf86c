// The command line of the operator. Exit codes: 0 done, 1 refused or failed, 2 not understood.

import { parseArgs } from 'node:util';
import { type Command, commands } from './commands.ts';
import { ask, CliError, findSocket } from './plugin-socket.ts';

export const cliUsage = [
  'nfs-shared COMMAND [--socket PATH] [--json]',
  '',
  ...commands.map(({ words, args, help }) => `  ${`${words.join(' ')} ${args}`.padEnd(36)} ${help}`),
].join('\n');

export const cliWords: readonly string[] = [...new Set(commands.map(({ words: [word] }) => word))];

export async function cli(argv: readonly string[]): Promise<number> {
  const parsed = parse(argv);
  if (typeof parsed === 'string') {
    process.stderr.write(`${parsed}\n\n${cliUsage}\n`);
    return 2;
  }
  const { command, args, json, socket } = parsed;
  try {
    const place = socket ?? findSocket();
    const { data, text } = await command.run((method, path, body) => ask(place, method, path, body), args);
    process.stdout.write(`${json ? JSON.stringify(data, undefined, 1) : text}\n`);
    return 0;
  } catch (error) {
    if (!(error instanceof CliError)) throw error;
    process.stderr.write(`Cannot ${command.words.join(' ')}: ${error.message}\n`);
    return 1;
  }
}

interface Parsed {
  readonly command: Command;
  readonly args: readonly string[];
  readonly json: boolean;
  readonly socket: string | undefined;
}

function parse(argv: readonly string[]): Parsed | string {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      allowPositionals: true,
      options: { json: { type: 'boolean', default: false }, socket: { type: 'string' } },
    });
    const [first, second, ...args] = positionals;
    const command = commands.find(({ words }) => words[0] === first && words[1] === second);
    if (command === undefined) return `There is no command "${[first, second].join(' ').trim()}"`;
    const [least, most] = command.count;
    if (args.length < least || args.length > most)
      return `"${command.words.join(' ')}" is written: ${command.words.join(' ')} ${command.args}`;
    return { command, args, json: values.json, socket: values.socket };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
