/** Photographs that come with the site, and on a developer's machine those that may not be passed on: decoded to the size of a network. */
import { toGrey } from '../../engine/data/formats/image.ts';
import { resizeImage } from '../../engine/data/formats/resize.ts';
import { readFilePack } from '../../engine/data/pack.ts';
import type { RunContext } from './experiment.ts';
import { imageDecoder, type PictureSize } from './own-images.ts';

const FREE = 'photos-free.pack';
/** Not asked for by a built site, which never has it. */
const PACKS = import.meta.env.PROD ? [FREE] : [FREE, 'local/photos.pack'];

export interface Photograph {
  /** What is on it, as its file is named: `tabby`. */
  readonly name: string;
  /** [height, width, channels] */
  readonly pixels: Uint8Array;
  /** Where it is from, and its licence. */
  readonly notice: string;
  /** True where it may be shown on this machine only. */
  readonly local: boolean;
}

/** Every photograph that is there, the free ones first; none where nothing has been prepared. */
export async function photographs({ data, signal }: RunContext, { height, width, channels }: PictureSize): Promise<Photograph[]> {
  const decode = await imageDecoder();
  const found: Photograph[] = [];
  for (const file of PACKS) {
    const bytes = await data.read(file, { signal });
    if (!bytes) continue;
    const { header, labels, files } = readFilePack(bytes, file);
    for (const [at, content] of files.entries()) {
      const name = header.classNames[labels[at] as number] ?? '';
      const picture = resizeImage(await decode(content, name), height, width);
      const pixels = channels === 1 ? toGrey(picture).data : picture.data;
      found.push({ name, pixels, notice: header.source, local: file !== FREE });
    }
  }
  return found;
}
