// Reads JSON and says in words where it breaks. The engine's own messages differ from version to version, often lack the
// place, and repeat the text around it, which may hold what must not be logged.

export type ReadJson = { readonly value: unknown } | { readonly problem: string };

/** Besides what JSON.parse refuses, a key that stands twice in one map: the first of the two would be lost in silence. */
export function readJson(text: string): ReadJson {
  const json = text.replace(/^\uFEFF/, ' ');
  try {
    walk(json);
    return { value: JSON.parse(json) as unknown };
  } catch (error) {
    if (error instanceof Broken) return { problem: `${placeIn(json, error.at)}: ${error.message}` };
    if (error instanceof SyntaxError) return { problem: 'it is not JSON' };
    throw error;
  }
}

const DEEPEST = 100;

class Broken extends Error {
  readonly at: number;
  constructor(at: number, problem: string) {
    super(problem);
    this.at = at;
  }
}

function placeIn(text: string, at: number): string {
  const before = text.slice(0, at).split('\n');
  return `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
}

function walk(text: string): void {
  const end = value(text, blanks(text, 0), 0);
  if (end < text.length) throw new Broken(end, `expected the end, found ${foundAt(text, end)}`);
}

/** Each of these takes where something begins and gives back where what follows it begins. */
function value(text: string, at: number, depth: number): number {
  if (depth > DEEPEST) throw new Broken(at, `maps and lists are nested more than ${DEEPEST} deep`);
  const first = text[at];
  if (first === '{') return members(text, at + 1, '}', next => member(text, next, depth), new Set());
  if (first === '[') return members(text, at + 1, ']', next => ({ end: value(text, next, depth + 1) }), new Set());
  const end = match(text, at, first === '"' ? STRING : PLAIN);
  if (end === undefined) throw new Broken(at, `expected a value, found ${foundAt(text, at)}`);
  return blanks(text, end);
}

interface Member {
  readonly end: number;
  readonly key?: string;
}

function members(text: string, from: number, close: string, one: (at: number) => Member, keys: Set<string>): number {
  let at = blanks(text, from);
  if (text[at] === close) return blanks(text, at + 1);
  for (;;) {
    const { end, key } = one(at);
    if (key !== undefined && keys.has(key)) throw new Broken(at, 'this key stands twice in the same map');
    if (key !== undefined) keys.add(key);
    if (text[end] === close) return blanks(text, end + 1);
    if (text[end] !== ',') throw new Broken(end, `expected "," or "${close}", found ${foundAt(text, end)}`);
    at = blanks(text, end + 1);
  }
}

function member(text: string, at: number, depth: number): Member {
  const end = match(text, at, STRING);
  if (end === undefined) throw new Broken(at, `expected a key in double quotes, found ${foundAt(text, at)}`);
  const colon = blanks(text, end);
  if (text[colon] !== ':') throw new Broken(colon, `expected ":", found ${foundAt(text, colon)}`);
  return { end: value(text, blanks(text, colon + 1), depth + 1), key: JSON.parse(text.slice(at, end)) as string };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in texts
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const PLAIN = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

function match(text: string, at: number, pattern: RegExp): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function blanks(text: string, at: number): number {
  let end = at;
  while (end < text.length && ' \t\r\n'.includes(text[end] ?? '')) end++;
  return end;
}

/** Punctuation only: anything else may be part of a secret. */
function foundAt(text: string, at: number): string {
  const found = text[at];
  if (found === undefined) return 'the end';
  if (found === '"') return 'a text that has no end or a wrong character in it, or stands in the wrong place';
  return "{}[],:'".includes(found) ? `"${found}"` : 'something else';
}
