/** Measured choices in files, for Node: one JSON file per adapter. */
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { hashOf } from './key.ts';
import type { TuningStore } from './store.ts';

/** `chalkgrad/tuning` in the user's cache directory, where the platform has it. */
export function defaultTuningFolder(): string {
  const { LOCALAPPDATA, XDG_CACHE_HOME } = process.env;
  const home = homedir();
  if (process.platform === 'win32') return join(LOCALAPPDATA ?? join(home, 'AppData/Local'), 'chalkgrad/tuning');
  if (process.platform === 'darwin') return join(home, 'Library/Caches/chalkgrad/tuning');
  return join(XDG_CACHE_HOME || join(home, '.cache'), 'chalkgrad/tuning');
}

/** @param folder made where it is missing */
export function fileStore(folder = defaultTuningFolder()): TuningStore {
  const fileOf = (adapter: string) => join(folder, `${hashOf(adapter)}${hashOf(adapter, 1)}.json`);
  return {
    async load(adapter) {
      let text: string;
      try {
        text = await readFile(fileOf(adapter), 'utf8');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
      return JSON.parse(text);
    },
    async save(adapter, record) {
      await mkdir(folder, { recursive: true });
      const file = fileOf(adapter);
      // Nobody ever reads half a file.
      const fresh = `${file}.${process.pid}`;
      await writeFile(fresh, `${JSON.stringify(record, undefined, 1)}\n`);
      await rename(fresh, file);
    },
  };
}
