// Where a password could show: arguments and environments of programs, logs, messages, files.

import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Case } from '../../guest/cases.ts';
import { enablePlugin } from '../../guest/enable-plugin.ts';
import { failureOf } from '../../guest/failure-of.ts';
import { write } from '../../guest/results.ts';
import { folderOf, PASSWORD, USER } from './shares.ts';

export const secretCases: readonly Case[] = [
  {
    title: 'while a share is mounted no program shows the password, in its arguments or its environment',
    seconds: 150,
    work: async ({ a, b }) => {
      await a.engine.create('spied@smb-spied');
      const plugins = [a, b].map(host => host.pluginProcess());
      const spy = new Spy(pid => plugins.includes(pid));
      const work = a.engine.run({ volumes: ['spied@smb-spied:/x'] }, 'echo yes >/x/f; cat /x/f');
      equal(await spy.during(work), 'yes');
      await a.engine.remove('spied@smb-spied');

      write({ kind: 'note', text: `${spy.helpers} looks met mount.cifs at work` });
      ok(spy.helpers > 0, 'mount.cifs was never seen');
      deepEqual(spy.found, []);
    },
  },
  {
    title: 'a credentials file of the host serves, and is read anew; without the mount it is said what to set',
    seconds: 240,
    work: async ({ a }) => {
      match(
        await failureOf(a.engine.create('v@smb-file')),
        /credentials file "nas" cannot be read: .*credentials\.source/,
      );
      // Every host has a /run of its own.
      mkdirSync(`/h/${a.name}/secrets`);
      const file = `/h/${a.name}/secrets/nas`;
      writeFileSync(file, `username=${USER}\npassword=not-the-password\n`, { mode: 0o600 });
      await a.plugin.disable();
      await enablePlugin(a, { 'credentials.source': '/run/secrets' });
      match(await failureOf(a.engine.create('v@smb-file')), /does not let the user in the credentials file "nas" in/);
      writeFileSync(file, `username=${USER}\npassword=${PASSWORD}\n`, { mode: 0o600 });
      await a.engine.create('v@smb-file');
      equal(await a.engine.run({ volumes: ['v@smb-file:/x'] }, 'echo yes >/x/f; cat /x/f'), 'yes');
      await a.engine.remove('v@smb-file');
    },
  },
  {
    title: 'a password with -o is refused, with the places where it belongs',
    seconds: 60,
    work: async ({ a }) => {
      const address = { type: 'cifs', addr: '10.9.0.1', path: '/smb311', user: USER };
      const refusal = await failureOf(a.engine.create('v@new', { ...address, password: PASSWORD }));
      match(refusal, /"password" is not taken with -o.*config file.*credentials/);
      equal(refusal.includes(PASSWORD), false);
    },
  },
];

/** Last of all: everything has been written down by then. */
export const nothingWrittenCase: Case = {
  title: 'no log line, no file on a share and none of the memory of a host holds a password',
  seconds: 120,
  work: async () => {
    await Promise.resolve(); // what fails below fails this case, not the boot
    const shares = readdirSync('/srv').filter(name => name.startsWith('smb'));
    const files = [
      ...shares.flatMap(share => filesBelow(join(folderOf(share), '.nfs-shared'))),
      ...['', '-b'].flatMap(host => memoryOf(`/var/lib/docker${host}/plugins`)),
    ];
    write({ kind: 'note', text: `${files.length} files were looked through` });
    ok(files.length > 20);
    deepEqual(files.filter(holdsPassword), []);
    deepEqual(
      ['a', 'b'].flatMap(host => linesWithPassword(`/out/engine-${host}.log`)),
      [],
    );
  },
};

const spellings = [PASSWORD, JSON.stringify(PASSWORD).slice(1, -1), 'not-the-password'];
const shows = (text: string) => spellings.some(each => text.includes(each));
const holdsPassword = (file: string) => shows(readFileSync(file, 'latin1'));

/** What the plugin has said: Docker's own lines may tell of settings. */
function linesWithPassword(log: string): string[] {
  const lines = readFileSync(log, 'utf8').split('\n');
  return lines.filter(line => line.includes('plugin=') && shows(line.replaceAll('\\', '')));
}

function memoryOf(plugins: string): string[] {
  return readdirSync(plugins).flatMap(id => {
    const memory = join(plugins, id, 'propagated-mount', '.nfs-shared');
    return statSync(memory, { throwIfNoEntry: false })?.isDirectory() === true ? filesBelow(memory) : [];
  });
}

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name));
}

/** Looks at every process again and again. */
class Spy {
  readonly found: string[] = [];
  helpers = 0;
  readonly #isKnown: (pid: number) => boolean;
  #over = false;

  /** Whose environment may hold the settings: the plugin's own, which Docker gives it. */
  constructor(isKnown: (pid: number) => boolean) {
    this.#isKnown = isKnown;
  }

  async during<T>(work: Promise<T>): Promise<T> {
    const looking = this.#lookOn();
    try {
      return await work;
    } finally {
      this.#over = true;
      await looking;
    }
  }

  async #lookOn(): Promise<void> {
    while (!this.#over) {
      for (const name of readdirSync('/proc')) if (/^\d+$/.test(name) && Number(name) !== process.pid) this.#look(name);
      await new Promise(resolve => setImmediate(resolve));
    }
  }

  #look(pid: string): void {
    const line = textOf(`/proc/${pid}/cmdline`);
    if (line === '') return;
    if (line.startsWith('mount.cifs')) this.helpers += 1;
    if (shows(line)) this.found.push(`arguments of ${line.replaceAll('\0', ' ')}`);
    if (!this.#isKnown(Number(pid)) && shows(textOf(`/proc/${pid}/environ`)))
      this.found.push(`environment of ${line.replaceAll('\0', ' ')}`);
  }
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    return '';
  }
}
