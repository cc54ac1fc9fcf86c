// File work for a share that is to stay as it is to the last byte: whatever would change something is refused here, before
// any file system is asked.

import type { FileWork } from './file-operations.ts';

const reading: readonly (keyof FileWork)[] = ['readText', 'inspect', 'list', 'isEmpty', 'space'];

export function readOnlyWork(files: FileWork): FileWork {
  return new Proxy(files, {
    get: (target, operation: keyof FileWork) => (reading.includes(operation) ? target[operation] : refuse),
  });
}

async function refuse(): Promise<never> {
  throw Object.assign(new Error('nothing is changed there'), { code: 'EROFS' });
}
