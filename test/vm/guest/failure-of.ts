/** The message of what has to fail. That it works is the failure here. */
export async function failureOf(work: Promise<unknown>): Promise<string> {
  const message = await work.then(
    () => undefined,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
  if (message === undefined) throw new Error('it worked, and should have been refused');
  return message;
}
