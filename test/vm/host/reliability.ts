// The table of docs/reliability.md, from what the suites have measured: a row for each call in each outage, a column for
// each driver.

import { readFileSync, writeFileSync } from 'node:fs';
import type { Measurement } from '../guest/results.ts';

/** Returns whether there was anything to write: a run that measured nothing leaves the page as it is. */
export function writeReliability(page: string, measurements: readonly Measurement[]): boolean {
  if (measurements.length === 0) return false;
  writeFileSync(page, withTables(readFileSync(page, 'utf8'), measurements));
  return true;
}

const BEGIN = '<!-- measured -->';
const END = '<!-- /measured -->';

export function withTables(page: string, measurements: readonly Measurement[]): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin === -1 || end < begin) throw new Error(`the page has no place for the tables: ${BEGIN} … ${END}`);
  return `${page.slice(0, begin)}${BEGIN}\n\n${tables(measurements)}\n\n${page.slice(end)}`;
}

/** Faults that were put to the same drivers share a table. */
export function tables(measurements: readonly Measurement[]): string {
  const faults = unique(measurements.map(({ fault }) => fault));
  const driversOf = (fault: string) =>
    unique(measurements.filter(each => each.fault === fault).map(each => each.driver));
  const columns = new Map(faults.map(fault => [driversOf(fault).sort().join(), driversOf(fault)]));
  return [...columns]
    .map(([key, drivers]) => {
      const mine = faults.filter(fault => driversOf(fault).sort().join() === key);
      return table(measurements, mine, drivers.sort(oursFirst));
    })
    .join('\n\n');
}

function table(measurements: readonly Measurement[], faults: readonly string[], drivers: readonly string[]): string {
  // One order for all of them: that in which they ended changes from run to run.
  const order = unique(measurements.map(({ call }) => call)).sort(afterwardsLast);
  const lines = faults.flatMap(fault => {
    const here = measurements.filter(each => each.fault === fault);
    const asked = order.filter(call => here.some(each => each.call === call));
    return asked.map((call, at) => {
      const cells = drivers.map(driver => cell(here.filter(each => each.call === call && each.driver === driver)));
      return row([at === 0 ? fault : '', call, ...cells]);
    });
  });
  return [row(['what is wrong', 'call', ...drivers]), row(['---', '---', ...drivers.map(() => '---')]), ...lines].join(
    '\n',
  );
}

/** Measured more than once: the slowest counts, and what never ended is slower than all that did. */
function cell(measured: readonly Measurement[]): string {
  const slowness = ({ outcome, seconds }: Measurement) => (outcome === undefined ? Number.POSITIVE_INFINITY : seconds);
  const slowest = measured.reduce<Measurement | undefined>(
    (worst, each) => (worst === undefined || slowness(each) > slowness(worst) ? each : worst),
    undefined,
  );
  if (slowest === undefined) return '';
  const { outcome, seconds } = slowest;
  if (outcome === undefined) return `> ${Math.round(seconds)} s`;
  return outcome === 'ok' ? `${seconds.toFixed(1)} s ok` : `${seconds.toFixed(1)} s, refused: ${short(outcome)}`;
}

const LONGEST = 90;

/** Without what Docker puts in front of it, on one line. */
function short(message: string): string {
  const bare = message
    .replace(/^\d{3}: /, '')
    .replace(/^.*?\bCannot \w+ "[^"]*": /s, '')
    .replace(/\bof remote dir "[^"]*" /, '')
    .replace(/\s+/g, ' ')
    .replaceAll('|', '/')
    .trim();
  return bare.length > LONGEST ? `${bare.slice(0, LONGEST).trimEnd()}…` : bare;
}

function afterwardsLast(a: string, b: string): number {
  return Number(a.startsWith('afterwards')) - Number(b.startsWith('afterwards'));
}

const oursFirst = (a: string, b: string) =>
  Number(b.startsWith('nfs-shared')) - Number(a.startsWith('nfs-shared')) || a.localeCompare(b);
const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const unique = (words: readonly string[]) => [...new Set(words)];
