/** The photograph that is taken apart or exaggerated. */
import { ConfigError } from '../../../engine/errors.ts';
import type { RunContext } from '../../runtime/experiment.ts';
import { type PictureSize, readOwnImages } from '../../runtime/own-images.ts';
import { photographs } from '../../runtime/photographs.ts';
import { ICON_FILE } from './icon-file.ts';
import type { PhotoName } from './photo-names.ts';

export interface Picture {
  readonly name: string;
  /** Where it is from, and its licence; empty for the reader's own. */
  readonly notice: string;
  /** [height, width, channels] */
  readonly pixels: Uint8Array;
}

/** @throws ConfigError where it has not been prepared or given */
export async function pictureNamed(photo: PhotoName, size: PictureSize, context: RunContext): Promise<Picture> {
  if (photo === 'own') {
    const own = await readOwnImages(new Map([...context.files].filter(([name]) => !name.startsWith(ICON_FILE))), size);
    return {
      name: 'your own',
      notice: '',
      pixels: Uint8Array.from(own.images.subarray(0, size.height * size.width * size.channels)),
    };
  }
  const found = (await photographs(context, size)).find(({ name }) => name === photo);
  if (!found) throw new ConfigError('photo', `'${photo}' has not been prepared: run \`npm run data -- --set photos-free\`.`);
  return found;
}
