import { rmSync } from 'node:fs';

export default function removeWhatTheRunShared() {
  const folder = process.env.NFS_SHARED_TEST_RUN;
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}
