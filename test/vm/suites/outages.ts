// Servers that do not answer, side by side with Docker's built-in driver. The first one is well: what all this takes when
// nothing is wrong.

import { exportAll, type Fault, needsServer } from './side-by-side/fault.ts';
import { sideBySide } from './side-by-side.ts';

const unreachable = {
  state: 'unreachable',
  refused: needsServer,
  says: /10\.9\.0\.1/,
  writer: 'loses nothing',
} as const;
const nothing = () => Promise.resolve();

const calm: Fault = {
  name: 'nothing is wrong',
  key: 'calm',
  prepare: exportAll,
  begin: nothing,
  end: nothing,
  seconds: 10,
  expected: { state: 'ok', refused: [], says: /never/, writer: 'loses nothing', backWithin: 60 },
};

const stopped: Fault = {
  name: "the server's NFS service is stopped",
  key: 'stopped',
  prepare: exportAll,
  begin: ({ server }) => server.stopServing(),
  end: ({ server }) => server.startServing(),
  seconds: 20,
  expected: { ...unreachable, backWithin: 60 },
};

const vanished: Fault = {
  name: "the server's network is gone for more than a minute",
  key: 'vanished',
  prepare: exportAll,
  begin: ({ server }) => server.vanish(),
  end: ({ server }) => server.comeBack(),
  // By then the attributes that the kernels remember have expired.
  seconds: 65,
  expected: { ...unreachable, backWithin: 110 },
};

export const outages = sideBySide('outages', [calm, stopped, vanished]);
