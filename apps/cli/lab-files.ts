/** Files and folders of the command line as a run gets those that a reader drops on its page. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/**
 * @param paths files, and folders with all that is in them
 * @returns by name; of a folder with its own name before it, so that `mine/cats/1.png` is a picture of the class `cats`
 * @throws Error where a path is not there
 */
export function labFiles(paths: readonly string[]): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const add = (path: string, name: string): void => {
    if (!statSync(path).isDirectory()) files.set(name, new Uint8Array(readFileSync(path)));
    else for (const entry of readdirSync(path).sort()) if (!entry.startsWith('.')) add(join(path, entry), `${name}/${entry}`);
  };
  for (const path of paths) add(path, basename(path));
  return files;
}
