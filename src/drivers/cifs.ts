// SMB 2.1 to 3.1.1, by the kernel's cifs client.
//
// Without the POSIX extensions, which hardly a server has, SMB knows no owners and modes that Linux could show: every file of
// a mount has the owner and the mode that the mount was made with.

import type { HelperMount } from '../mounts/mount-plan.ts';
import { type RemoteDir, sourceOf } from '../remotes/remote-dir.ts';
import { conflictsOf, refusalOf } from './cifs-args.ts';
import { nameOf, roIfAsked, says, shownValue } from './common-args.ts';
import type { Driver } from './driver.ts';
import { refuseWindowsName } from './windows-names.ts';

const SMB_PORT = 445;

export const cifsDriver: Driver & { readonly type: 'cifs' } = {
  type: 'cifs',
  needsAddr: true,
  port: SMB_PORT,
  takesLogin: true,
  oneOwner: true,
  foldsCase: true,
  // Seen with 6.1: a number that the server uses again for a new folder makes the client give up the server's numbers.
  numbersVary: true,
  refuseName: refuseWindowsName,
  refuseArg: refusalOf,
  conflicts: conflictsOf,
  faults: dir => [...pathFaults(dir), ...loginFaults(dir)],
  dataPlan: dir =>
    plan(dir, [
      ...(says(dir.args, 'hard', 'soft') ? [] : ['hard']),
      // A dead server is found out within half a minute, not within three.
      ...(says(dir.args, 'echo_interval') ? [] : ['echo_interval=10']),
      // Programs in containers make symbolic links, and SMB has none: they are kept as small files.
      ...(says(dir.args, 'mfsymlinks') ? [] : ['mfsymlinks']),
      ...dir.args,
    ]),
  controlPlan: dir => plan(dir, [...dir.args.filter(arg => connectionNames.has(nameOf(arg))), ...controlOptions]),
  probe: dir => ({ kind: 'smb', host: dir.addr ?? '', port: dir.port ?? SMB_PORT }),
  negotiated: mountOptions => shownValue(mountOptions, 'vers'),
};

function plan(dir: RemoteDir, options: readonly string[]): HelperMount {
  return {
    kind: 'helper',
    helper: 'mount.cifs',
    source: sourceOf(dir),
    options: [
      ...(dir.port === undefined ? [] : [`port=${dir.port}`]),
      `uid=${dir.uid ?? 0}`,
      `gid=${dir.gid ?? 0}`,
      'forceuid',
      'forcegid',
      ...(says(dir.args, 'file_mode', 'fmask') ? [] : ['file_mode=0755']),
      ...(says(dir.args, 'dir_mode', 'dmask') ? [] : ['dir_mode=0755']),
      // Else mounts of one server share a connection, and with it the patience of whoever came first.
      'nosharesock',
      ...options,
      ...roIfAsked(dir),
      'nosuid',
      'nodev',
    ],
    ...(dir.login === undefined ? {} : { login: dir.login }),
    fsTypes: ['cifs', 'smb3'],
  };
}

const controlOptions = [
  'soft',
  // Three of these without an answer, and every call fails.
  'echo_interval=3',
  // What another host has done is asked for every time.
  'cache=none',
  'actimeo=0',
  'nohandlecache',
  'nolease',
];

// How the server is reached, and as whom, and how files are shown: inspect tells what containers see.
const connectionNames = new Set([
  'vers',
  'sec',
  'seal',
  'sign',
  'guest',
  'netbiosname',
  'servern',
  'nodfs',
  'iocharset',
  'file_mode',
  'dir_mode',
  'fmask',
  'dmask',
  'posix',
  'linux',
  'unix',
  'nounix',
  'noperm',
  'mapchars',
  'mapposix',
  'nomapposix',
  'cifsacl',
  'idsfromsid',
  'modefromsid',
  'rsize',
  'wsize',
]);

function pathFaults({ path }: RemoteDir) {
  if (path === '/') return [{ key: 'path', problem: 'expected the name of a share, as in /share or /share/folder' }];
  const ill = /["*:<>?|\\,]/.exec(path);
  return ill === null ? [] : [{ key: 'path', problem: `"${ill[0]}" cannot be in the path of an SMB share` }];
}

function loginFaults({ login, args }: RemoteDir) {
  if (login !== undefined || args.includes('guest') || args.includes('sec=none')) return [];
  const problem =
    'missing; an SMB server wants user and password, or credentials (a file that holds both), or the mount option guest';
  return [{ key: 'user', problem }];
}
