import { describe, expect, test } from '@jest/globals';
import type { RemoteDir } from '../../../src/remotes/remote-dir.ts';
import { type StatusFacts, volumeStatus } from '../../../src/volumes/volume-status.ts';

const dir: RemoteDir = {
  label: 'nas',
  type: 'efs',
  addr: 'fs-0123456789abcdef0',
  region: 'eu-central-1',
  path: '/',
  volPath: '',
  args: [],
  onRemove: 'trash',
  trashFor: 60,
  origin: 'static',
};
const name = 'fs-0123456789abcdef0.efs.eu-central-1.amazonaws.com';
const statusOf = (more: Partial<RemoteDir>) => {
  const facts = { state: 'ok', label: 'nas', dir: { ...dir, ...more }, folder: 'db', isRemoved: false, references: 0 };
  const unknown = { problem: undefined, since: undefined, driver: undefined, shareId: undefined, record: undefined };
  const absent = {
    inspection: undefined,
    space: undefined,
    otherHosts: undefined,
    mounted: undefined,
    users: undefined,
    unwritable: undefined,
  };
  return volumeStatus({ ...facts, ...unknown, ...absent, diesWithPlugin: false } satisfies StatusFacts);
};

describe('inspect', () => {
  test('says whose certificate a server has to show, and by which authority', () => {
    expect(statusOf({ tls: { verify: true } })).toMatchObject({
      server: name,
      source: `${name}:/`,
      encryption: `TLS; the server has to be ${name} by the authorities of the system`,
    });
    expect(statusOf({ tls: { verify: true, ca: 'ca.pem', name: 'nas.example' } })['encryption']).toBe(
      'TLS; the server has to be nas.example by the authorities in "ca.pem"',
    );
  });

  test('says loudly that nobody checks the server', () => {
    expect(statusOf({ tls: { verify: false } })['encryption']).toMatch(/^TLS, BUT NOBODY CHECKS WHO THE SERVER IS/);
  });

  test('says nothing of encryption where there is none of ours', () => {
    expect(statusOf({})).not.toHaveProperty('encryption');
  });
});
