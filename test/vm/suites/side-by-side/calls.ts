// The commands that are compared.

import type { Engine } from '../../guest/engine.ts';
import { type Contestant, prepared } from './contestants.ts';

export type Question = (engine: Engine, contestant: Contestant) => Promise<unknown>;

export const calls = {
  'docker volume ls': async (engine: Engine, contestant: Contestant) => {
    const names = await engine.volumes();
    for (const part of prepared) {
      const name = contestant.volume(part);
      // Removed at this very moment.
      if (part !== 'spare' && !names.includes(name)) throw new Error(`${name} is not in the list`);
    }
  },
  'docker volume inspect': (engine: Engine, { volume }: Contestant) => engine.inspect(volume('data')),
  'docker ps': (engine: Engine) => engine.get('/containers/json'),
  'docker volume create': (engine: Engine, { volume, options, pluginDriver }: Contestant) =>
    engine.create(volume('new'), options('new'), pluginDriver),
  'docker run, volume in use': (engine: Engine, contestant: Contestant) => runOn(engine, contestant, 'data'),
  'docker run, volume not in use': (engine: Engine, contestant: Contestant) => runOn(engine, contestant, 'idle'),
  'docker stop': (engine: Engine, { idler }: Contestant) => engine.stop(idler),
  'docker volume rm': (engine: Engine, { volume }: Contestant) => engine.remove(volume('spare')),
} as const satisfies Readonly<Record<string, Question>>;

export type Call = keyof typeof calls;

function runOn(engine: Engine, { volume, pluginDriver }: Contestant, part: 'data' | 'idle'): Promise<string> {
  return engine.run({ volumes: [`${volume(part)}:/x`], driver: pluginDriver }, 'cat /x/here');
}
