// Before the first test: the plugin as it would be installed now, and a folder that outlives the single test file.
import { existsSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';

export default async function buildPlugin() {
  const repository = join(import.meta.dirname, '..', '..');
  process.env.NFS_SHARED_TEST_RUN = mkdtempSync('/var/tmp/nfs-shared-run-');
  // A plugin made elsewhere can be tested by naming its folder.
  if (process.env.NFS_SHARED_TEST_PLUGIN === undefined) {
    process.stderr.write('make plugin …\n');
    await execa('make', ['plugin'], { cwd: repository, stdout: 'inherit', stderr: 'inherit', timeout: 20 * 60_000 });
    process.env.NFS_SHARED_TEST_PLUGIN = join(repository, 'plugin');
  }
  const config = join(process.env.NFS_SHARED_TEST_PLUGIN, 'config.json');
  if (!existsSync(config)) throw new Error(`${config} is not there: make plugin has to make it`);
}
