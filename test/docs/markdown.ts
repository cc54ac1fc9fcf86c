// Just enough of Markdown to hold the documents to the code.

/** The texts of the fenced blocks of one language, or of all. */
export function fencedBlocks(markdown: string, language?: string): { language: string; text: string }[] {
  const blocks = [...markdown.matchAll(/^```(\S*)\n(.*?)^```$/gms)].map(([, found = '', text = '']) => ({
    language: found,
    text,
  }));
  return blocks.filter(block => language === undefined || block.language === language);
}

/** Lines of the blocks that are made by indentation alone. */
export function indentedLines(markdown: string): string[] {
  const outside = markdown.replace(/^```\S*\n.*?^```$/gms, '');
  return outside.split('\n').flatMap(line => (/^ {4}\S/.test(line) ? [line.trim()] : []));
}

export function inlineCode(markdown: string): string[] {
  const outside = markdown.replace(/^```\S*\n.*?^```$/gms, '');
  return [...outside.matchAll(/`([^`\n]+)`/g)].map(match => match[1] ?? '');
}

/** The rows of the only table with this head, cell by cell. */
export function table(markdown: string, head: readonly string[]): string[][] {
  const lines = markdown.split('\n');
  const found = lines.flatMap((line, at) => (sameCells(cellsOf(line), head) ? [at] : []));
  const [start] = found;
  if (start === undefined || found.length > 1)
    throw new Error(`${found.length} tables have the head ${head.join(', ')}`);
  const after = lines.slice(start + 2);
  const end = after.findIndex(line => !line.startsWith('|'));
  return after.slice(0, end < 0 ? undefined : end).map(cellsOf);
}

export const withoutTicks = (cell: string) => cell.replaceAll('`', '');

/** The anchors its headings can be linked by. */
export function anchors(markdown: string): string[] {
  return [...markdown.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

function cellsOf(line: string): string[] {
  if (!line.startsWith('|')) return [];
  return line
    .split('|')
    .slice(1, -1)
    .map(cell => cell.trim());
}

const sameCells = (cells: readonly string[], head: readonly string[]) =>
  cells.length === head.length && cells.every((cell, at) => cell === head[at]);
