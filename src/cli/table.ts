// Columns for people. What a share says may hold anything: nothing of it moves the cursor.

export function table(head: readonly string[], lines: readonly (readonly string[])[], none: string): string {
  if (lines.length === 0) return none;
  const rows = [head, ...lines.map(line => line.map(printable))];
  const widths = head.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)));
  return rows
    .map(row =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const printable = (text: string) => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');
