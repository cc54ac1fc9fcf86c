// What an operator asks of the plugin of one host, on its own socket.

import { callSocket } from '../../docker/engine-api.ts';
import type { DockerHost } from '../guest/docker-host.ts';

export interface InTrash {
  readonly entry: string;
  /** The name of its folder */
  readonly volume: string;
  readonly keepUntil: string;
  readonly state: 'kept' | 'purging' | 'restoring';
}

export interface AttachedHost {
  readonly volume: string;
  readonly name: string;
  readonly silentSeconds: number;
  readonly isOver: boolean;
}

export async function trashOf(host: DockerHost, label: string): Promise<readonly InTrash[]> {
  return (await ask(host, 'GET', `/trash?label=${label}`)) as readonly InTrash[];
}

export async function fromTrash(host: DockerHost, label: string, entry: string, name: string): Promise<unknown> {
  return await ask(host, 'POST', '/trash/restore', { label, entry, name });
}

export async function purge(host: DockerHost, label: string, entry: string): Promise<unknown> {
  return await ask(host, 'POST', '/trash/purge', { label, entry });
}

export async function attachmentsOn(host: DockerHost, label: string): Promise<readonly AttachedHost[]> {
  return (await ask(host, 'GET', `/attachments?label=${label}`)) as readonly AttachedHost[];
}

async function ask(host: DockerHost, method: string, path: string, body?: object): Promise<unknown> {
  const socket = await host.plugin.socket();
  const text = body === undefined ? undefined : JSON.stringify(body);
  const answer = await callSocket(socket, method, `/nfs-shared/v1${path}`, text, 40_000);
  if (answer.status === 200) return answer.body;
  const { error } = answer.body as { error?: { message?: string } };
  throw new Error(error?.message ?? `${answer.status}`);
}
