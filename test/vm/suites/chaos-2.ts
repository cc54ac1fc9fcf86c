import { longChaos } from './chaos/long.ts';

export const chaos2 = longChaos(2);
