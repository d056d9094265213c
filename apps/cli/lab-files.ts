/** Files and folders of the command line as a run gets those that a reader drops on its page. */
import { openAsBlob, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { GivenFile, GivenFiles } from '../runtime/experiment.ts';
import { isPictureFile } from '../runtime/own-images.ts';

/**
 * @param paths files, and folders with all that is in them
 * @returns by name; of a folder with its own name before it, so that `mine/cats/1.png` is a picture of the class `cats`
 * @throws Error where a path is not there, or two files have one name
 */
export async function labFiles(paths: readonly string[]): Promise<GivenFiles> {
  const files = new Map<string, GivenFile>();
  const add = async (path: string, name: string): Promise<void> => {
    if (statSync(path).isDirectory()) {
      for (const entry of readdirSync(path).sort()) {
        if (!entry.startsWith('.')) await add(join(path, entry), `${name}/${entry}`);
      }
    } else if (files.has(name)) throw new Error(`--give: two files are named ${name}; a run tells them apart by name`);
    else files.set(name, isPictureFile(name) ? await openAsBlob(path) : new Uint8Array(readFileSync(path)));
  };
  for (const path of paths) await add(path, basename(path));
  return files;
}
