/** The pictures of a run: training, validation and test set, drawn from a pack or from the reader's own files. */
import { type ImageDataset, shuffle, splitDataset, subset, take } from '../../../engine/data/dataset.ts';
import { loadDataset } from '../../../engine/data/load.ts';
import { uniformFrom } from '../../../engine/data/uniform.ts';
import { ConfigError, Generator } from '../../../engine/index.ts';
import type { ExperimentEvent, RunContext } from '../../runtime/experiment.ts';
import { readOwnImages } from '../../runtime/own-images.ts';
import { withProgress } from '../../runtime/progress.ts';
import type { Config } from './networks.ts';

export interface Pictures {
  readonly train: ImageDataset;
  /** Absent where nothing is held out. */
  readonly validation?: ImageDataset;
  readonly test: ImageDataset;
  /** Says what was asked for and is not there. */
  readonly note?: string;
}

/** Both streams of a run's shuffles; the orders of the epochs have streams of their own. */
const uniform = (seed: number, stream: string) => uniformFrom(new Generator(seed, stream));

/** Draws `images` + `validationImages` from what there is, keeping their ratio where it is less. */
function draw(all: ImageDataset, config: Config): Pick<Pictures, 'train' | 'validation' | 'note'> {
  const { images, validationImages, seed } = config;
  if (validationImages === 0) {
    const note = all.count < images ? `Only ${all.count} labelled images are here: all are trained on.` : undefined;
    return { train: take(shuffle(all, uniform(seed, 'split')), images), ...(note ? { note } : {}) };
  }
  const wanted = images + validationImages;
  const held =
    all.count >= wanted
      ? validationImages
      : Math.max(1, Math.floor((all.count * validationImages) / (images + validationImages)));
  const { train, validation } = splitDataset(all, held, uniform(seed, 'split'));
  const note =
    all.count >= wanted
      ? undefined
      : `Only ${all.count} labelled images are here: ${train.count} are trained on and ${validation.count} are held out.`;
  return { train: take(train, images), validation, ...(note ? { note } : {}) };
}

/** The reader's own files: one folder a class, a fifth of each class for the test. */
async function ownPictures(config: Config, context: RunContext<Config>, report: (share: number) => void): Promise<Pictures> {
  const { files } = context;
  if (files.size === 0) {
    throw new ConfigError(
      'dataset',
      'drop a folder of images (one folder for each class) or a .zip or .tgz of such folders first.',
    );
  }
  const size = { height: config.ownSide, width: config.ownSide, channels: config.ownColour ? 3 : 1 } as const;
  const all = await readOwnImages(files, size, report);
  const shuffled = shuffle(all, uniform(config.seed, 'own'));
  const tests = Math.max(1, Math.min(config.testImages, Math.floor(all.count / 5)));
  if (all.count < 10) throw new ConfigError('dataset', `needs at least 10 images in all, found ${all.count}.`);
  const indices = Array.from({ length: all.count }, (_, i) => i);
  const test = subset(shuffled, indices.slice(0, tests), 'test');
  return { ...draw(subset(shuffled, indices.slice(tests)), config), test };
}

/** Loads, shuffles and splits. @throws MissingDataError naming the command that prepares the set */
export async function* loadPictures(config: Config, context: RunContext<Config>): AsyncGenerator<ExperimentEvent, Pictures> {
  const { dataset } = config;
  if (dataset === 'own') return yield* withProgress('decode', '', (report) => ownPictures(config, context, report));
  const load = (split: 'train' | 'test', count: number) =>
    withProgress(`download ${split === 'train' ? 'training' : 'test'} images`, '', (report) =>
      loadDataset(dataset, {
        source: context.data,
        split,
        count,
        signal: context.signal,
        onProgress: (loaded, total) => report(total === undefined ? undefined : loaded / total),
      }),
    );
  const all = yield* load('train', config.images + config.validationImages);
  const test = yield* load('test', config.testImages);
  return { ...draw(all, config), test };
}
