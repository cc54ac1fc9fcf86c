import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { localDriver } from '../../../src/drivers/local.ts';
import { nfsDriver } from '../../../src/drivers/nfs.ts';
import type { Failure } from '../../../src/errors.ts';
import { makeLogger } from '../../../src/logger.ts';
import { ControlMounts } from '../../../src/mounts/control-mounts.ts';
import { readMountTable } from '../../../src/mounts/mount-table.ts';
import { Mounter } from '../../../src/mounts/mounter.ts';
import { probe } from '../../../src/remotes/probe.ts';
import type { RemoteDir } from '../../../src/remotes/remote-dir.ts';
import { Share } from '../../../src/remotes/share.ts';
import { ShareIds } from '../../../src/remotes/share-ids.ts';
import { runCommand } from '../../../src/system/run-command.ts';
import { until } from '../../docker/until.ts';
import { buildPlugin } from '../../fakes/built-plugin.ts';
import { FaultyFiles } from '../../fakes/faulty-files.ts';

let folder: string;
let root: string;
let faulty: FaultyFiles;
let ids: ShareIds;
let shares: Share[];
const log = makeLogger('silent', [{ write: () => {} }]);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'share-'));
  chmodSync(folder, 0o755);
  root = join(folder, 'root');
  mkdirSync(root);
  faulty = new FaultyFiles();
  ids = new ShareIds(join(folder, 'shares.json'), log);
  shares = [];
});
afterEach(() => {
  faulty.letGo();
  for (const share of shares) share.close();
  rmSync(folder, { recursive: true });
});

function open(more: Partial<RemoteDir> = {}, workerCommand: readonly string[] = ['/bin/false']): Share {
  const edge = { run: runCommand, readTable: readMountTable };
  const prepared = Promise.resolve();
  const mounter = new Mounter({ ...edge, stage: join(folder, 'stage'), prepared, explain: async () => '' });
  const dir: RemoteDir = {
    label: 'disk',
    type: 'local',
    path: root,
    volPath: '',
    args: [],
    onRemove: 'trash',
    trashFor: 60,
    origin: 'static',
    ...more,
  };
  const share = new Share(dir, {
    driver: localDriver,
    controlMounts: new ControlMounts(join(folder, 'control'), mounter),
    ids,
    probe,
    log,
    isConfigured: label => label !== 'removed',
    workerCommand,
    fileWork: faulty.over,
    hangsAfter: 3000,
  });
  shares.push(share);
  return share;
}
async function failure(work: Promise<unknown>): Promise<Failure> {
  const reason: unknown = await work.then(
    () => new Error('nothing failed'),
    (error: unknown) => error,
  );
  return reason as Failure;
}
const write = { insist: true, recognise: true, write: true };
const ours = (path = '') => join(root, '.nfs-shared', path);

describe('a call that hangs', () => {
  test('ends at its deadline, makes the share unreachable at once for others, and no other share', async () => {
    const share = open();
    const neighbour = open({ label: 'neighbour', volPath: 'next' });
    await share.use('look', 5000, async () => {});
    await neighbour.use('look', 5000, async () => {});
    faulty.faults = [{ operation: 'inspect', path: /^stuck$/, hang: true }];
    const began = performance.now();
    const late = await failure(share.use('look at the volume', 300, files => files.inspect('stuck')));
    expect(late).toMatchObject({
      code: 'ShareUnreachable',
      message: expect.stringContaining('took longer than 1 s to look at the volume'),
    });
    expect(performance.now() - began).toBeLessThan(2000);
    const asked = faulty.calls.length;
    const atOnce = performance.now();
    const told = await failure(share.use('look', 5000, files => files.inspect('')));
    expect(told).toMatchObject({ code: 'ShareUnreachable', message: expect.stringContaining('not come back yet') });
    expect(performance.now() - atOnce).toBeLessThan(1000);
    expect(faulty.calls).toHaveLength(asked);
    expect(await neighbour.use('look', 5000, files => files.inspect(''))).toMatchObject({ kind: 'folder' });
  }, 60_000);

  test('that is slow and comes back is only late for its caller: the share stays in use', async () => {
    const share = open();
    await share.use('look', 5000, async () => {});
    faulty.faults = [{ operation: 'list', delay: 1500 }];
    expect(await failure(share.use('list', 300, files => files.list('')))).toMatchObject({ code: 'ShareUnreachable' });
    expect(share.state).toBe('ok');
    expect(await share.use('list', 10_000, files => files.list(''), { insist: true })).toHaveLength(1);
    expect(await share.use('list', 10_000, files => files.list(''))).toHaveLength(1);
  });

  test('is told as soon as the share is lost, however long its caller would have waited', async () => {
    const share = open();
    await share.use('look', 5000, async () => {});
    faulty.faults = [{ operation: 'inspect', path: /^stuck$/, hang: true }];
    const began = performance.now();
    expect(await failure(share.use('look', 60_000, files => files.inspect('stuck')))).toMatchObject({
      code: 'ShareUnreachable',
    });
    expect(performance.now() - began).toBeLessThan(30_000);
  }, 60_000);

  test('is not undone, and what it brings late is dropped: nothing further is begun', async () => {
    const share = open();
    await share.use('look', 5000, async () => {});
    faulty.faults = [{ operation: 'makeFolder', path: /^late$/, hang: true }];
    const work = share.use('make it', 300, async files => {
      await files.makeFolder('late', 0o755);
      await files.makeFolder('never', 0o755);
    });
    expect(await failure(work)).toMatchObject({ code: 'ShareUnreachable' });
    faulty.letGo();
    await until('the late call was done', 5000, () => (existsSync(join(root, 'late')) ? true : undefined));
    await new Promise(resolve => setTimeout(resolve, 100));
    expect(readdirSync(root).sort()).toEqual(['.nfs-shared', 'late']);
  });

  test('is forgotten once the share answers again, without anybody asking', async () => {
    const share = open();
    await share.use('look', 5000, async () => {});
    faulty.faults = [{ hang: true }];
    await failure(share.use('look', 60_000, files => files.inspect('')));
    expect(share.state).toBe('unreachable');
    faulty.letGo();
    await until('the share was found again', 30_000, () => (share.state === 'ok' ? true : undefined));
    expect(share.failure).toBeUndefined();
    expect(await share.use('look', 5000, files => files.inspect(''))).toMatchObject({ kind: 'folder' });
  }, 60_000);

  test('holds at most eight places, and one that waits in vain for a place says nothing about the share', async () => {
    const share = open();
    await share.use('look', 5000, async () => {});
    faulty.faults = [{ operation: 'isEmpty', hang: true }];
    const stuck = Array.from({ length: 8 }, () => share.use('look', 20_000, files => files.isEmpty('')));
    await until('eight calls are at work', 5000, () => (faulty.hanging === 8 ? true : undefined));
    expect(await failure(share.use('look', 300, files => files.inspect('')))).toMatchObject({ code: 'TimedOut' });
    expect(share.state).toBe('ok');
    faulty.letGo();
    await Promise.all(stuck);
  });
});

describe('a server that vanishes while its share is open', () => {
  /** Stands for a control mount: the folder itself, so that only the server's answer is missing. */
  class FolderInstead extends ControlMounts {
    override ensure = () => Promise.resolve(root);
    override drop = () => Promise.resolve();
  }

  function openRemote(answers: () => boolean): Share {
    const edge = { run: runCommand, readTable: readMountTable };
    const parts = { ...edge, stage: folder, prepared: Promise.resolve(), explain: async () => '' };
    const share = new Share(
      { ...open().dir, type: 'nfs4', addr: '10.0.0.5' },
      {
        driver: nfsDriver('nfs4'),
        controlMounts: new FolderInstead(folder, new Mounter(parts)),
        ids,
        probe: async () =>
          answers() ? { ok: true, milliseconds: 1 } : { ok: false, fault: 'filtered', problem: 'nothing came back' },
        log,
        isConfigured: () => true,
        workerCommand: ['/bin/false'],
        fileWork: faulty.over,
        hangsAfter: 3000,
      },
    );
    shares.push(share);
    return share;
  }

  test('is asked before a call that would wait for it, which then fails at once', async () => {
    let up = true;
    const share = openRemote(() => up);
    await share.use('look', 5000, async () => {});
    up = false;
    faulty.faults = [{ hang: true }];
    const began = performance.now();
    expect(await failure(share.use('create', 25_000, files => files.inspect(''), write))).toMatchObject({
      code: 'ShareUnreachable',
      message: expect.stringContaining('nothing came back'),
    });
    expect(performance.now() - began).toBeLessThan(3000);
    expect(share.state).toBe('unreachable');
  });

  test('is asked when a call is late, and known to be lost soon after', async () => {
    let up = true;
    const share = openRemote(() => up);
    await share.use('look', 5000, async () => {});
    up = false;
    faulty.faults = [{ hang: true }];
    await failure(share.use('look', 300, files => files.inspect('')));
    await until('the share is known to be lost', 5000, () => (share.state === 'unreachable' ? true : undefined));
    expect(share.failure?.message).toContain('nothing came back');
  });

  test('is not opened by an answer that comes after its mount was given up: nothing is made in the folder left there', async () => {
    let up = true;
    const share = openRemote(() => up);
    faulty.faults = [{ operation: 'readText', hang: true }];
    share.openInBackground();
    await until('it is given up', 10_000, () => (share.state === 'unreachable' ? true : undefined));
    expect(share.failure?.message).toContain('took longer than 3 s to open the share');
    up = false;
    faulty.letGo();
    await new Promise(resolve => setTimeout(resolve, 300));
    expect(readdirSync(root)).toEqual([]);
    expect(ids.known('disk')).toBeUndefined();
    expect(share.state).toBe('unreachable');
  }, 30_000);
});

describe('an error', () => {
  test.each(['ETIMEDOUT', 'ESTALE', 'EIO', 'EHOSTDOWN'])(
    '%s of a server means that the share is lost for now',
    async errno => {
      const share = open({ addr: '10.0.0.5' });
      await share.use('look', 5000, async () => {});
      faulty.faults = [{ operation: 'inspect', path: /^v$/, errno }];
      expect(await failure(share.use('look', 5000, files => files.inspect('v')))).toMatchObject({
        code: 'ShareUnreachable',
      });
      expect(share.state).toBe('unreachable');
    },
  );

  test('EIO of a disk of this host is told for that call, and the share stays in use', async () => {
    const share = open();
    faulty.faults = [{ operation: 'inspect', path: /^v$/, errno: 'EIO' }];
    expect(await failure(share.use('look at the volume', 5000, files => files.inspect('v')))).toMatchObject({
      code: 'StorageFailed',
      message: expect.stringMatching(/refused to look at the volume: .*input\/output error/),
    });
    expect(share.state).toBe('ok');
    expect(await share.use('look', 5000, files => files.inspect(''))).toMatchObject({ kind: 'folder' });
  });

  test.each(['ENOSPC', 'EDQUOT'])('%s does not keep a share that was known from being opened', async errno => {
    await open().use('look', 5000, async () => {});
    const share = open();
    faulty.faults = [
      { operation: 'makeFolder', errno },
      { operation: 'replaceText', errno },
    ];
    expect(await share.use('look', 5000, files => files.list(''), write)).toHaveLength(1);
    expect(await failure(share.use('make it', 5000, files => files.makeFolder('v', 0o755), write))).toMatchObject({
      code: 'StorageFailed',
    });
    expect(share.state).toBe('ok');
  });

  test('EROFS keeps a known share readable, and whoever wants to write is told', async () => {
    await open().use('look', 5000, async () => {});
    for (const operation of ['makeFolder', 'replaceText', 'createText', 'rename'] as const)
      faulty.faults.push({ operation, errno: 'EROFS' });
    const share = open();
    expect(await share.use('look', 5000, files => files.inspect(''))).toMatchObject({ kind: 'folder' });
    expect(await failure(share.use('make it', 5000, async () => {}, write))).toMatchObject({
      code: 'ShareReadOnly',
      message: expect.stringContaining('read-only'),
    });
    expect(share.state).toBe('ok');
  });

  test.each(['EACCES', 'EIO', 'ENOSPC'])(
    'with %s a share that is new gets no id, nor anything else it is known by',
    async errno => {
      writeFileSync(join(root, 'theirs'), '');
      faulty.faults = [{ operation: 'makeFolder', errno }];
      await failure(open().use('look', 5000, async () => {}));
      expect(ids.known('disk')).toBeUndefined();
    },
  );

  test('EROFS is not for ever: who insists on writing is the first to find that it can be written again', async () => {
    await open().use('look', 5000, async () => {});
    faulty.faults = [{ operation: 'makeFolder', errno: 'EROFS' }];
    const share = open();
    const make = () => share.use('make it', 5000, files => files.makeFolder('v', 0o755), { ...write, insist: true });
    expect(await failure(make())).toMatchObject({ code: 'ShareReadOnly' });
    expect(share.writable).toBe(false);
    faulty.faults = [];
    expect(await make()).toBe(true);
    expect(share.writable).toBe(true);
  });
});

describe('the way to the volumes', () => {
  test('is made when the share is used for the first time', async () => {
    await open({ volPath: 'a/b' }).use('look', 5000, async () => {});
    expect(existsSync(join(root, 'a/b/.nfs-shared/format.json'))).toBe(true);
  });

  test.each([
    ['is a link', 'a/b', () => symlinkSync(join(folder, 'outside'), join(root, 'a'))],
    [
      'leads to a link',
      'a/b',
      () => {
        mkdirSync(join(root, 'a'));
        symlinkSync(join(folder, 'outside'), join(root, 'a/b'));
      },
    ],
    ['is a file', 'a', () => writeFileSync(join(root, 'a'), '')],
    ['ends where our folder is a link', '', () => symlinkSync(join(folder, 'outside'), ours())],
  ])('that %s is not followed, and nothing is made behind it', async (_, volPath, make) => {
    mkdirSync(join(folder, 'outside', 'b'), { recursive: true });
    make();
    expect(await failure(open({ volPath }).use('look', 5000, async () => {}))).toMatchObject({ code: 'ShareDamaged' });
    expect(readdirSync(join(folder, 'outside'))).toEqual(['b']);
    expect(readdirSync(join(folder, 'outside', 'b'))).toEqual([]);
    expect(ids.known('disk')).toBeUndefined();
  });

  test('into a folder of ours that is a link is not followed either', async () => {
    await open().use('look', 5000, async () => {});
    rmSync(ours('trash'), { recursive: true });
    symlinkSync(folder, ours('trash'));
    expect(await failure(open().use('look', 5000, async () => {}))).toMatchObject({ code: 'ShareDamaged' });
    expect(lstatSync(ours('trash')).isSymbolicLink()).toBe(true);
  });
});

describe('two labels', () => {
  test('of one folder are one root, and the second is told the name of the first', async () => {
    await open().use('look', 5000, async () => {});
    const second = open({ label: 'again' });
    const same = await failure(second.use('look', 5000, async () => {}));
    expect(same).toMatchObject({
      code: 'SameRoot',
      message: expect.stringContaining('same folder as remote dir "disk"'),
    });
    expect(second.state).toBe('refused');
    expect(ids.known('again')).toBeUndefined();
  });

  test('are one even when both are remembered: the one that came first keeps the root', async () => {
    await open().use('look', 5000, async () => {});
    ids.remember('again', ids.known('disk') ?? '');
    expect(await failure(open({ label: 'again' }).use('look', 5000, async () => {}))).toMatchObject({
      code: 'SameRoot',
    });
    await open().use('look', 5000, async () => {});
  });

  test('are no matter when the first is not configured any more', async () => {
    await open({ label: 'removed' }).use('look', 5000, async () => {});
    await open().use('look', 5000, async () => {});
    expect(ids.known('disk')).toBe(ids.known('removed'));
  });

  test('that find an unused folder at the same moment agree on one id', async () => {
    const found = await Promise.all(
      ['a', 'b', 'c'].map(label =>
        open({ label })
          .use('look', 5000, async () => {})
          .then(
            () => 'ok',
            () => 'refused',
          ),
      ),
    );
    expect(found.filter(result => result === 'ok')).toHaveLength(1);
  });
});

describe('a server that does not trust root', () => {
  const squash = () => {
    faulty.faults = [{ errno: 'EACCES' }];
    chownSync(root, 12345, 12345);
    chmodSync(root, 0o700);
  };

  test('is worked on as the owner the remote dir names', async () => {
    const built = buildPlugin();
    try {
      squash();
      const share = open({ uid: 12345, gid: 12345 }, [...built.command, 'file-worker']);
      await share.use('make it', 10_000, files => files.makeFolder('v', 0o755), write);
      expect(statSync(join(root, 'v'))).toMatchObject({ uid: 12345, gid: 12345 });
      expect(statSync(ours('format.json'))).toMatchObject({ uid: 12345 });
      expect(share.place).toEqual({ folder: root, identity: { uid: 12345, gid: 12345 } });
    } finally {
      built.remove();
    }
  }, 90_000);

  test('and to which no owner was named is explained, with the folder and the owner it would need', async () => {
    squash();
    faulty.faults = [{ operation: 'readText', errno: 'EACCES' }];
    const share = open();
    expect(await failure(share.use('look', 5000, async () => {}))).toMatchObject({
      code: 'ShareNotWritable',
      message: `uid 0 of this host may not make and change files (permission denied) in "${root}" on the share (owner 12345:12345, mode 0700); give that folder to uid 0 of this host, or set uid and gid of the remote dir to its owner`,
    });
    expect(share.state).toBe('refused');
  });

  test('that does not let the named owner write either is explained with that owner', async () => {
    const built = buildPlugin();
    try {
      squash();
      const share = open({ uid: 54321, gid: 54321 }, [...built.command, 'file-worker']);
      expect(await failure(share.use('look', 10_000, async () => {}))).toMatchObject({
        code: 'ShareNotWritable',
        message: expect.stringMatching(/^uid 54321 may not /),
      });
    } finally {
      built.remove();
    }
  }, 90_000);
});

test('a share that is waited for is taken as soon as it is there', async () => {
  rmSync(root, { recursive: true });
  const share = open();
  const waiting = share.useWhenThere('look', 15_000, files => files.inspect(''));
  setTimeout(() => mkdirSync(root), 500);
  expect(await waiting).toMatchObject({ kind: 'folder' });
  expect(share.state).toBe('ok');
}, 20_000);

test('a share that is waited for is waited for also while a call of somebody else has not come back', async () => {
  const share = open();
  await share.use('look', 5000, async () => {});
  faulty.faults = [{ operation: 'inspect', path: /^stuck$/, hang: true }];
  await failure(share.use('look at the volume', 300, files => files.inspect('stuck')));
  expect(await failure(share.use('look', 5000, files => files.inspect('')))).toMatchObject({
    code: 'ShareUnreachable',
  });
  expect(await share.useWhenThere('look', 15_000, files => files.inspect(''))).toMatchObject({ kind: 'folder' });
  expect(await share.use('look', 15_000, files => files.inspect(''), { join: true })).toMatchObject({ kind: 'folder' });
}, 30_000);

test('a share that is there and says no is not waited for', async () => {
  const share = open();
  faulty.faults = [{ operation: 'inspect', path: /^locked$/, errno: 'EACCES' }];
  const refused = await failure(share.useWhenThere('look', 60_000, files => files.inspect('locked')));
  expect(refused).toMatchObject({ code: 'StorageFailed' });
  expect(faulty.calls.filter(({ path }) => path === 'locked')).toHaveLength(1);
});

test('a share that never comes is waited for no longer than was said', async () => {
  rmSync(root, { recursive: true });
  const began = performance.now();
  expect(await failure(open().useWhenThere('look', 1500, async () => {}))).toMatchObject({ code: 'ShareUnreachable' });
  expect(performance.now() - began).toBeLessThan(6000);
});
