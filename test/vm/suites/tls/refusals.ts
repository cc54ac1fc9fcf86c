// What is refused, each in words of its own: servers that are not what they should be, and mounts that would go unencrypted.

import { equal, match } from 'node:assert/strict';
import { until } from '../../../docker/until.ts';
import { captured } from '../../guest/capture.ts';
import type { Case } from '../../guest/cases.ts';
import { failureOf } from '../../guest/failure-of.ts';
import { serverAddress } from '../../guest/nfs-server.ts';
import { write } from '../../guest/results.ts';
import { front, labels, OTHER, optionsOf } from './shares.ts';

/** First of all. */
export const withoutAuthority: Case = {
  title: 'without the file of its authority no server is trusted, and it is said what to set; with it all are ok',
  seconds: 480,
  work: async ({ a, b }) => {
    for (const label of labels)
      match(
        await failureOf(a.engine.create(`v@${label}`)),
        /TLS proxy of this host does not run: the file "ca\.pem" that tls-ca names cannot be read: .*credentials\.source/,
      );
    await Promise.all([a, b].map(host => front.trustedBy(host)));
    for (const label of labels) {
      for (const host of [a, b])
        await until(`${label} can be used on host ${host.name}`, 120_000, () =>
          host.engine.create(`v@${label}`).then(
            () => true,
            () => undefined,
          ),
        );
      await a.engine.remove(`v@${label}`);
    }
  },
};

export const refusalCases: readonly Case[] = [
  {
    title: 'a server with a certificate of another authority, or for another name, or without TLS is refused in words',
    seconds: 240,
    work: async ({ a }) => {
      const says = async (more: Readonly<Record<string, string>>): Promise<string> => {
        const options = optionsOf({ path: `/srv/${OTHER.tls}`, ...more });
        const refusal = await failureOf(a.engine.create('v@tls-refused', options));
        // Each of these settings has a proxy of its own, and an emulated processor takes its time to start one.
        return refusal.includes('it is starting') ? await says(more) : refusal;
      };
      match(
        await says({ 'tls-ca': 'stranger.pem' }),
        /10\.9\.0\.1 shows a certificate on port 20490 that is not trusted/,
      );
      match(
        await says({ 'tls-name': 'other.example' }),
        /shows a trusted certificate on port 20490, but for 10\.9\.0\.1 and not for other\.example/,
      );
      match(await says({ port: '2049' }), /10\.9\.0\.1 answers on port 2049 but does not speak TLS there/);
      match(
        await says({ args: 'vers=4.1,xprtsec=tls' }),
        /is encryption by the kernel, and tls is encryption by a proxy/,
      );
      equal((await a.engine.volumes()).includes('v@tls-refused'), false);
    },
  },
  {
    title: 'a server that is mounted without TLS already is not mounted with it over the same connection',
    seconds: 240,
    work: async ({ a }) => {
      const plain = { type: 'nfs4', addr: serverAddress, path: `/srv/${OTHER.plain}`, args: OTHER.version };
      await a.engine.create(`open@${OTHER.plain}`, plain);
      const container = await a.engine.keep({ volumes: [`open@${OTHER.plain}:/x`] });
      const options = optionsOf({ path: `/srv/${OTHER.tls}`, args: OTHER.version });
      const words = 'words-that-must-not-be-seen-on-the-cable';
      let refusal = '';
      const seen = await captured(a.name, async () => {
        try {
          await a.engine.create(`closed@${OTHER.tls}`, options);
          await a.engine.run({ volumes: [`closed@${OTHER.tls}:/x`] }, `echo ${words} >/x/f`);
        } catch (error) {
          refusal = String(error);
        }
      });
      await a.engine.removeContainer(container);
      await a.engine.remove(`open@${OTHER.plain}`);
      write({ kind: 'note', text: `beside a mount without TLS: ${refusal === '' ? 'mounted with TLS' : refusal}` });
      equal(seen.includes(words), false, 'the words were seen on the cable');
      // A kernel that keeps the two apart has mounted it as it was asked to.
      if (refusal === '') await a.engine.remove(`closed@${OTHER.tls}`);
      else match(refusal, /cannot be mounted with TLS: .* over the connection of that one, to 10\.9\.0\.1;/);
    },
  },
];
