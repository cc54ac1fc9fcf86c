// What can be read on the cable between a host and the file server.

import { equal, ok } from 'node:assert/strict';
import { captured } from '../../guest/capture.ts';
import type { Case } from '../../guest/cases.ts';
import type { DockerHost } from '../../guest/docker-host.ts';
import { write } from '../../guest/results.ts';
import { labels, PLAIN } from './shares.ts';

const secretOf = (label: string) => `known-words-of-${label}-that-nobody-else-writes`;
/** How every record of data inside TLS 1.2 and 1.3 begins. */
const TLS_RECORD = '\x17\x03\x03';

export const nothingOnTheCable: Case = {
  title: 'what a container writes and another reads cannot be seen on the cable with tls, and can be without',
  seconds: 300,
  work: async ({ a, b }) => {
    const open = await cableOf([a, b], PLAIN);
    // Else the look at the cable would prove nothing.
    ok(open.includes(secretOf(PLAIN)), 'the words were not seen without TLS');
    for (const label of labels) {
      const seen = await cableOf([a, b], label);
      write({ kind: 'note', text: `${label}: ${seen.length} bytes were captured` });
      ok(seen.includes(TLS_RECORD), `nothing encrypted was seen on the way to ${label}`);
      for (const words of [secretOf(label), 'known-words-of', `/srv/${label}`])
        equal(seen.includes(words), false, words);
    }
  },
};

/** Written on the first host, whose cable is looked at; read there again by another container after the second host. */
async function cableOf([a, b]: readonly [DockerHost, DockerHost], label: string): Promise<string> {
  const volume = `cable@${label}`;
  const use = { volumes: [`${volume}:/x`] };
  const seen = await captured(a.name, async () => {
    await a.engine.create(volume);
    await a.engine.run(use, `echo ${secretOf(label)} >/x/f`);
    equal(await b.engine.run(use, `cat /x/f; echo ${secretOf(label)} >/x/g`), secretOf(label));
    equal(await a.engine.run(use, 'cat /x/g'), secretOf(label));
  });
  await a.engine.remove(volume);
  return seen;
}
