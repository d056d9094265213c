/** Data sets that Debian and Ubuntu package. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { reasonOf } from './download.ts';
import type { Reporter } from './report.ts';

const run = promisify(execFile);

/** True where packages of Debian can be fetched and unpacked. */
export function hasDebianTools(): boolean {
  return ['/usr/bin/apt-get', '/usr/bin/dpkg-deb'].every((tool) => existsSync(tool));
}

/**
 * Fetches a package of the distribution and unpacks one folder of it into `target`. Nothing is installed, so no rights are needed and
 * the system stays as it is; only where the list of packages is missing does root refresh it.
 *
 * @param name the package
 * @param inside the folder in it, for example 'usr/share/datasets/fashion-mnist'
 * @throws Error with the reason
 */
export async function unpackDebianPackage(name: string, inside: string, target: string, reporter: Reporter): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const work = await mkdtemp(`${target}.`);
  const options = { cwd: work, timeout: 300_000, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } };
  try {
    const fetchPackage = (): Promise<unknown> => run('apt-get', ['download', '-q', name], options);
    try {
      await fetchPackage();
    } catch (error) {
      if (process.getuid?.() !== 0) throw error;
      reporter.say('  refreshing the list of packages (apt-get update)');
      await run('apt-get', ['update', '-q', '-o', 'DPkg::Lock::Timeout=300'], options);
      await fetchPackage();
    }
    const archive = (await readdir(work)).find((file) => file.endsWith('.deb'));
    if (!archive) throw new Error(`apt-get brought no package ${name}`);
    await run('dpkg-deb', ['-x', archive, 'content'], options);
    await rm(target, { recursive: true, force: true });
    await rename(join(work, 'content', inside), target);
  } catch (error) {
    throw new Error(`package ${name}: ${reasonOf(error).split('\n').slice(0, 3).join(' ')}`, { cause: error });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
