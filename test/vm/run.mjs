// Starts the program that runs the VM tests. It is TypeScript, and not every node we support can read that.
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundle, importsOf } from './host/bundle.mjs';

const top = join(import.meta.dirname, '../..');
const program = join(top, '.cache/vm/host.mjs');
await bundle(join(import.meta.dirname, 'host/main.ts'), program);
const { main } = await import(pathToFileURL(program).href);
process.exitCode = (await main(top, process.argv.slice(2), { bundle, importsOf })) ? 0 : 1;
