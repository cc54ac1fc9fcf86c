import { longChaos } from './chaos/long.ts';

export const chaos3 = longChaos(3);
