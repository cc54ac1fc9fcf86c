import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { fileOperations } from '../../../src/system/file-work.ts';
import { type FileWorker, startFileWorker } from '../../../src/system/file-worker.ts';
import { bundle } from '../../bundle.ts';
import { eventually } from '../../eventually.ts';
import { useTempFolder } from '../../temp-folder.ts';

jest.setTimeout(60_000);
const folder = useTempFolder();
const nobody = { uid: 54_321, gid: 54_322 };
let program: string;
let worker: FileWorker;
const others: ChildProcess[] = [];

beforeEach(() => {
  const main = `import { serveFileWork } from './src/workers/file-worker.ts'; serveFileWork(process.argv.at(-1));`;
  program = bundle(main, folder('worker.mjs'));
  mkdirSync(folder('share'));
  chownSync(folder('share'), nobody.uid, nobody.gid);
  worker = startFileWorker([process.execPath, program], folder('share'), nobody);
});

afterEach(() => {
  worker.stop();
  for (const child of others.splice(0)) child.kill('SIGKILL');
});

/** The children of ours that serve this test's folder. */
function pidsOfWorkers(): number[] {
  return readdirSync('/proc').flatMap(name => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const parts = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0');
      return parts.includes(program) ? [Number(name)] : [];
    } catch {
      return [];
    }
  });
}

describe('file work under another uid', () => {
  test('every operation is there and gives what it gives here', async () => {
    const { files } = worker;
    expect(Object.keys(files).sort()).toEqual([...fileOperations].sort());
    expect(await files.readText('a')).toBeUndefined();
    expect(await files.createText('a', 'text ü')).toBe(true);
    expect(await files.createText('a', 'other')).toBe(false);
    expect(await files.readText('a')).toBe('text ü');
    await files.replaceText('a', 'new');
    expect(await files.makeFolder('sub', 0o700)).toBe(true);
    await files.setMode('sub', 0o750);
    await files.rename('a', 'sub/a');
    expect(await files.list('sub')).toEqual([{ name: 'a', kind: 'file' }]);
    expect(await files.isEmpty('sub')).toBe(false);
    const { inode = '' } = (await files.inspect('sub/a')) ?? {};
    expect(inode).toBe(String(statSync(folder('share/sub/a'), { bigint: true }).ino));
    await files.removeFile('sub/a');
    await files.removeEmptyFolder('sub');
    expect((await files.space()).bytes).toBeGreaterThan(0);
    expect(await files.inspect('sub')).toBeUndefined();
  });

  test('what it makes belongs to that uid, and what that uid may not do fails with the code', async () => {
    await worker.files.replaceText('mine', 'text');
    expect(statSync(folder('share/mine'))).toMatchObject(nobody);
    writeFileSync(folder('share/secret'), 'root only', { mode: 0o600 });
    chmodSync(folder('share/secret'), 0o600);
    await expect(worker.files.readText('secret')).rejects.toMatchObject({ code: 'EACCES' });
    await worker.files.makeFolder('sub', 0o755);
    await expect(worker.files.setOwner('sub', 0, 0)).rejects.toMatchObject({ code: 'EPERM' });
  });

  test('none of our groups opens a door to it', async () => {
    writeFileSync(folder('share/for-the-group'), 'text');
    chownSync(folder('share/for-the-group'), 0, process.getgid?.() ?? 0);
    chmodSync(folder('share/for-the-group'), 0o040);
    await expect(worker.files.readText('for-the-group')).rejects.toMatchObject({ code: 'EACCES' });
  });

  test('paths that lead out are refused by the child too', async () => {
    await expect(worker.files.readText('../worker.mjs')).rejects.toThrow('".."');
  });

  test('many questions at once get their own answers', async () => {
    const all = Array.from({ length: 100 }, (_, n) => n);
    await Promise.all(all.map(n => worker.files.replaceText(`f${n}`, `text ${n}`)));
    expect(await Promise.all(all.map(n => worker.files.readText(`f${n}`)))).toEqual(all.map(n => `text ${n}`));
  });
});

describe('when the child is gone', () => {
  test('open questions fail, and so do all later ones', async () => {
    await worker.files.space();
    const open = Array.from({ length: 20 }, () => worker.files.list(''));
    const told = Promise.allSettled(open);
    for (const pid of pidsOfWorkers()) process.kill(pid, 'SIGKILL');
    for (const outcome of await told) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'EIO' });
    }
    await expect(worker.files.space()).rejects.toMatchObject({ code: 'EIO' });
    await expect(worker.files.space()).rejects.toThrow('the file worker ended');
  });

  test('a question that hangs in it fails as soon as it is stopped', async () => {
    await worker.files.space();
    const [pid = 0] = pidsOfWorkers();
    process.kill(pid, 'SIGSTOP');
    const hanging = worker.files.space();
    worker.stop();
    await expect(hanging).rejects.toMatchObject({ code: 'EIO' });
  });

  test('one that cannot be started fails every question', async () => {
    const broken = startFileWorker([folder('missing')], folder('share'), nobody);
    await expect(broken.files.space()).rejects.toThrow('the file worker ended');
    await expect(broken.files.space()).rejects.toThrow('the file worker ended');
  });
});

test('the child ends when its parent dies, however the parent dies', async () => {
  worker.stop();
  const main = `
    import { startFileWorker } from './src/system/file-worker.ts';
    const [program, base] = process.argv.slice(2);
    const worker = startFileWorker([process.execPath, program], base, { uid: ${nobody.uid}, gid: ${nobody.gid} });
    setInterval(() => {}, 1000);
    await worker.files.space();
    process.stdout.write('ready');`;
  const parent = spawn(process.execPath, [bundle(main, folder('parent.mjs')), program, folder('share')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  others.push(parent);
  await once(parent.stdout, 'data');
  const children = () => pidsOfWorkers().filter(pid => pid !== parent.pid);
  expect(children()).toHaveLength(1);
  parent.kill('SIGKILL');
  await eventually('the child is gone', () => children().length === 0);
});
