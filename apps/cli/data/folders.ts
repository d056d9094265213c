/** Where data may already lie on this machine. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { repositoryRoot } from '../root.ts';

/** A folder that may hold the files of a set. */
export interface Place {
  readonly folder: string;
  /** What to call it in the manifest and in messages. No path of this machine goes there. */
  readonly source: string;
  /** A folder that the user named is taken as it is; from elsewhere only the published content is. */
  readonly chosen: boolean;
}

/** The project's data folder: everything that is prepared goes there. */
export const dataFolder = join(repositoryRoot, 'data');

/** Folder of the variable CHALKGRAD_DATA, where set; a relative path counts from the repository. */
export function chosenFolder(): string | undefined {
  const value = process.env.CHALKGRAD_DATA;
  return value ? resolve(repositoryRoot, value) : undefined;
}

/**
 * The user's folder and the project's own, in that order, each with the given sub-folders.
 *
 * @param names sub-folders that may hold the files, for example 'mnist', 'MNIST/raw'
 */
export function userPlaces(names: readonly string[]): Place[] {
  const chosen = chosenFolder();
  const roots = [
    ...(chosen ? [{ folder: chosen, source: 'CHALKGRAD_DATA', chosen: true }] : []),
    { folder: dataFolder, source: 'data', chosen: true },
    { folder: join(dataFolder, 'downloads'), source: 'download', chosen: false },
  ];
  return roots.flatMap(({ folder, ...place }) =>
    names.map((name) => ({ ...place, folder: join(folder, name), source: `${place.source}/${name}` })),
  );
}

/** Folder of an installed npm package with its version, or undefined. */
export async function packagePlace(name: string, subfolder: string): Promise<Place | undefined> {
  try {
    const file = createRequire(join(repositoryRoot, 'package.json')).resolve(`${name}/package.json`);
    const { version } = JSON.parse(await readFile(file, 'utf8')) as { version: string };
    return { folder: join(dirname(file), subfolder), source: `npm package ${name} ${version}`, chosen: false };
  } catch {
    return undefined;
  }
}

/**
 * Finds files, each as it is or gzipped.
 *
 * @returns name → path, or undefined unless all are there
 */
export function findAll(folder: string, names: readonly string[]): Map<string, string> | undefined {
  const out = new Map<string, string>();
  for (const name of names) {
    const path = [join(folder, name), join(folder, `${name}.gz`)].find((candidate) => existsSync(candidate));
    if (!path) return undefined;
    out.set(name, path);
  }
  return out;
}
