// Compares as text: what the product gives comes from another realm than the test's own, and is never strictly equal there.

/** Throws with the words when the two differ. */
export function same(actual: unknown, expected: unknown, otherwise = 'it is not as it has to be'): void {
  const [is, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (is !== wanted) throw new Error(`${otherwise}: it is ${is}, not ${wanted}`);
}

export function must(isSo: boolean | undefined, otherwise: string): void {
  if (isSo !== true) throw new Error(otherwise);
}
