/**
 * Photographs for tests and local trials. They may not be passed on with the project: no address is known, and their pack lies in a folder
 * that the development server shows and the build leaves out (see site-data.ts).
 */
import { existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isImageName } from '../../../engine/data/formats/image.ts';
import { sha256 } from './download.ts';
import { userPlaces } from './folders.ts';
import type { SetRecord, WrittenFile } from './manifest.ts';
import { photoPack } from './photo-pack.ts';
import { type Recipe, Unavailable, writeData } from './recipe.ts';

export const photos: Recipe = {
  name: 'photos',
  title: 'Test photographs',
  download: 0,
  // Nobody who has none should be told that they are missing.
  get usual() {
    return userPlaces(['photos']).some(({ folder }) => existsSync(folder));
  },
  async prepare(): Promise<SetRecord> {
    for (const { folder, source } of userPlaces(['photos'])) {
      const names = existsSync(folder) ? readdirSync(folder).filter(isImageName).sort() : [];
      if (names.length === 0) continue;
      const files: WrittenFile[] = [];
      const sources: Record<string, string> = {};
      const all: { name: string; bytes: Uint8Array }[] = [];
      for (const name of names) {
        const bytes = await readFile(join(folder, name));
        all.push({ name, bytes });
        sources[name] = sha256(bytes);
        if (source === 'data/photos') files.push({ path: `photos/${name}`, bytes: bytes.length, sha256: sha256(bytes) });
        else files.push(await writeData(`photos/${name}`, bytes));
      }
      files.push(await writeData('packs/local/photos.pack', photoPack('photos', all, 'for tests and local trials only')));
      return { source, verified: null, counts: { all: names.length }, sources, files, packs: [], models: {} };
    }
    throw new Unavailable('no folder photos/ in CHALKGRAD_DATA; only some tests use it', false);
  },
};
