// What the program, its plugin and its Makefile offer, read from where each of them says so.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const top = join(import.meta.dirname, '..', '..');
export const read = (...path: readonly string[]) => readFileSync(join(top, ...path), 'utf8');

interface PluginConfig {
  readonly mounts: readonly { readonly name: string; readonly settable: readonly string[] | null }[];
  readonly env: readonly { readonly name: string; readonly settable: readonly string[] | null }[];
}

const plugin = JSON.parse(read('config.json')) as PluginConfig;
const settable = (all: PluginConfig['env']) => all.filter(each => each.settable !== null).map(each => each.name);
export const pluginMounts = settable(plugin.mounts);
export const pluginVariables = settable(plugin.env);

const makefile = read('Makefile');
export const makeTargets = [...makefile.matchAll(/^([a-z-]+):.*## /gm)].map(match => match[1]);
export const makeVariables = [...makefile.matchAll(/\$\(([A-Z]+)\)/g)].map(match => match[1]);

export const npmScripts = Object.keys((JSON.parse(read('package.json')) as { scripts: object }).scripts);

const main = read('src', 'main.ts');
export const daemonOptions = [...main.matchAll(/^ {2}--(\w+) [A-Z]+ +(.+?) +\(default (.+)\)$/gm)].map(
  ([, name = '', help = '', standard = '']) => ({ name, help, standard }),
);
export const commands = [...main.matchAll(/^ {2}case '([a-z-]+)':/gm)].map(match => match[1]);

/** All of the code, to look for words in. */
export const code = sources('src')
  .map(file => read(file))
  .join('\n');

function sources(folder: string): string[] {
  return readdirSync(join(top, folder), { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? sources(path) : [path];
  });
}
