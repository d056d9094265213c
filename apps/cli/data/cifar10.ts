/** CIFAR-10 in the official binary format: an archive, or batch files of any number of records. */
import { createReadStream, existsSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DATASETS } from '../../../engine/data/catalog.ts';
import { concatenate, type ImageDataset, imageDataset } from '../../../engine/data/dataset.ts';
import { readCifar10 } from '../../../engine/data/formats/cifar.ts';
import { gunzipStream, maybeGunzip } from '../../../engine/data/formats/gzip.ts';
import { readTar } from '../../../engine/data/formats/tar.ts';
import { download, sha256 } from './download.ts';
import { chosenFolder, dataFolder, userPlaces } from './folders.ts';
import type { SetRecord } from './manifest.ts';
import { type Context, type Recipe, tooLarge, Unavailable, writePacks } from './recipe.ts';

const ARCHIVE = 'cifar-10-binary.tar.gz';
const ADDRESS = `https://www.cs.toronto.edu/~kriz/${ARCHIVE}`;
const ARCHIVE_SHA256 = 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd';
const DOWNLOAD = 170_052_171;

/** SHA-256 of the published batch files, uncompressed. */
const PUBLISHED: Readonly<Record<string, string>> = {
  'data_batch_1.bin': 'cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5',
  'data_batch_2.bin': 'a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed',
  'data_batch_3.bin': 'bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67',
  'data_batch_4.bin': '014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48',
  'data_batch_5.bin': '755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add',
  'test_batch.bin': '8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b',
};

const BATCH = /^(data_batch_\d+|test_batch)\.bin(\.gz)?$/;

/** Batch name without '.gz' → content. */
type Batches = Map<string, Uint8Array>;

async function batchesOfFolder(folder: string): Promise<Batches> {
  const out: Batches = new Map();
  if (!existsSync(folder)) return out;
  for (const file of readdirSync(folder)) {
    if (BATCH.test(file)) out.set(file.replace(/\.gz$/, ''), await maybeGunzip(await readFile(join(folder, file)), file));
  }
  return out;
}

async function batchesOfArchive(path: string): Promise<Batches> {
  const out: Batches = new Map();
  if (!existsSync(path)) return out;
  const stream = gunzipStream(createReadStream(path) as AsyncIterable<Uint8Array>, ARCHIVE);
  const base = (name: string): string => name.slice(name.lastIndexOf('/') + 1);
  for await (const { name, data } of readTar(stream, ARCHIVE, (entry) => BATCH.test(base(entry)))) out.set(base(name), data);
  return out;
}

const isComplete = (batches: Batches): boolean => batches.has('test_batch.bin') && batches.has('data_batch_1.bin');

async function find(context: Context): Promise<{ batches: Batches; source: string }> {
  for (const { folder, source } of userPlaces(['cifar-10-batches-bin', 'cifar-10'])) {
    const batches = await batchesOfFolder(folder);
    if (isComplete(batches)) return { batches, source };
  }
  const archive = join(dataFolder, 'downloads', ARCHIVE);
  const archives = [chosenFolder(), dataFolder].flatMap((folder) => (folder ? [join(folder, ARCHIVE)] : []));
  for (const path of [...archives, archive]) {
    const batches = await batchesOfArchive(path);
    if (isComplete(batches)) return { batches, source: `archive ${ARCHIVE}` };
  }
  if (context.maxDownload < DOWNLOAD) throw tooLarge({ name: 'cifar-10', download: DOWNLOAD });
  try {
    await download(archive, [ADDRESS], ARCHIVE_SHA256, context.reporter);
  } catch (error) {
    throw new Unavailable((error as Error).message, true, { cause: error });
  }
  return { batches: await batchesOfArchive(archive), source: `archive ${ARCHIVE}` };
}

async function readSplit(split: 'train' | 'test', batches: Batches): Promise<ImageDataset> {
  const { classNames, mean, std } = DATASETS['cifar-10'];
  const names = [...batches.keys()].filter((file) => file.startsWith('test') === (split === 'test')).sort();
  const parts: ImageDataset[] = [];
  for (const file of names) {
    const { height, width, channels, images, labels } = await readCifar10(batches.get(file) ?? new Uint8Array(0), file);
    parts.push(imageDataset({ name: 'cifar-10', split, height, width, channels, classNames, mean, std }, images, labels));
  }
  return concatenate(parts, 'cifar-10');
}

export const cifar10: Recipe = {
  name: 'cifar-10',
  title: DATASETS['cifar-10'].title,
  download: DOWNLOAD,
  usual: true,
  async prepare(context): Promise<SetRecord> {
    const { batches, source } = await find(context);
    const { published } = DATASETS['cifar-10'];
    const splits = { train: await readSplit('train', batches), test: await readSplit('test', batches) };
    const { files, packs } = await writePacks('cifar-10', splits, { train: [10000, 2000], test: [2000, 500] }, source);
    const counts = { train: splits.train.count, test: splits.test.count };
    const sources = Object.fromEntries([...batches].map(([file, bytes]) => [file, sha256(bytes)]));
    const verified = Object.entries(PUBLISHED).every(([file, hash]) => sources[file] === hash);
    const fewer = counts.train < published.train || counts.test < published.test;
    const note = fewer
      ? 'fewer images than published; results differ from those on the whole set'
      : 'the content differs from the published files';
    return { source, verified, counts, published, sources, files, packs, models: {}, ...(verified ? {} : { note }) };
  },
};
