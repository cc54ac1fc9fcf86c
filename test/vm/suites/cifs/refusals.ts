// Remote dirs on SMB that cannot work: each says why in words, at once.

import { equal, match, ok } from 'node:assert/strict';
import { until } from '../../../docker/until.ts';
import type { Case } from '../../guest/cases.ts';
import type { DockerHost } from '../../guest/docker-host.ts';
import { failureOf } from '../../guest/failure-of.ts';
import { timed } from '../../guest/results.ts';
import { login, smb } from './shares.ts';

/** What a user waits for a refusal at most; without emulation it is five seconds. */
const SOON = 15;

interface Refused {
  readonly label: string;
  readonly title: string;
  readonly dir: Readonly<Record<string, unknown>>;
  readonly says: RegExp;
}

const always: readonly Refused[] = [
  {
    label: 'smb-password',
    title: 'a wrong password is said to be one, or that the user may not use the share',
    dir: { ...login, path: '/smbpassword', password: 'not-the-password' },
    says: /10\.9\.0\.1 does not let user "office" in: user name, password or domain is wrong/,
  },
  {
    label: 'smb-share',
    title: 'a share that the server does not have is named',
    dir: { ...login, path: '/nothing' },
    says: /10\.9\.0\.1 lets us in but has no share "nothing"/,
  },
  {
    label: 'smb-folder',
    title: 'a folder that is not in the share is told from a share that is not there',
    dir: { ...login, path: '/smbfolder/no/where' },
    says: /10\.9\.0\.1 has the share "smbfolder" but no folder "no\/where" in it/,
  },
  {
    label: 'smb-port',
    title: 'a port where nothing listens is named',
    dir: { ...login, path: '/smbfolder', port: 4450 },
    says: /10\.9\.0\.1 refused the connection on port 4450 \(is the SMB server running there\?\)/,
  },
  {
    label: 'smb-nobody',
    title: 'an address that no machine has is named',
    dir: { ...login, addr: '10.9.0.77', path: '/smbfolder' },
    says: /10\.9\.0\.77/,
  },
  {
    label: 'smb-nfs',
    title: 'a port where something else listens is named',
    dir: { ...login, path: '/smbfolder', port: 2049 },
    says: /10\.9\.0\.1 .*2049/,
  },
];

/** Only while the server is made to speak less than it can. */
const older: readonly Refused[] = [
  {
    label: 'smb-version',
    title: 'a version that the server does not speak is named, with the best it has',
    dir: { ...login, path: '/smbversion', args: 'vers=3.0' },
    says: /10\.9\.0\.1 does not speak SMB 3\.0, which the mount options ask for \(the best it offers is 2\.1\)/,
  },
  {
    label: 'smb-seal',
    title: 'a server that cannot encrypt is named',
    dir: { ...login, path: '/smbseal', args: 'seal' },
    says: /10\.9\.0\.1 does not speak SMB 3 with encryption \(seal\).*\(the best it offers is 2\.1\)/,
  },
];

/** Those that are there. */
export const refusingShares = ['smbpassword', 'smbfolder', 'smbversion', 'smbseal'];
export const refusedDirs = Object.fromEntries([...always, ...older].map(({ label, dir }) => [label, dir]));

export const refusalCases: readonly Case[] = always.map(each => ({
  title: each.title,
  seconds: 60,
  work: ({ a }) => isRefused(a, each),
}));

/** All containers of SMB lose their connection for a moment. */
export const olderServerCase: Case = {
  title: `a server that speaks only SMB 2.1: ${older.map(({ title }) => title).join('; ')}`,
  seconds: 150,
  work: async ({ a }) => {
    await smb.change('server max protocol = SMB2_10');
    // What was open when the server changed is found out by the first call that meets it.
    for (const each of older)
      await until(`${each.label} is said`, 60_000, () =>
        isRefused(a, each).then(
          () => true,
          () => undefined,
        ),
      );
    for (const each of older) await isRefused(a, each);
    await smb.change();
  },
};

async function isRefused({ engine }: DockerHost, { label, says }: Refused): Promise<void> {
  const { seconds, value } = await timed(() => failureOf(engine.create(`v@${label}`)));
  match(value, says);
  ok(seconds < SOON, `the refusal took ${seconds} s`);
  equal((await engine.volumes()).includes(`v@${label}`), false);
}
