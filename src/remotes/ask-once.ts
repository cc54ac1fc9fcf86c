// For calls that hold a thread of Node's pool and cannot be called off (a name look-up, a stat of a dead folder): while
// one is stuck, everybody who asks the same joins it, so that one dead thing never costs more than one thread.

export function askOnce<T>(ask: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const running = new Map<string, Promise<T>>();
  return key => {
    const joined = running.get(key);
    if (joined !== undefined) return joined;
    const started = ask(key).finally(() => running.delete(key));
    running.set(key, started);
    return started;
  };
}
