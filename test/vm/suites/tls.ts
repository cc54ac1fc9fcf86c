// NFS inside TLS: a TLS front before the kernel's NFS server, Amazon EFS's type and NFSv4's, two hosts, and a look at the cable.

import type { Suite } from '../guest/cases.ts';
import { nothingOnTheCable } from './tls/cable.ts';
import { proxyCases } from './tls/proxy-cases.ts';
import { refusalCases, withoutAuthority } from './tls/refusals.ts';
import { sharedCases } from './tls/shared.ts';
import { front, labels, OTHER, PLAIN, remoteDirs } from './tls/shares.ts';

export const tls: Suite = {
  name: 'tls',
  hosts: ['a', 'b'],
  remoteDirs,
  prepare: async ({ server }) => {
    for (const label of [...labels, PLAIN, OTHER.plain, OTHER.tls]) await server.export(`/srv/${label}`);
    await front.start();
  },
  cases: [withoutAuthority, ...labels.flatMap(sharedCases), nothingOnTheCable, ...proxyCases, ...refusalCases],
};
