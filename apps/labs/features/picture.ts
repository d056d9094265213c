/** The photograph that is taken apart or exaggerated. */
import { toGrey } from '../../../engine/data/formats/image.ts';
import { resizeImage } from '../../../engine/data/formats/resize.ts';
import { ConfigError } from '../../../engine/errors.ts';
import type { RunContext } from '../../runtime/experiment.ts';
import { imageDecoder, isPictureFile, type PictureSize } from '../../runtime/own-images.ts';
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
  if (photo === 'own') return ownPicture(size, context);
  const found = (await photographs(context, size)).find(({ name }) => name === photo);
  if (!found) throw new ConfigError('photo', `'${photo}' has not been prepared: run \`npm run data -- --set photos-free\`.`);
  return found;
}

/** The first picture among the reader's files. */
async function ownPicture({ height, width, channels }: PictureSize, { files }: RunContext): Promise<Picture> {
  const given = [...files].find(([name]) => isPictureFile(name) && !name.startsWith(ICON_FILE));
  if (!given) throw new ConfigError('photo', 'give a picture first, or choose another photograph.');
  const [name, file] = given;
  const decode = await imageDecoder();
  const bytes = file instanceof Blob ? new Uint8Array(await file.arrayBuffer()) : file;
  const picture = resizeImage(await decode(bytes, name), height, width);
  return { name: 'your own', notice: '', pixels: (channels === 1 ? toGrey(picture) : picture).data };
}
