// The file server and the Docker hosts of one boot.

import type { DockerHost } from './docker-host.ts';
import type { NfsServer } from './nfs-server.ts';

export interface Stage {
  readonly server: NfsServer;
  /** A second one with an address of its own, where a suite asks for it. */
  readonly other: NfsServer;
  readonly a: DockerHost;
  /** A second host, where a suite asks for it. */
  readonly b: DockerHost;
}
