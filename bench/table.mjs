// A Markdown table whose columns stand in line, and the machine the figures are of.

import { spawnSync } from 'node:child_process';
import { arch, cpus, release } from 'node:os';

/**
 * @param {string[]} head
 * @param {string[][]} rows
 */
export function table(head, rows) {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map(row => row[column]?.length ?? 0)));
  const line = (/** @type {string[]} */ row) =>
    `| ${widths.map((width, column) => (row[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), line(widths.map(width => '-'.repeat(width))), ...rows.map(line), ''].join('\n');
}

/** @param {string} node */
export function machineLine(node) {
  const version = spawnSync(node, ['--version'], { encoding: 'utf8', timeout: 5000 }).stdout.trim();
  return `node ${version}, ${cpus().length} x ${cpus()[0]?.model.trim()}, Linux ${release()} ${arch()}`;
}
