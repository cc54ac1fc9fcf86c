// Who this host is on the share: an id of our own making, kept over restarts and upgrades, and the host name for people.

import { randomUUID } from 'node:crypto';
import { readFileIfThere, replaceFile, setAside } from '../system/atomic-file.ts';
import type { Host } from './record.ts';

export function thisHost(file: string, name: string, warn: (text: string) => void): Host {
  const text = readFileIfThere(file);
  const id = text === undefined ? undefined : parseId(text);
  if (id !== undefined) return { id, name };
  if (text !== undefined)
    warn(`the host id cannot be read and was set aside as ${setAside(file, new Date())}; this host gets a new one`);
  const host = { id: randomUUID(), name };
  replaceFile(file, `${JSON.stringify({ id: host.id })}\n`);
  return host;
}

function parseId(text: string): string | undefined {
  try {
    const parsed = JSON.parse(text) as { id?: unknown } | null;
    return typeof parsed?.id === 'string' && /^[0-9a-f-]{36}$/.test(parsed.id) ? parsed.id : undefined;
  } catch {
    return undefined;
  }
}
