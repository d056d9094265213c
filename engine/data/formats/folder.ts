import { ConfigError, DataFormatError } from '../../errors.ts';
import { type ImageDataset, imageDataset } from '../dataset.ts';
import { gunzipStream } from './gzip.ts';
import { type ImageDecoder, isImageName, toGrey } from './image.ts';
import { type ResizeMethod, resizeImage } from './resize.ts';
import { readTar } from './tar.ts';

/** A file known by its path, read when needed: from an archive, a folder on disk or a folder that the user chose on a page. */
export interface ListedFile {
  readonly path: string;
  readonly bytes: () => Promise<Uint8Array>;
}

/** Images that can be gone through more than once: their names, then the content of those that are wanted, one file at a time. */
export interface ImageSource {
  /** Of image files only. */
  readonly paths: readonly string[];
  /** The wanted ones, in any order. */
  read(wanted: (path: string) => boolean): AsyncIterable<{ readonly path: string; readonly data: Uint8Array }>;
}

/** The images among files that are read one by one. */
export function listedImages(files: readonly ListedFile[]): ImageSource {
  const images = files.filter(({ path }) => isImageName(path));
  return {
    paths: images.map(({ path }) => path),
    async *read(wanted) {
      for (const { path, bytes } of images) if (wanted(path)) yield { path, data: await bytes() };
    },
  };
}

/**
 * The images of a tar archive, gzipped or not. It is read as a stream each time, first for the names, and never held.
 *
 * @param open the pieces of the archive, from its beginning
 * @param file its name, for messages
 * @param isWanted tells by path which image files count; all when left out
 * @throws DataFormatError when the archive is damaged or holds no image
 */
export async function tarImages(
  open: () => AsyncIterable<Uint8Array>,
  file: string,
  isWanted: (path: string) => boolean = () => true,
): Promise<ImageSource> {
  const counts = (path: string): boolean => isImageName(path) && isWanted(path);
  const paths: string[] = [];
  const note = (path: string): boolean => {
    if (counts(path)) paths.push(path);
    return false;
  };
  // Nothing is taken out: a pass over the headers.
  for await (const _ of readTar(gunzipStream(open(), file), file, note));
  if (paths.length === 0) throw new DataFormatError(file, 0, 'an archive with at least one JPEG or PNG image');
  return {
    paths,
    async *read(wanted) {
      const tar = readTar(gunzipStream(open(), file), file, (path) => counts(path) && wanted(path));
      for await (const { name, data } of tar) yield { path: name, data };
    },
  };
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
  /** Folder whose sub-folders are the classes, for example 'imagenette2-160/train'; found by itself when left out: of several the one named `train`. */
  readonly root?: string;
  /** At most so many images of each class, the first ones by name. */
  readonly perClass?: number;
  /** At most so many images in all, as many of each class as it allows, the first ones by name. */
  readonly most?: number;
  /** Names of the classes, in the alphabetical order of their folders; the folders' names when left out. */
  readonly classNames?: readonly string[];
  readonly onProgress?: (done: number, total: number) => void;
}

/** Folder that a file lies in: 'a/b/c.jpg' → 'a/b'. */
const folderOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** An image by its place: one path may be in two sources. */
interface Found {
  readonly source: number;
  readonly path: string;
}

/** The folder `train` that has class folders, where an archive has the splits of a set side by side. */
function trainingFolder(sources: readonly ImageSource[]): string | undefined {
  const parents = new Set(sources.flatMap(({ paths }) => paths.map((path) => folderOf(folderOf(path)))));
  const training = [...parents].filter((path) => /(^|\/)train$/.test(path));
  return parents.size > 1 && training.length === 1 ? training[0] : undefined;
}

/** Images by class folder, in alphabetical order of folders and files, whatever the order of the listing. */
function groupByClass(sources: readonly ImageSource[], root: string | undefined): Map<string, Found[]> {
  const images = sources
    .flatMap(({ paths }, source) => [...new Set(paths)].map((path): Found => ({ source, path })))
    .filter(({ path }) => root === undefined || path.startsWith(`${root}/`));
  const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  const groups = new Map<string, Found[]>();
  for (const found of images.sort((a, b) => compare(folderOf(a.path), folderOf(b.path)) || compare(a.path, b.path))) {
    const folder = folderOf(found.path);
    const group = groups.get(folder);
    if (group) group.push(found);
    else groups.set(folder, [found]);
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
export async function readClassFolders(
  files: readonly ListedFile[] | readonly ImageSource[],
  options: ClassFolderOptions,
): Promise<ImageDataset> {
  const { name, height, width, channels = 3, decode, method = 'area', root, perClass = Number.POSITIVE_INFINITY, most } = options;
  const sources = files.map((file) => ('paths' in file ? file : listedImages([file])));
  const groups = groupByClass(sources, root ?? trainingFolder(sources));
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
  const each = Math.min(perClass, most === undefined ? Number.POSITIVE_INFINITY : Math.ceil(most / folders.length));
  const chosen = folders.flatMap((folder, label) =>
    (groups.get(folder) ?? []).slice(0, each).map((found) => ({ ...found, label })),
  );
  const size = height * width * channels;
  const images = new Uint8Array(chosen.length * size);
  let done = 0;
  for (const [at, source] of sources.entries()) {
    const places = new Map(chosen.flatMap((found, index) => (found.source === at ? [[found.path, index] as const] : [])));
    if (places.size === 0) continue;
    for await (const { path, data } of source.read((candidate) => places.has(candidate))) {
      const image = resizeImage(await decode(data, path), height, width, method);
      images.set((channels === 1 ? toGrey(image) : image).data, (places.get(path) as number) * size);
      options.onProgress?.(++done, chosen.length);
    }
  }
  const half = new Array<number>(channels).fill(0.5);
  const info = { name, split: 'train', height, width, channels, classNames, mean: half, std: half };
  return imageDataset(
    info,
    images,
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
