import { build } from 'esbuild';

const common = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  sourcemap: false,
  legalComments: 'none',
  logLevel: 'warning',
  external: ['esbuild'],
  // Documents whose commands are run.
  loader: { '.md': 'text' },
  // CommonJS packages inside an ESM bundle still call require().
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
};

/** One file out of a TypeScript program and all it imports. */
export async function bundle(entry, outfile) {
  await build({ ...common, entryPoints: [entry], outfile });
}

/** Every file of a program, and which others each of them imports. */
export async function importsOf(entry, top) {
  const { metafile } = await build({
    ...common,
    entryPoints: [entry],
    absWorkingDir: top,
    write: false,
    metafile: true,
  });
  return new Map(
    Object.entries(metafile.inputs).map(([file, { imports }]) => [
      file,
      imports.filter(({ external }) => external !== true).map(({ path }) => path),
    ]),
  );
}
