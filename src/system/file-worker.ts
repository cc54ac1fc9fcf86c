// File work under another uid, in a child of its own: where the server squashes root, our root may do nothing there.
// One question at a time per message, answers matched by number; when the child dies every open question fails.

import { type ChildProcess, spawn } from 'node:child_process';
import { type FileWork, fileOperations } from './file-work.ts';

export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

export interface FileWorker {
  readonly files: FileWork;
  stop(): void;
}

export interface WorkerQuestion {
  readonly id: number;
  readonly operation: keyof FileWork;
  readonly args: readonly unknown[];
}

export interface WorkerAnswer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly message: string; readonly code?: string };
}

/** `command` starts this program as a worker; the folder it may work in is appended. */
export function startFileWorker(command: readonly string[], base: string, identity: Identity): FileWorker {
  const [file = process.execPath, ...args] = command;
  const child = spawn(file, [...args, base], {
    uid: identity.uid,
    gid: identity.gid,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    // More threads than calls at a time on one share: a stuck one must not hold up the others.
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', UV_THREADPOOL_SIZE: '16' },
  });
  child.unref();
  child.channel?.unref();
  return { files: ask(child), stop: () => void child.kill('SIGKILL') };
}

function ask(child: ChildProcess): FileWork {
  const open = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let next = 0;
  let gone: Error | undefined;
  const end = (reason: string) => {
    gone = Object.assign(new Error(`the file worker ended: ${reason}`), { code: 'EIO' });
    for (const question of open.values()) question.reject(gone);
    open.clear();
  };
  child.on('error', error => end(error.message));
  child.on('exit', (code, signal) => end(String(signal ?? code)));
  child.on('message', (answer: WorkerAnswer) => {
    const question = open.get(answer.id);
    open.delete(answer.id);
    if (answer.error === undefined) question?.resolve(answer.value);
    else question?.reject(Object.assign(new Error(answer.error.message), { code: answer.error.code }));
  });
  const call =
    (operation: keyof FileWork) =>
    (...args: unknown[]) =>
      new Promise<unknown>((resolve, reject) => {
        if (gone !== undefined) {
          reject(gone);
          return;
        }
        next += 1;
        open.set(next, { resolve, reject });
        child.send({ id: next, operation, args } satisfies WorkerQuestion, error => {
          if (error !== null) end(error.message);
        });
      });
  return Object.fromEntries(fileOperations.map(operation => [operation, call(operation)])) as unknown as FileWork;
}
