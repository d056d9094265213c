import { ConfigError, DataFormatError, MissingDataError } from '../errors.ts';
import { isCount, isRecord, parseJson } from '../json.ts';
import { DATASETS, type DatasetName } from './catalog.ts';
import { type ImageDataset, imageDataset, take } from './dataset.ts';
import { concatBytes } from './formats/bytes.ts';
import type { ImageDecoder } from './formats/image.ts';
import { type ResizeMethod, resizeImage } from './formats/resize.ts';
import { packContent, readFilePack, readPixelPack } from './pack.ts';
import type { DataSource, ReadOptions } from './source.ts';

/** Name of the index file in the folder of packs. */
export const INDEX_FILE = 'index.json';

/** One pack as the index lists it. */
export interface PackEntry {
  readonly file: string;
  readonly name: DatasetName;
  readonly split: 'train' | 'test';
  /** Images in the pack; the same first images as in the larger packs of the split. */
  readonly count: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** What `npm run data` has prepared. */
export interface PackIndex {
  readonly version: 1;
  readonly packs: readonly PackEntry[];
  /** Trained networks: name → file. */
  readonly models: Readonly<Record<string, { readonly file: string; readonly bytes: number; readonly sha256: string }>>;
}

/** Options of `loadDataset`. */
export interface LoadOptions extends ReadOptions {
  readonly source: DataSource;
  readonly split?: 'train' | 'test';
  /** How many images are wanted, the first ones of the split; the smallest pack that has them is read. All when left out. */
  readonly count?: number;
  /** For sets of photographs of varying size: the size to stretch to, and what decodes them. */
  readonly photos?: {
    readonly height: number;
    readonly width: number;
    readonly decode: ImageDecoder;
    readonly method?: ResizeMethod;
  };
}

/** The command that prepares a set or network. */
export const commandFor = (name: string): string => `npm run data -- --set ${name}`;

/**
 * Reads the index of the packs.
 *
 * @throws MissingDataError when nothing has been prepared; DataFormatError when the index is damaged
 */
export async function loadIndex(source: DataSource, signal?: AbortSignal): Promise<PackIndex> {
  const bytes = await source.read(INDEX_FILE, signal ? { signal } : {});
  if (!bytes) throw new MissingDataError('index of all data', 'npm run data');
  const index = parseJson(new TextDecoder().decode(bytes), INDEX_FILE, 0, 'JSON');
  if (isRecord(index) && index.version === 1 && isPacks(index.packs) && isModels(index.models)) {
    return { version: 1, packs: index.packs, models: index.models };
  }
  throw new DataFormatError(INDEX_FILE, 0, 'an index of version 1 with packs and models');
}

const isPacks = (value: unknown): value is PackIndex['packs'] =>
  Array.isArray(value) &&
  value.every(
    (pack) =>
      isRecord(pack) && [pack.file, pack.name, pack.split].every((text) => typeof text === 'string') && isCount(pack.count),
  );

const isModels = (value: unknown): value is PackIndex['models'] =>
  isRecord(value) && Object.values(value).every((model) => isRecord(model) && typeof model.file === 'string');

/** The smallest pack that holds `count` images of a split, or the largest there is when none has as many. */
function choosePack(index: PackIndex, name: DatasetName, split: string, count: number): PackEntry {
  const packs = index.packs.filter((pack) => pack.name === name && pack.split === split).sort((a, b) => a.count - b.count);
  const pack = packs.find((candidate) => candidate.count >= count) ?? packs.at(-1);
  if (!pack) throw new MissingDataError(name, commandFor(name));
  return pack;
}

/** Reads a file that the index names. */
export async function readEntry(source: DataSource, name: string, file: string, options: ReadOptions): Promise<Uint8Array> {
  const bytes = await source.read(file, options);
  if (!bytes) throw new MissingDataError(name, commandFor(name));
  return bytes;
}

/**
 * Loads one split of an image set from the packs that `npm run data` makes.
 *
 * The number of images can be smaller than the published set's: see `count` of the result, and `DATASETS[name].published`.
 *
 * @param name which set
 * @throws MissingDataError where the set has not been prepared (its message names the command); DataFormatError for a damaged pack;
 *   ConfigError for unknown names or where photographs need a size
 */
export async function loadDataset(name: DatasetName, options: LoadOptions): Promise<ImageDataset> {
  const { source, split = 'train', count = Number.POSITIVE_INFINITY, photos, signal } = options;
  if (!Object.hasOwn(DATASETS, name))
    throw new ConfigError('name', `must be one of ${Object.keys(DATASETS).join(', ')}, got '${name}'`);
  const pack = choosePack(await loadIndex(source, signal), name, split, count);
  const bytes = await readEntry(source, name, pack.file, options);
  if (packContent(bytes, pack.file) === 'pixels') return take(await readPixelPack(bytes, pack.file), count);
  if (!photos)
    throw new ConfigError('photos', `is needed for '${name}', whose images vary in size: give height, width and decode`);
  const { header, labels, files } = readFilePack(bytes, pack.file);
  const wanted = Math.min(count, header.count);
  const { height, width } = photos;
  const images: Uint8Array[] = [];
  for (let n = 0; n < wanted; n++) {
    const image = await photos.decode(files[n] as Uint8Array, `${pack.file} image ${n}`);
    images.push(resizeImage(image, height, width, photos.method ?? 'area').data);
    signal?.throwIfAborted();
  }
  return imageDataset({ ...header, height, width, channels: 3 }, concatBytes(images), new Uint8Array(labels.subarray(0, wanted)));
}
