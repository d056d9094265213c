/** The reader's own pictures, from the files that came with the start of a run. */
import { DATASETS, IMAGENETTE_FOLDERS } from '../../engine/data/catalog.ts';
import type { ImageDataset } from '../../engine/data/dataset.ts';
import type { ImageDecoder } from '../../engine/data/formats/image.ts';
import type { GivenFiles } from './experiment.ts';

/** Pictures and archives of them, by name; everything else that a reader gives is a checkpoint. */
export const isPictureFile = (name: string): boolean => /\.(jpe?g|png|webp|gif|bmp|avif|zip|tar|tgz|gz)$/i.test(name);

/** How the pictures shall be. */
export interface PictureSize {
  readonly height: number;
  readonly width: number;
  readonly channels: 1 | 3;
}

/** Decodes pictures in a browser as in Node. */
export async function imageDecoder(): Promise<ImageDecoder> {
  if (typeof createImageBitmap === 'function' && typeof OffscreenCanvas === 'function') {
    return (await import('../../engine/data/formats/image-browser.ts')).browserDecoder;
  }
  return (await import('../../engine/data/formats/image-node.ts')).nodeDecoder;
}

/** The name of a class that Imagenette's archive names by its number in WordNet. */
const readable = (folder: string): string =>
  DATASETS.imagenette.classNames[(IMAGENETTE_FOLDERS as readonly string[]).indexOf(folder)] ?? folder;

/** Whether there are pictures or archives of them among the files. */
export const hasPictures = (files: GivenFiles): boolean => [...files.keys()].some(isPictureFile);

/**
 * A data set of the pictures among the files: folders of pictures (one for each class), or archives of such folders, which are read as streams.
 * @param files by path; other files are left out
 * @param most pictures in all, as many of each class; default: all there are
 * @throws DataFormatError where no picture can be read
 */
export async function readOwnImages(
  files: GivenFiles,
  { height, width, channels }: PictureSize,
  onProgress?: (share: number) => void,
  most?: number,
): Promise<ImageDataset> {
  const given = [...files]
    .filter(([path]) => isPictureFile(path))
    .map(([path, bytes]) => {
      const blob = () => (bytes instanceof Blob ? bytes : new Blob([new Uint8Array(bytes)]));
      return {
        name: path.slice(path.lastIndexOf('/') + 1),
        webkitRelativePath: path,
        arrayBuffer: () => blob().arrayBuffer(),
        stream: () => blob().stream(),
      };
    });
  // Readers of archives, for those who bring one.
  const [{ readClassFolders }, { userImages }] = await Promise.all([
    import('../../engine/data/formats/folder.ts'),
    import('../../engine/data/formats/user-files.ts'),
  ]);
  const set = await readClassFolders(await userImages(given), {
    ...(most !== undefined && { most }),
    name: 'own',
    height,
    width,
    channels,
    decode: await imageDecoder(),
    ...(onProgress && { onProgress: (done: number, total: number) => onProgress(done / total) }),
  });
  return { ...set, classNames: set.classNames.map(readable) };
}
