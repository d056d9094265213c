/** Photographs that the project may pass on (see photos-free/README.md): they lie in the repository, and pages read them as one pack. */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isImageName } from '../../../engine/data/formats/image.ts';
import { repositoryRoot } from '../root.ts';
import { sha256 } from './download.ts';
import type { SetRecord } from './manifest.ts';
import { photoPack } from './photo-pack.ts';
import { type Recipe, writeData } from './recipe.ts';

/** Where each is from stands in the folder's README.md. */
const NOTICE =
  'tabby, espresso, cameraman: CC0 (Stefan van der Walt, Rachel Michetti, Lav Varshney; scikit-image); missile: SpaceX, astronaut: NASA, ' +
  'public domain (scikit-image); raccoon: public domain (SciPy); palace: Daniel Büchele, flower: flickr user vultilion, CC BY 2.0 (scikit-learn)';

export const photosFree: Recipe = {
  name: 'photos-free',
  title: 'Free photographs',
  download: 0,
  usual: true,
  async prepare(): Promise<SetRecord> {
    const folder = join(repositoryRoot, 'apps/cli/data/photos-free');
    const names = readdirSync(folder).filter(isImageName).sort();
    const files = await Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(folder, name)) })));
    const written = await writeData('packs/photos-free.pack', photoPack('photos-free', files, NOTICE));
    const sources = Object.fromEntries(files.map(({ name, bytes }) => [name, sha256(bytes)]));
    return {
      source: 'the repository',
      verified: null,
      counts: { all: names.length },
      sources,
      files: [written],
      packs: [],
      models: {},
    };
  },
};
