import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '../../engine/errors.ts';

const isRunning = (process_: number): boolean => {
  try {
    process.kill(process_, 0);
    return true;
  } catch (error) {
    // It runs, and is another user's.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

/**
 * Keeps other processes from writing a folder until it is let go; makes the folder where there is none. A process that was killed holds
 * nothing.
 * @param option for which the folder was given, named in the error
 * @returns lets go
 * @throws ConfigError while another run holds the folder
 */
export function holdFolder(folder: string, option: string): () => void {
  const file = join(folder, 'held-by');
  mkdirSync(folder, { recursive: true });
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(readFileSync(file, 'utf8'));
    // Of the same process a run before this one has let go, or holds it still.
    if (holder > 0 && isRunning(holder))
      throw new ConfigError(
        option,
        `process ${holder} is writing '${folder}'. Wait for it, or remove ${file} if that is no such run.`,
      );
    rmSync(file, { force: true });
  }
}
