// Reads the YAML that compose examples are written in: maps and lists by indentation, and the short forms {a: b} and [a, b].
// Anything else is an error, so that an example never passes unread.

export type Yaml = string | readonly Yaml[] | { readonly [key: string]: Yaml };

interface Line {
  readonly indent: number;
  readonly text: string;
}

export function parseYaml(text: string): Yaml {
  const lines = text
    .split('\n')
    .filter(line => line.trim() !== '' && !line.trim().startsWith('#'))
    .map(line => ({ indent: line.length - line.trimStart().length, text: line.trim() }));
  const left = [...lines];
  const value = parseBlock(left, 0);
  if (left[0] !== undefined) throw new Error(`not understood: ${left[0].text}`);
  return value;
}

function parseBlock(lines: Line[], indent: number): Yaml {
  return lines[0]?.text.startsWith('- ') ? parseList(lines, indent) : parseMap(lines, indent);
}

function parseList(lines: Line[], indent: number): Yaml[] {
  const items: Yaml[] = [];
  for (let line = lines[0]; line?.indent === indent && line.text.startsWith('- '); line = lines[0]) {
    lines.shift();
    items.push(parseScalar(line.text.slice(2)));
  }
  return items;
}

function parseMap(lines: Line[], indent: number): Yaml {
  const entries: [string, Yaml][] = [];
  for (let line = lines[0]; line?.indent === indent; line = lines[0]) {
    const match = /^([\w.-]+):(?: (.+))?$/.exec(line.text);
    if (match === null) throw new Error(`not understood: ${line.text}`);
    const [, key = '', value] = match;
    if (entries.some(([known]) => known === key)) throw new Error(`given twice: ${key}`);
    lines.shift();
    const next = lines[0];
    const below = () => (next !== undefined && next.indent > indent ? parseBlock(lines, next.indent) : '');
    entries.push([key, value === undefined ? below() : parseScalar(value)]);
  }
  return Object.fromEntries(entries);
}

function parseScalar(text: string): Yaml {
  if (/^\[.*\]$/.test(text))
    return text
      .slice(1, -1)
      .split(',')
      .map(item => parseScalar(item.trim()));
  if (/^".*"$|^'.*'$/.test(text)) return text.slice(1, -1);
  if (/^[[{&*!|>%@`]/.test(text)) throw new Error(`not understood: ${text}`);
  return text;
}
