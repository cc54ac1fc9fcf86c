import { longChaos } from './chaos/long.ts';

export const chaos1 = longChaos(1);
