/** The reader's own pictures, from the files that came with the start of a run. */
import type { ImageDataset } from '../../engine/data/dataset.ts';
import type { ImageDecoder } from '../../engine/data/formats/image.ts';

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

/**
 * A data set of the pictures among the files: folders of pictures (one for each class), or archives of such folders.
 * @param files by path; other files are left out
 * @throws DataFormatError where no picture can be read
 */
export async function readOwnImages(
  files: ReadonlyMap<string, Uint8Array>,
  { height, width, channels }: PictureSize,
  onProgress?: (share: number) => void,
): Promise<ImageDataset> {
  const given = [...files]
    .filter(([path]) => isPictureFile(path))
    .map(([path, bytes]) => ({
      name: path.slice(path.lastIndexOf('/') + 1),
      webkitRelativePath: path,
      arrayBuffer: async () => new Uint8Array(bytes).buffer,
      stream: () => new Blob([new Uint8Array(bytes)]).stream(),
    }));
  // Readers of archives, for those who bring one.
  const [{ readClassFolders }, { listUserFiles }] = await Promise.all([
    import('../../engine/data/formats/folder.ts'),
    import('../../engine/data/formats/user-files.ts'),
  ]);
  return readClassFolders(await listUserFiles(given), {
    name: 'own',
    height,
    width,
    channels,
    decode: await imageDecoder(),
    ...(onProgress && { onProgress: (done: number, total: number) => onProgress(done / total) }),
  });
}
