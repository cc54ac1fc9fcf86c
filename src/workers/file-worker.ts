// The child's side of file work under another uid: started as "nfs-shared file-worker FOLDER" with an IPC channel.

import { errnoOf } from '../errors.ts';
import { fileOperations, fileWork } from '../system/file-work.ts';
import type { WorkerAnswer, WorkerQuestion } from '../system/file-worker.ts';
import { endWithParent } from '../system/own-child.ts';

export function serveFileWork(base: string): void {
  const files = fileWork(base);
  process.on('message', (question: WorkerQuestion) => {
    void answer(files, question).then(reply => process.send?.(reply));
  });
  endWithParent();
}

async function answer(
  files: ReturnType<typeof fileWork>,
  { id, operation, args }: WorkerQuestion,
): Promise<WorkerAnswer> {
  try {
    if (!fileOperations.includes(operation)) throw new Error(`there is no operation ${operation}`);
    const act = files[operation] as (...args: readonly unknown[]) => Promise<unknown>;
    return { id, value: await act(...args) };
  } catch (error) {
    const code = errnoOf(error);
    const message = error instanceof Error ? error.message : String(error);
    return { id, error: code === undefined ? { message } : { message, code } };
  }
}
