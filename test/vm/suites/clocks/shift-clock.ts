// Gives the plugin of one host a clock that is off. What it asks the system for the time with is changed in its program on
// the disk, before the host starts; the clock of the kernel, which all hosts in the VM share, stays.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

export function shiftClock(dockerData: string, milliseconds: number): void {
  for (const id of readdirSync(`${dockerData}/plugins`).filter(name => /^[0-9a-f]{64}$/.test(name))) {
    const program = `${dockerData}/plugins/${id}/rootfs/nfs-shared/nfs-shared.mjs`;
    const [first = '', ...rest] = readFileSync(program, 'utf8').split('\n');
    if (!first.startsWith('#!')) throw new Error(`${program} does not begin as a program does`);
    const shift = `(${shiftBy.toString()})(${milliseconds});`;
    writeFileSync(program, [first, shift, ...rest].join('\n'));
  }
}

/** Handed over as text: it has nothing but what it is given. */
function shiftBy(milliseconds: number): void {
  const Real = Date;
  const now = () => Real.now() + milliseconds;
  globalThis.Date = new Proxy(Real, {
    construct: (target, args: unknown[], self) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, self) as object,
    apply: () => new Real(now()).toString(),
    get: (target, name): unknown => (name === 'now' ? now : Reflect.get(target, name)),
  });
}
