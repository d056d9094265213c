/** Imagenette: class folders of photographs in an archive, which is read as a stream; packed as the JPEG files they are. */
import { createReadStream, existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { DATASETS, IMAGENETTE_FOLDERS } from '../../../engine/data/catalog.ts';
import { type ListedFile, listTarImages } from '../../../engine/data/formats/folder.ts';
import { isImageName } from '../../../engine/data/formats/image.ts';
import type { PackEntry } from '../../../engine/data/load.ts';
import { writeFilePack } from '../../../engine/data/pack.ts';
import { download, sha256OfFile } from './download.ts';
import { chosenFolder, dataFolder } from './folders.ts';
import type { SetRecord, WrittenFile } from './manifest.ts';
import { type Context, type Recipe, tooLarge, Unavailable, writeData } from './recipe.ts';

const ARCHIVE = 'imagenette2-160.tgz';
const ADDRESS = `https://s3.amazonaws.com/fast-ai-imageclas/${ARCHIVE}`;
const ARCHIVE_SHA256 = '64d0c4859f35a461889e0147755a999a48b49bf38a7e0f9bd27003f10db02fe5';
const DOWNLOAD = 99_003_388;

/** The same set at other sizes; the smallest is preferred. */
const STEMS = ['imagenette2-160', 'imagenette2-320', 'imagenette2'];

/** Folder of each split in the archive. */
const SPLITS = { train: 'train', test: 'val' } as const;

/** Images of the smaller packs, as many of every class. */
const SMALLER = { train: [1000], test: [200] } as const;

/** Multiplier of the hash that mixes positions: 2³² divided by the golden ratio (Knuth, The Art of Computer Programming 3, §6.4). */
const MIXING = 0x9e3779b1;

interface Found {
  readonly files: readonly ListedFile[];
  readonly source: string;
  readonly sources: Readonly<Record<string, string>>;
}

async function listFolder(folder: string): Promise<ListedFile[]> {
  const names = await readdir(folder, { recursive: true });
  return names
    .filter(isImageName)
    .map((name) => ({ path: name.split(sep).join('/'), bytes: () => readFile(join(folder, name)) }));
}

async function readArchive(path: string, source: string): Promise<Found> {
  const files = await listTarImages(createReadStream(path) as AsyncIterable<Uint8Array>, source);
  return { files, source, sources: { [source]: await sha256OfFile(path) } };
}

async function find(context: Context): Promise<Found> {
  const roots = [chosenFolder(), dataFolder, join(dataFolder, 'downloads')].flatMap((folder) => (folder ? [folder] : []));
  for (const stem of STEMS) {
    for (const root of roots) {
      const folder = join(root, stem);
      if (existsSync(join(folder, 'train'))) return { files: await listFolder(folder), source: `folder ${stem}`, sources: {} };
      const archive = join(root, `${stem}.tgz`);
      if (existsSync(archive)) return readArchive(archive, `${stem}.tgz`);
    }
  }
  if (context.maxDownload < DOWNLOAD) throw tooLarge({ name: 'imagenette', download: DOWNLOAD });
  const path = join(dataFolder, 'downloads', ARCHIVE);
  try {
    await download(path, [ADDRESS], ARCHIVE_SHA256, context.reporter);
  } catch (error) {
    throw new Unavailable((error as Error).message, true, { cause: error });
  }
  return readArchive(path, ARCHIVE);
}

/**
 * The files of a split with their labels, the classes taking turns, so that the first images are as many of each class. Within a class
 * the order is that of a hash of the position, because neighbours in the alphabet come from the same source.
 */
function takeTurns(files: readonly ListedFile[], split: string): { file: ListedFile; label: number }[] {
  const hash = (i: number): number => Math.imul(i + 1, MIXING) >>> 0;
  const groups = IMAGENETTE_FOLDERS.map((folder, label) => {
    const inside = files.filter(({ path }) => path.startsWith(`${split}/${folder}/`) || path.includes(`/${split}/${folder}/`));
    const sorted = [...inside].sort((a, b) => (a.path < b.path ? -1 : 1));
    return sorted
      .map((file, i) => ({ file, label, key: hash(i) }))
      .sort((a, b) => a.key - b.key)
      .map(({ file }) => ({ file, label }));
  });
  const longest = Math.max(...groups.map((group) => group.length));
  const turns = Array.from({ length: longest }, (_, i) => groups.flatMap((group) => group.slice(i, i + 1)));
  return turns.flat();
}

export const imagenette: Recipe = {
  name: 'imagenette',
  title: DATASETS.imagenette.title,
  download: DOWNLOAD,
  usual: false,
  async prepare(context): Promise<SetRecord> {
    const { files: listed, source, sources } = await find(context);
    const { classNames, mean, std, published } = DATASETS.imagenette;
    const files: WrittenFile[] = [];
    const packs: PackEntry[] = [];
    const counts: Record<string, number> = {};
    for (const split of ['train', 'test'] as const) {
      const all = takeTurns(listed, SPLITS[split]);
      if (all.length === 0)
        throw new Unavailable(`${source} has no images in ${SPLITS[split]}/${IMAGENETTE_FOLDERS[0]} …`, false);
      counts[split] = all.length;
      for (const count of [...SMALLER[split].filter((n) => n < all.length), all.length]) {
        const chosen = all.slice(0, count);
        const bytes = await Promise.all(chosen.map(({ file }) => file.bytes()));
        const labels = Uint8Array.from(chosen, ({ label }) => label);
        const file = count === all.length ? `imagenette-${split}.pack` : `imagenette-${split}-${count}.pack`;
        const info = { name: 'imagenette', split, classNames, mean, std, source };
        const written = await writeData(`packs/${file}`, writeFilePack(info, bytes, labels));
        files.push(written);
        packs.push({ file, name: 'imagenette', split, count, bytes: written.bytes, sha256: written.sha256 });
      }
    }
    const hash = Object.values(sources)[0];
    const verified = source === ARCHIVE ? hash === ARCHIVE_SHA256 : null;
    return { source, verified, counts, published, sources, files, packs, models: {} };
  },
};
