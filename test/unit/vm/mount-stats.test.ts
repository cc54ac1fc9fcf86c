import { expect, test } from '@jest/globals';
import { callsBetween, changesIn, parseMountStats, sumOf, wordsOf } from '../../vm/suites/rpc-counts/mount-stats.ts';

const TEXT = `device proc mounted on /proc with fstype proc
device 10.9.0.1:/srv/nas mounted on /mnt/vmdk/nas with fstype nfs4 statvers=1.1
\topts:\trw,vers=4.2
\tage:\t3
\tRPC iostats version: 1.1  p/v: 100003/4 (nfs)
\txprt:\ttcp 0 0 1 0 0 12 12 0 12 0 2 0 0
\tper-op statistics
\t        NULL: 1 1 0 44 24 0 0 0 0
\t        READ: 0 0 0 0 0 0 0 0 0
\t    SEQUENCE: 9 9 0 1000 1000 0 1 1 0
\t     GETATTR: 7 7 0 1000 1000 0 1 1 0
\t   OPEN_NOATTR: 2 2 0 1000 1000 0 1 1 0
device tmpfs mounted on /run with fstype tmpfs
device 10.9.0.1:/srv/old mounted on /mnt/vmdk/old with fstype nfs statvers=1.1
\tper-op statistics
\t        NULL: 1 1 0 44 24 0 0 0 0
`;

test('the calls of each NFS mount are read, those that were never made, and those that only keep a lease, left out', () => {
  const mounts = parseMountStats(TEXT);

  expect([...mounts.keys()]).toEqual(['/mnt/vmdk/nas', '/mnt/vmdk/old']);
  expect(Object.fromEntries(mounts.get('/mnt/vmdk/nas') ?? [])).toEqual({ NULL: 1, GETATTR: 7, OPEN_NOATTR: 2 });
});

test('what came in between is the difference', () => {
  const between = callsBetween(
    new Map([['GETATTR', 3]]),
    new Map([
      ['GETATTR', 7],
      ['WRITE', 1],
    ]),
  );

  expect(Object.fromEntries(between)).toEqual({ GETATTR: 4, WRITE: 1 });
  expect(sumOf(between)).toBe(5);
  expect(changesIn(between)).toEqual(['WRITE']);
  expect(wordsOf(between)).toBe('getattr 4 write 1');
});

test('a mount that was made anew has counted from nothing', () => {
  const between = callsBetween(
    new Map([['GETATTR', 9]]),
    new Map([
      ['GETATTR', 4],
      ['FSINFO', 1],
    ]),
  );

  expect(Object.fromEntries(between)).toEqual({ GETATTR: 4, FSINFO: 1 });
});

test('a mount that is gone has called nobody', () => {
  expect(sumOf(callsBetween(new Map([['GETATTR', 9]]), undefined))).toBe(0);
});
