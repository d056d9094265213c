import { ConfigError, DataFormatError } from '../../errors.ts';
import { type ImageDataset, imageDataset } from '../dataset.ts';
import { concatBytes } from './bytes.ts';
import { gunzipStream } from './gzip.ts';
import { type ImageDecoder, isImageName, toGrey } from './image.ts';
import { type ResizeMethod, resizeImage } from './resize.ts';
import { readTar } from './tar.ts';

/** A file known by its path, read when needed: from an archive, a folder on disk or a folder that the user chose on a page. */
export interface ListedFile {
  readonly path: string;
  readonly bytes: () => Promise<Uint8Array>;
}

/** Options of `readClassFolders`. */
export interface ClassFolderOptions {
  readonly name: string;
  readonly height: number;
  readonly width: number;
  /** 3 for colour (default), 1 for grey. */
  readonly channels?: 1 | 3;
  readonly decode: ImageDecoder;
  readonly method?: ResizeMethod;
  /** Folder whose sub-folders are the classes, for example 'imagenette2-160/train'; found by itself when left out. */
  readonly root?: string;
  /** At most so many images of each class, the first ones by name. */
  readonly perClass?: number;
  /** Names of the classes, in the alphabetical order of their folders; the folders' names when left out. */
  readonly classNames?: readonly string[];
  readonly onProgress?: (done: number, total: number) => void;
}

/** Folder that a file lies in: 'a/b/c.jpg' → 'a/b'. */
const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** Files by class folder, in alphabetical order of folders and files, whatever the order of the listing. */
function groupByClass(files: readonly ListedFile[], root: string | undefined): Map<string, ListedFile[]> {
  const images = files.filter(({ path }) => isImageName(path) && (root === undefined || path.startsWith(`${root}/`)));
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  const groups = new Map<string, ListedFile[]>();
  for (const file of [...images].sort((a, b) => compare(folderOf(a.path), folderOf(b.path)) || compare(a.path, b.path))) {
    const folder = folderOf(file.path);
    const group = groups.get(folder);
    if (group) group.push(file);
    else groups.set(folder, [file]);
  }
  return groups;
}

/**
 * Makes a data set of folders of images, one folder a class: the user's own images, or an archive of class folders. Images are stretched
 * to one size; labels follow the alphabetical order of the folders.
 *
 * @throws ConfigError when there are fewer than two or more than 256 classes, or folders of different parents; DataFormatError for a
 *   file that cannot be decoded
 */
export async function readClassFolders(files: readonly ListedFile[], options: ClassFolderOptions): Promise<ImageDataset> {
  const { name, height, width, channels = 3, decode, method = 'area', root, perClass = Number.POSITIVE_INFINITY } = options;
  const groups = groupByClass(files, root);
  const folders = [...groups.keys()];
  if (folders.length < 2 || folders.length > 256) {
    throw new ConfigError('folders', `need 2 to 256 folders of JPEG or PNG images, one for each class, found ${folders.length}`);
  }
  const parents = new Set(folders.map(folderOf));
  if (parents.size > 1) {
    throw new ConfigError('root', `the class folders must lie side by side; choose one of ${[...parents].sort().join(', ')}`);
  }
  const classNames = options.classNames ?? folders.map((folder) => folder.slice(folder.lastIndexOf('/') + 1));
  if (classNames.length !== folders.length) {
    throw new ConfigError('classNames', `has ${classNames.length} names for ${folders.length} folders`);
  }
  const chosen = folders.flatMap((folder, label) =>
    (groups.get(folder) ?? []).filter((_, i) => i < perClass).map((file) => ({ file, label })),
  );
  const images: Uint8Array[] = [];
  for (const { file } of chosen) {
    const image = resizeImage(await decode(await file.bytes(), file.path), height, width, method);
    images.push((channels === 1 ? toGrey(image) : image).data);
    options.onProgress?.(images.length, chosen.length);
  }
  const half = new Array<number>(channels).fill(0.5);
  const info = { name, split: 'train', height, width, channels, classNames, mean: half, std: half };
  return imageDataset(
    info,
    concatBytes(images),
    Uint8Array.from(chosen, ({ label }) => label),
  );
}

/**
 * Lists the image files of a tar archive, gzipped or not, reading it once as a stream; only the (compressed) image files are held.
 *
 * @param source the pieces of the archive
 * @param file its name, for messages
 * @param wanted tells by path which image files are wanted; all when left out
 * @throws DataFormatError when the archive is damaged or holds no image
 */
export async function listTarImages(
  source: AsyncIterable<Uint8Array>,
  file: string,
  wanted: (path: string) => boolean = () => true,
): Promise<ListedFile[]> {
  const out: ListedFile[] = [];
  for await (const { name, data } of readTar(gunzipStream(source, file), file, (path) => isImageName(path) && wanted(path))) {
    out.push({ path: name, bytes: async () => data });
  }
  if (out.length === 0) throw new DataFormatError(file, 0, 'an archive with at least one JPEG or PNG image');
  return out;
}
