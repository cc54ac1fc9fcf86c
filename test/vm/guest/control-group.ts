import { existsSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../docker/until.ts';

/** Innermost first, each as soon as the last of its processes is gone. */
export async function removeControlGroup(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const inner = readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory());
  for (const { name } of inner) await removeControlGroup(join(folder, name));
  await until(`the control group ${folder} is empty`, 20_000, () => {
    try {
      rmdirSync(folder);
      return true;
    } catch {
      return undefined;
    }
  });
}
