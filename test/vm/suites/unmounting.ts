// What the plugin's ways to unmount rest on: a control mount may be torn down by force, because it is one of its own to the
// kernel, and whoever writes on the data mount beside it never notices; a data mount never may. Tried on the kernel itself,
// with the plugin's own mount options, and with a container of Docker's.

import { deepEqual, equal, match } from 'node:assert/strict';
import { until } from '../../docker/until.ts';
import { allOf } from '../guest/all-of.ts';
import type { Suite } from '../guest/cases.ts';
import { failureOf } from '../guest/failure-of.ts';
import { timed, write } from '../guest/results.ts';
import { note } from './outage-watch.ts';
import {
  checkContainer,
  containerGoesOn,
  hasControlMount,
  hasDataMount,
  remoteDirs,
  shares,
  startContainer,
} from './unmounting/container.ts';
import {
  all,
  besideControl,
  FAILED,
  forced,
  GONE,
  lazy,
  machine,
  measureUnmount,
  missing,
  tearDown,
  tell,
  twins,
  UP,
  unharmed,
  unmountSoon,
} from './unmounting/ways.ts';

export const unmounting: Suite = {
  name: 'unmounting',
  hosts: ['a'],
  remoteDirs,
  prepare: async ({ server }) => {
    for (const [at, rig] of all.entries()) await rig.export(server, 200 + at);
    for (const { label } of shares) await server.export(`/srv/${label}`);
  },
  cases: [
    {
      title: 'processes and containers write on shares that are mounted twice',
      seconds: 180,
      work: async ({ a }) => {
        await machine.start();
        for (const rig of all) await rig.mount('data');
        for (const rig of [...besideControl, ...twins]) await rig.mount('second');
        for (const rig of all) rig.startWriting();
        await allOf([
          ...all.map(rig => rig.writer.goesOn(60_000)),
          ...shares.map(({ label }) => startContainer(a, label)),
        ]);
      },
    },
    {
      title: 'a control mount is a file system of its own; a mount like the data mount would be the same one',
      seconds: 30,
      work: () => {
        deepEqual(
          [...besideControl, ...twins].map(({ isOneSuperblock }) => isOneSuperblock),
          [false, false, true, true],
        );
        return Promise.resolve();
      },
    },
    {
      title: 'the server answers: the control mount is unmounted in every way, and nobody who writes notices',
      seconds: 90,
      work: async () => {
        for (const flags of [[], ['-f'], ['-l']]) {
          await allOf(besideControl.map(rig => unmountSoon(UP, rig, 'second', ...flags)));
          for (const rig of besideControl) await rig.mount('second');
        }
        await allOf(besideControl.map(rig => unharmed(rig, 30_000)));
      },
    },
    {
      title: 'the server answers: a data mount that is written on stays, asked plainly or by force',
      seconds: 90,
      work: async () => {
        for (const flags of [[], ['-f']])
          for (const rig of forced) {
            const { outcome } = await measureUnmount(UP, rig, 'data', ...flags);
            match(outcome ?? 'no end', /busy/);
            equal(rig.isMounted('data'), true);
            await rig.writer.goesOn(30_000);
          }
        for (const { version, writer } of forced) tell(`${version}, -f while the server answers`, writer.errors);
      },
    },
    {
      title: 'the server has vanished: by force, our own stuck calls end; of the writers only those on that mount fail',
      seconds: 150,
      work: async ({ a, server }) => {
        for (const { label } of shares) await hasControlMount(a, label, true);
        await server.vanish();
        await until('every writer waits', 60_000, () => (all.every(({ writer }) => writer.waits) ? true : undefined));

        await allOf([
          ...besideControl.map(rig => tearDown(rig)),
          ...forced.map(rig => measureUnmount(GONE, rig, 'data', '-f')),
          ...twins.map(rig => measureUnmount(GONE, rig, 'second', '-f')),
          ...lazy.map(async rig => {
            match((await measureUnmount(GONE, rig, 'data')).outcome ?? 'no end', /busy/);
            await unmountSoon(GONE, rig, 'data', '-l');
          }),
        ]);
        for (const { version, writer } of [...forced, ...twins]) {
          await until(`the writer fails (${version})`, 20_000, () => (writer.errors.length > 0 ? true : undefined));
          match(writer.errors.join(), FAILED);
        }
        for (const { writer } of [...besideControl, ...lazy]) {
          deepEqual(writer.errors, []);
          equal(writer.waits, true);
        }
      },
    },
    {
      title: 'the server has vanished: the plugin lets its control mount go, and the mount of the containers stays',
      seconds: 150,
      work: async ({ a }) => {
        await allOf(
          shares.map(async ({ label }) => {
            match(await failureOf(a.engine.create(`new@${label}`)), /does not answer/);
            const { seconds } = await timed(() => hasControlMount(a, label, false));
            note(`from the refusal until the plugin's control mount is gone (${label})`, seconds);
            equal(hasDataMount(a, label), true);
          }),
        );
      },
    },
    {
      title: 'the server is back: every writer goes on, and those whose mount was left alone have lost nothing',
      seconds: 240,
      work: async ({ server }) => {
        await server.comeBack();
        await allOf(
          [...besideControl, ...lazy].map(async rig => {
            const { seconds } = await timed(() => unharmed(rig, 150_000));
            note(`${rig.folder}: until it is written again`, seconds);
          }),
        );
        for (const { folder, version, writer } of [...forced, ...twins]) {
          await writer.goesOn(60_000);
          tell(`${version}, ${folder}, after -f`, writer.errors);
        }
        for (const { writer } of all) writer.stop();
        for (const rig of [...forced, ...twins]) write({ kind: 'note', text: `${rig.folder}: ${missing(rig)}` });
      },
    },
    {
      title: 'the server is back: the container that was writing has seen no error, and no line is missing',
      seconds: 180,
      work: async ({ a }) => {
        for (const { label } of shares) {
          await containerGoesOn(label, 120_000);
          await hasControlMount(a, label, true);
          await checkContainer(a, label);
        }
      },
    },
  ],
};
