// What a call can fail with: whose word it is, and whether what was asked for may have happened all the same. What is not
// known here is no sentence that a person could do something with, or one that nobody has thought of.

export interface Refusal {
  readonly kind: string;
  readonly whose: 'the plugin' | 'Docker' | 'nobody';
  /** There may be an effect, now or a little later. */
  readonly mayHaveHappened: boolean;
  /** Right only while this is broken on the host, or has been a moment ago. */
  readonly onlyAfter?: 'plugin' | 'engine';
}

export function refusalOf(message: string): Refusal | undefined {
  return kinds.find(({ pattern }) => pattern.test(message));
}

const ours = { whose: 'the plugin', mayHaveHappened: false } as const;
const docker = { whose: 'Docker', mayHaveHappened: false } as const;
const away = { mayHaveHappened: true } as const;
/** What the plugin says to Docker begins with what was tried, on what. */
const tried = `Cannot (?:create|mount|remove|look up) "[^"]+": `;

const kinds: readonly (Refusal & { readonly pattern: RegExp })[] = [
  { kind: 'in use', ...ours, pattern: new RegExp(`${tried}it is in use by .+; stop these first`) },
  { kind: 'being removed', ...ours, pattern: new RegExp(`${tried}it is being removed \\(since .+, by host ".+"\\);`) },
  { kind: 'no such volume', ...ours, pattern: new RegExp(`${tried}no such volume`) },
  {
    kind: 'the share does not answer',
    ...ours,
    mayHaveHappened: true,
    pattern: /the share of remote dir "[^"]+" does not answer: .+\(.+\); what is mounted stays mounted/,
  },
  { kind: 'out of time', ...ours, mayHaveHappened: true, pattern: /did not end within \d+ s; it may still happen/ },
  { kind: 'not mounted', ...ours, pattern: new RegExp(`${tried}\\S+ cannot be mounted: .+`) },
  { kind: 'not restored', ...ours, pattern: /it cannot be taken out of the trash: .+/ },
  { kind: 'stopping', ...ours, pattern: /the plugin is stopping; try again/, onlyAfter: 'engine' },
  // Docker repeats a call that was cut off, and has lost its body by then.
  {
    kind: 'repeated by Docker without its body',
    ...ours,
    mayHaveHappened: true,
    pattern: /Cannot \w+: the request cannot be understood: .+/,
    onlyAfter: 'plugin',
  },

  { kind: 'in use, says Docker', ...docker, pattern: /^409: .*volume is in use - \[/ },
  // Also at the start of a container: another host may remove its volume as long as it has not been started.
  { kind: 'no such volume, says Docker', ...docker, pattern: /^(?:404|500): .*get \S+: no such volume$/ },
  {
    kind: 'container gone',
    ...docker,
    pattern: /No such (?:container|exec instance)|is not running/,
    onlyAfter: 'engine',
  },
  {
    kind: 'the plugin is away, says Docker',
    whose: 'Docker',
    ...away,
    onlyAfter: 'plugin',
    pattern: /plugin .*(?:not found|disabled)|nfs-shared\.sock|: (?:unexpected )?EOF$/,
  },
  {
    kind: 'the engine is going down, says Docker',
    whose: 'Docker',
    ...away,
    onlyAfter: 'engine',
    pattern: /containerd|ttrpc|rpc error|context canceled|shutting down/,
  },
  // An engine stands still while its plugin starts (patience.ts), which may be long.
  {
    kind: 'no answer in two minutes',
    whose: 'nobody',
    ...away,
    onlyAfter: 'plugin',
    pattern: /aborted due to timeout/,
  },
  {
    kind: 'nobody answers',
    whose: 'nobody',
    ...away,
    onlyAfter: 'plugin',
    pattern: /ECONNREFUSED|ECONNRESET|ENOENT|EPIPE|socket hang up/,
  },
];
