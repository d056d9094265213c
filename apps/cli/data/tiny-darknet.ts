/** Tiny Darknet: a small ImageNet classifier, published as a TensorFlow.js layers model; turned into one safetensors file for the site. */
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { PretrainedMetadata } from '../../../engine/io/pretrained.ts';
import { type SafetensorsTensor, writeSafetensors } from '../../../engine/io/safetensors.ts';
import { readTfjsLayersModel, tfjsShards } from '../../../engine/io/tfjs-layers.ts';
import { download } from './download.ts';
import { dataFolder, type Place, userPlaces } from './folders.ts';
import type { SetRecord, WrittenFile } from './manifest.ts';
import { type Context, type Recipe, tooLarge, Unavailable, writeData } from './recipe.ts';

const NAME = 'tiny-darknet';
const DOWNLOAD = 4_300_000;
const MODEL_FOLDERS = [
  'https://raw.githubusercontent.com/ml5js/ml5-data-and-models/master/models/darknetclassifier/darknettiny/',
  'https://cdn.jsdelivr.net/gh/ml5js/ml5-data-and-models@master/models/darknetclassifier/darknettiny/',
];
/** Darknet's list of ImageNet names; the first 1000 are the classes of the network, in its order. */
const NAMES = ['https://raw.githubusercontent.com/pjreddie/darknet/master/data/imagenet.shortnames.list'];
const CLASSES = 1000;

/** SHA-256 of model.json followed by the shards in the manifest's order, and of the class names joined by line feeds. */
const MODEL_SHA256 = 'f766be97d4c2be383b5cae35200103820ddfd36148dc07e392b7e1d645833567';
const NAMES_SHA256 = '8b07d648a62585af7dca08818a1b15bf33305e9fda726417b842c06906fdb0a9';

const digest = (parts: readonly (Uint8Array | string)[]): string => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest('hex');
};

/** A copy of the model: its files by name, the class names among them. */
interface Copy {
  readonly source: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly classNames: readonly string[];
}

async function readCopy(place: Place): Promise<Copy | undefined> {
  const path = (file: string): string => join(place.folder, file);
  if (!existsSync(path('model.json')) || !existsSync(path('labels.txt'))) return undefined;
  const model = await readFile(path('model.json'));
  const shards = tfjsShards(model);
  if (!shards.every((shard) => existsSync(path(shard)))) return undefined;
  const files = new Map<string, Uint8Array>([['model.json', model]]);
  for (const shard of shards) files.set(shard, await readFile(path(shard)));
  const labels = await readFile(path('labels.txt'));
  files.set('labels.txt', labels);
  const classNames = labels.toString('utf8').split(/\r?\n/).slice(0, CLASSES);
  return { source: place.source, files, classNames };
}

async function fromNetwork({ maxDownload, reporter }: Context): Promise<Copy> {
  if (maxDownload < DOWNLOAD) throw tooLarge({ name: NAME, download: DOWNLOAD });
  const folder = join(dataFolder, 'downloads', NAME);
  const get = async (file: string, urls: readonly string[]): Promise<void> => {
    if (!existsSync(join(folder, file))) await download(join(folder, file), urls, null, reporter);
  };
  try {
    await get('labels.txt', NAMES);
    const beside = (file: string): string[] => MODEL_FOLDERS.map((base) => base + file);
    await get('model.json', beside('model.json'));
    for (const shard of tfjsShards(await readFile(join(folder, 'model.json')))) await get(shard, beside(shard));
  } catch (error) {
    throw new Unavailable((error as Error).message, true, { cause: error });
  }
  const copy = await readCopy({ folder, source: 'download', chosen: false });
  if (!copy || !isPublished(copy)) {
    await rm(folder, { recursive: true, force: true });
    throw new Unavailable('what the network sent is not the published network', true);
  }
  return copy;
}

const hashesOf = ({ files, classNames }: Copy): { model: string; names: string } => ({
  model: digest([...files].filter(([file]) => file !== 'labels.txt').map(([, bytes]) => bytes)),
  names: digest([classNames.join('\n')]),
});

const isPublished = (copy: Copy): boolean => {
  const { model, names } = hashesOf(copy);
  return model === MODEL_SHA256 && names === NAMES_SHA256;
};

async function find(context: Context): Promise<Copy> {
  for (const place of userPlaces([NAME])) {
    const copy = await readCopy(place);
    if (copy && (place.chosen || isPublished(copy))) return copy;
  }
  return fromNetwork(context);
}

export const tinyDarknet: Recipe = {
  name: NAME,
  title: 'Tiny Darknet',
  download: DOWNLOAD,
  usual: true,
  async prepare(context): Promise<SetRecord> {
    const copy = await find(context);
    const model = copy.files.get('model.json') ?? new Uint8Array(0);
    const readShard = async (path: string): Promise<Uint8Array> => copy.files.get(path) ?? new Uint8Array(0);
    const { network, state, inputShape } = await readTfjsLayersModel(model, readShard, `${NAME}/model.json`);
    const metadata: Record<keyof PretrainedMetadata, string> = {
      network: JSON.stringify(network),
      inputShape: JSON.stringify(inputShape),
      classNames: JSON.stringify(copy.classNames),
      mean: '[0,0,0]',
      std: '[1,1,1]',
      source: 'Tiny Darknet (J. Redmon, public domain), as converted in github.com/ml5js/ml5-data-and-models (MIT)',
    };
    const tensors = [...state].map(([key, tensor]): [string, SafetensorsTensor] => [key, { dtype: 'F32', ...tensor }]);
    const packed = await writeData(`packs/${NAME}.safetensors`, writeSafetensors(tensors, metadata));
    const files: WrittenFile[] = [packed];
    // The files as published, for tests of the importer; skipped where they are already at their place.
    for (const [file, bytes] of copy.source === `data/${NAME}` ? [] : copy.files)
      files.push(await writeData(`${NAME}/${file}`, bytes));
    const models = { [NAME]: { file: `${NAME}.safetensors`, bytes: packed.bytes, sha256: packed.sha256 } };
    const verified = isPublished(copy);
    const note = verified ? {} : { note: 'the content differs from the published network' };
    return { source: copy.source, verified, sources: hashesOf(copy), files, packs: [], models, ...note };
  },
};
