/** Where the labs lie: every folder of `apps/labs` that holds a `schema.ts`. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Lab id (the folder's name) to its folder. */
export type LabFolders = ReadonlyMap<string, string>;

export function labFolders(root: string): LabFolders {
  const labs = join(root, 'apps/labs');
  const found = readdirSync(labs).map((id): [string, string] => [id, join(labs, id)]);
  return new Map(found.filter(([, folder]) => existsSync(join(folder, 'schema.ts'))).sort());
}
