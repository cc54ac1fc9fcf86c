// One event a line, as JSON, to stdout: the engine keeps it in its own log. With LogPath also to a file that is rolled by
// size, and whose old parts go after some days.

import { readdirSync, statSync, unlinkSync } from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { pino } from 'pino';
import roll from 'pino-roll';

export type Logger = Pick<pino.Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'level'>;

export interface LogFile {
  readonly path: string;
  readonly maxSizeMb: number;
  readonly maxAgeDays: number;
}

/** For what the config file does not say. */
export const logFileDefaults = { maxSizeMb: 100, maxAgeDays: 28 } as const;

const MOST_PARTS = 10;
const DAY = 24 * 60 * 60_000;

export function makeLogger(level: string, streams: readonly pino.DestinationStream[]): Logger {
  // Every stream gets every line: the level is decided once, by the logger.
  const all = pino.multistream(streams.map(stream => ({ level: 'trace' as const, stream })));
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err: pino.stdSerializers.err } },
    all,
  );
}

/** pino-roll as a stream of this thread: its worker thread does not survive bundling, and would lose the last lines. */
export async function openLogFile(file: LogFile, complain: (text: string) => void): Promise<pino.DestinationStream> {
  const extension = extname(file.path) || '.log';
  const stream = await roll({
    file: file.path.slice(0, file.path.length - extname(file.path).length),
    extension,
    size: `${file.maxSizeMb}m`,
    limit: { count: MOST_PARTS },
    sync: true,
  });
  let complained = false;
  stream.on('error', (error: Error) => {
    // A full disk gives one of these for every line.
    if (!complained) complain(`the log file ${file.path} cannot be written: ${error.message}; stdout has every line`);
    complained = true;
  });
  const sweep = () => removeOldParts(file, extension, Date.now());
  sweep();
  setInterval(sweep, DAY).unref();
  return stream;
}

export function removeOldParts(file: LogFile, extension: string, now: number): void {
  const folder = dirname(file.path);
  const name = basename(file.path, extname(file.path));
  for (const part of readdirSync(folder)) {
    if (!part.startsWith(`${name}.`) || !part.endsWith(extension)) continue;
    if (!/^\.\d+$/.test(part.slice(name.length, part.length - extension.length))) continue;
    const path = join(folder, part);
    if (now - statSync(path).mtimeMs > file.maxAgeDays * DAY) unlinkSync(path);
  }
}
