// One share as a Docker host has it: a mount that a process writes on, and a second mount of the same share beside it.

import { readFileSync } from 'node:fs';
import { nfsDriver } from '../../../../src/drivers/nfs.ts';
import type { MountPlan } from '../../../../src/mounts/mount-plan.ts';
import { mountAt, parseMountTable } from '../../../../src/mounts/mount-table.ts';
import type { RemoteDir } from '../../../../src/remotes/remote-dir.ts';
import { Appender } from '../../guest/appender.ts';
import type { Machine } from '../../guest/machine.ts';
import { type NfsServer, serverAddress } from '../../guest/nfs-server.ts';

export type Which = 'data' | 'second';

export const versions = [
  // Nobody locks anything here, and the machine has no lock daemon.
  { version: '3', type: 'nfs3', args: ['nolock'] },
  { version: '4.2', type: 'nfs4', args: [] },
] as const;
type Version = (typeof versions)[number];

export class Rig {
  readonly version: string;
  readonly folder: string;
  readonly #machine: Machine;
  readonly #plans: Readonly<Record<Which, MountPlan>>;
  #writer: Appender | undefined;

  /** The second mount is a control mount, or one that is like the first in everything. */
  constructor(machine: Machine, { version, type, args }: Version, key: string, second: 'control' | 'data') {
    this.version = `NFSv${version}`;
    this.folder = `/srv/${key}${version}`;
    this.#machine = machine;
    const driver = nfsDriver(type);
    const dir = { ...usual, label: key, type, path: this.folder, args };
    const control = driver.controlPlan(dir);
    if (control === undefined) throw new Error('NFS has no control mount');
    this.#plans = { data: driver.dataPlan(dir), second: second === 'control' ? control : driver.dataPlan(dir) };
  }

  /** With a number of its own: to the kernel, exports of one file system are one file system. */
  export(server: NfsServer, number: number): Promise<void> {
    return server.export(this.folder, { options: [`fsid=${number}`] });
  }

  async mount(which: Which): Promise<void> {
    const plan = this.#plans[which];
    if (plan.kind !== 'helper') throw new Error('NFS is mounted by its helper');
    const target = this.path(which);
    await this.#machine.command('mkdir', '-p', target);
    await this.#machine.command(plan.helper, plan.source, target, '-o', plan.options.join(','));
  }

  /** As the plugin does it. */
  async unmount(which: Which, ...flags: readonly string[]): Promise<void> {
    await this.#machine.command('umount', '-i', '-n', '-c', ...flags, this.path(which));
  }

  isMounted(which: Which): boolean {
    return this.#entry(which) !== undefined;
  }

  /** Whether the two mounts are one to the kernel. */
  get isOneSuperblock(): boolean {
    return this.#device('data') === this.#device('second');
  }

  path(which: Which): string {
    return `/mnt${this.folder}/${which}`;
  }

  startWriting(): void {
    this.#writer = new Appender(this.#machine, `${this.path('data')}/lines`);
  }

  get writer(): Appender {
    if (this.#writer === undefined) throw new Error(`nobody writes on ${this.folder}`);
    return this.#writer;
  }

  linesOnServer(): string[] {
    return readFileSync(`${this.folder}/lines`, 'utf8').trim().split('\n');
  }

  #device(which: Which): string {
    const entry = this.#entry(which);
    if (entry === undefined) throw new Error(`${this.path(which)} is not mounted`);
    return entry.device;
  }

  #entry(which: Which): ReturnType<typeof mountAt> {
    return mountAt(parseMountTable(this.#machine.mountTable()), this.path(which));
  }
}

const usual: Omit<RemoteDir, 'label' | 'type' | 'path' | 'args'> = {
  addr: serverAddress,
  volPath: '',
  onRemove: 'trash',
  trashFor: 60,
  origin: 'static',
};
