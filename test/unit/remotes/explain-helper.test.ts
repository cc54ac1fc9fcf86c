import { expect, test } from '@jest/globals';
import { explainHelper } from '../../../src/remotes/explain-helper.ts';

const failed = { ok: false, exitCode: 32, timedOut: false, startError: undefined, stdout: '' } as const;
const explain = (source: string, stderr: string, ...options: readonly string[]) =>
  explainHelper(
    { kind: 'helper', helper: 'mount.nfs', source, options, fsTypes: ['nfs4'] },
    { ...failed, stderr },
    () => Promise.reject(new Error('nothing is tried for NFS')),
  );

// Nobody lists exports at these addresses, so the helper's words are all there is.
test.each([
  ['127.0.0.9:/export', [], '127.0.0.9 answers on port 2049 but has no /export'],
  ['127.0.0.9:/export', ['vers=4', 'port=20490', 'hard'], '127.0.0.9 answers on port 20490 but has no /export'],
  ['[::1]:/export', ['port=20490'], '::1 answers on port 20490 but has no /export'],
])('a mount of %s with %j that fails names the server and the port that was asked', async (source, options, says) => {
  expect(await explain(source, 'mount.nfs: No such file or directory', ...options)).toContain(says);
});

test('a helper that found no rpc.statd says what that is, and what does without', async () => {
  const said = 'mount.nfs: rpc.statd is not running but is required for remote locking.\n';
  expect(await explain('127.0.0.9:/export', said, 'vers=3')).toMatch(/^NFSv3 locks need rpc\.statd.*NFSv4.*nolock/);
});
