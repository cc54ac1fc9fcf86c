import { describe, expect, test } from '@jest/globals';
import { type FileWork, fileOperations } from '../../src/system/file-work.ts';
import { explore } from './explore.ts';
import { few, titleOf } from './orders.ts';
import { sceneOf } from './scenes.ts';

// Every order in which the steps of these hosts can happen. `make model` goes through more of them, and through faults.

const LIMIT = 240_000;

describe('whatever the order of their steps', () => {
  test.each(few.map(wanted => [titleOf(wanted), wanted] as const))(
    '%s: no volume goes that a host holds, and none is stuck afterwards',
    async (_, wanted) => {
      const { found, states } = await explore(sceneOf(wanted), wanted.faults);
      expect(found).toBeUndefined();
      expect(states).toBeGreaterThan(100);
    },
    LIMIT,
  );
});

describe('the exploration finds', () => {
  test.each<[string, (files: FileWork) => FileWork]>([
    ['that a host does not look at the signs of the others', blind],
    ['that a host does not read the record again after it has attached', forgetful],
  ])(
    '%s',
    async (_, defect) => {
      const { found } = await explore(sceneOf({ hosts: [['mount'], ['remove']], at: 'in its place', defect }), 0);
      expect(found?.problem).toMatch(/was removed although host|was told/);
    },
    LIMIT,
  );
});

function blind(files: FileWork): FileWork {
  return { ...operationsOf(files), list: async path => (path.includes('attachments') ? [] : await files.list(path)) };
}

function forgetful(files: FileWork): FileWork {
  const read = new Map<string, Promise<string | undefined>>();
  const readText = (path: string) => {
    const text = read.get(path) ?? files.readText(path);
    read.set(path, text);
    return text;
  };
  return { ...operationsOf(files), readText };
}

function operationsOf(files: FileWork): FileWork {
  return Object.fromEntries(fileOperations.map(name => [name, files[name]])) as unknown as FileWork;
}
