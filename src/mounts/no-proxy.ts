import { reasonOf } from '../errors.ts';

/** Why a TLS proxy cannot be had, in words that follow "does not run: ". */
export class NoProxy extends Error {}

export const whyNoProxy = (error: unknown) => (error instanceof NoProxy ? error.message : reasonOf(error));
