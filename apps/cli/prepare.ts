/** What commands share: running programs, and the data sets. What tests need of the machine is in needs/. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repositoryRoot } from './root.ts';

/** What `runShown` may be told beside the command. */
export interface RunSettings {
  readonly env?: Readonly<Record<string, string>>;
  /** Ends the program after this many milliseconds. */
  readonly timeout?: number | undefined;
}

/** Runs a program in the repository with its output shown. @returns its exit code, 124 where it was ended for its time */
export function runShown(command: string, args: readonly string[], { env = {}, timeout }: RunSettings = {}): number {
  const result = spawnSync(command, args, {
    cwd: repositoryRoot,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...env },
    timeout,
  });
  if (result.error && (result.error as NodeJS.ErrnoException).code === 'ETIMEDOUT') return 124;
  return result.status ?? 1;
}

/** Path of an installed package's program, to be run by this Node: quicker than npx, and nothing is downloaded by accident. */
export function program(packageName: string, name = packageName): string {
  const folder = join(repositoryRoot, 'node_modules', packageName);
  const { bin } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { bin: string | Record<string, string> };
  const file = typeof bin === 'string' ? bin : bin[name];
  if (file === undefined) throw new Error(`the package ${packageName} has no program '${name}'`);
  return join(folder, file);
}

/** Runs the launcher with another command, in a process of its own. */
export function runCommand(command: string, args: readonly string[] = []): number {
  return runShown(process.execPath, [join(repositoryRoot, 'apps/cli/run.mjs'), command, ...args]);
}

/** Fetches the data sets that are missing. A failure is reported and does not stop what follows: most things run without. */
export function prepareData(): void {
  if (!existsSync(join(repositoryRoot, 'apps/cli/data.ts'))) return;
  if (runCommand('data', ['--auto']) !== 0) console.warn('There is no data set; what needs one is disabled.');
}
