// Samba as an SMB server, in the VM itself: shares with one user, and the ways in which a server is not there.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { until } from '../../docker/until.ts';
import { command } from './command.ts';

const PID_FILE = '/run/samba/smbd.pid';
const CONFIG = '/etc/samba/smb.conf';
const STATE = ['/run/samba', '/var/lib/samba/private', '/var/cache/samba', '/var/log/samba'];

export class SmbServer {
  readonly #address: string;
  readonly #shares = new Map<string, readonly string[]>();
  #settings: readonly string[] = [];

  constructor(address: string) {
    this.#address = address;
  }

  /** Who may log in; what is in the shares belongs to root all the same. */
  async start(user: string, password: string): Promise<void> {
    for (const folder of STATE) mkdirSync(folder, { recursive: true });
    this.#configure();
    await command('useradd', '--no-create-home', '--shell', '/usr/sbin/nologin', user);
    await typeIn(`${password}\n${password}\n`, 'smbpasswd', '-s', '-a', user);
    await this.startServing();
  }

  /** A share of this name, with its folder. */
  share(name: string, folder: string, ...settings: readonly string[]): void {
    mkdirSync(folder, { recursive: true });
    this.#shares.set(name, [`path = ${folder}`, 'read only = no', 'force user = root', ...settings]);
    this.#configure();
  }

  /** Global settings in place of those from before; the server starts anew. */
  async change(...settings: readonly string[]): Promise<void> {
    this.#settings = settings;
    this.#configure();
    await this.stopServing();
    await this.startServing();
  }

  async startServing(): Promise<void> {
    rmSync(PID_FILE, { force: true });
    await command('smbd', '-D');
    await until('the SMB server answers', 30_000, () => this.#answers());
    await until('the SMB server has said who it is', 10_000, () => existsSync(PID_FILE) || undefined);
  }

  async stopServing(): Promise<void> {
    // A group of its own, with a process for every connection in it.
    process.kill(-Number(readFileSync(PID_FILE, 'utf8')), 'SIGKILL');
    await until('the SMB server is gone', 10_000, async () => ((await this.#answers()) === true ? undefined : true));
  }

  /** Packets to it are lost without a word. */
  async vanish(): Promise<void> {
    for (const rule of this.#rules) await command('iptables', '-I', ...rule);
  }

  async comeBack(): Promise<void> {
    for (const rule of this.#rules) await command('iptables', '-D', ...rule);
  }

  get #rules(): readonly (readonly string[])[] {
    const tcp = ['-p', 'tcp', '-j', 'DROP'];
    return [
      ['INPUT', '-d', this.#address, '--dport', '445'],
      ['OUTPUT', '-s', this.#address, '--sport', '445'],
    ].map(([chain = '', ...words]) => [chain, ...tcp.slice(0, 2), ...words, ...tcp.slice(2)]);
  }

  #answers(): Promise<true | undefined> {
    return new Promise(resolve => {
      const socket = connect({ host: this.#address, port: 445 });
      const settle = (answer: true | undefined) => {
        socket.destroy();
        resolve(answer);
      };
      socket.on('connect', () => settle(true));
      socket.on('error', () => settle(undefined));
    });
  }

  #configure(): void {
    const shares = [...this.#shares].flatMap(([name, settings]) => [`[${name}]`, ...settings]);
    writeFileSync(CONFIG, [...always, ...this.#settings, ...shares, ''].join('\n'));
  }
}

const always = [
  '[global]',
  'server role = standalone server',
  'map to guest = never',
  'log file = /var/log/samba/log.%m',
  'disable netbios = yes',
  'smb ports = 445',
  'load printers = no',
  'printing = bsd',
  'printcap name = /dev/null',
];

/** A program that reads a password where nobody sees it. */
async function typeIn(text: string, file: string, ...args: readonly string[]): Promise<void> {
  const child = spawn(file, args, { stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.end(text);
  const code = await new Promise(resolve => child.on('close', resolve));
  if (code !== 0) throw new Error(`${file} ended with ${String(code)}`);
}
