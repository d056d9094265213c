/** The three-way split of MNIST, and the bugs that are put into what trains (LABS §4.1, §4.6). */
import { type ImageDataset, indicesWhere, subset } from '../../../engine/data/dataset.ts';
import { uniformFrom } from '../../../engine/data/uniform.ts';
import { Generator } from '../../../engine/index.ts';
import { mislabel, starve } from '../../../engine/repair/index.ts';
import { imageData, type TrainingData } from '../../../engine/train/data.ts';
import type { ConfigOf } from '../../runtime/schema.ts';
import type { schema } from './schema.ts';

export type Config = ConfigOf<typeof schema>;

/** Share of the pool's half that validates where bugs are not looked for on the test set. */
const VALIDATION = 1 / 6;

export interface Parts {
  /** What the network learns from, with the injected bug. */
  readonly train: ImageDataset;
  /** Images to repair with. */
  readonly pool: ImageDataset;
  /** Where bugs are looked for: held out of the pool, or the test set. */
  readonly evaluation: ImageDataset;
  readonly test: ImageDataset;
}

/** @param seed of the split */
export function split(images: ImageDataset, test: ImageDataset, config: Config, seed: number): Parts {
  const order = new Generator(seed, 'split').permutation(images.count);
  const half = Math.floor(images.count / 2);
  const held = config.selection === 'validation' ? Math.floor((images.count - half) * VALIDATION) : 0;
  const part = (from: number, to: number, name: ImageDataset['split']) => subset(images, order.subarray(from, to), name);
  return {
    train: spoil(part(0, half, 'train'), config, seed),
    pool: part(half + held, images.count, 'train'),
    evaluation: held > 0 ? part(half, half + held, 'validation') : test,
    test,
  };
}

/** The injected bug. @throws ConfigError where nothing would be left to train on */
function spoil(train: ImageDataset, { bug, bugLabel, kept, spoilt, mislabelAs }: Config, seed: number): ImageDataset {
  if (bug === 'starve') return subset(train, starve(train.labels, bugLabel, kept));
  if (bug === 'none') return train;
  const random = uniformFrom(new Generator(seed, 'mislabel'));
  const labels = mislabel(train.labels, { label: bugLabel, share: spoilt, to: mislabelAs, random });
  return { ...train, labels: Uint8Array.from(labels) };
}

/** What the reader should know of the data: labels that are missing somewhere. */
export function remarks({ train, evaluation, pool }: Parts, { bug, bugLabel, mislabelAs }: Config): string[] {
  const missing = (set: ImageDataset) =>
    set.classNames.flatMap((_, label) => (indicesWhere(set, (l) => l === label).length === 0 ? [label] : []));
  const list = (labels: readonly number[]) => `${labels.length > 1 ? 'labels' : 'label'} ${labels.join(', ')}`;
  const said: string[] = [];
  const [untrained, unseen, unavailable] = [missing(train), missing(evaluation), missing(pool)];
  if (untrained.length > 0) {
    said.push(`No image of ${list(untrained)} is left to train on: where bugs are looked for decides alone whether it is one.`);
  }
  if (unseen.length > 0) said.push(`No image of ${list(unseen)} is where bugs are looked for: no bug of it can be found.`);
  if (unavailable.length > 0) said.push(`No image of ${list(unavailable)} is in the pool: nothing there can repair it.`);
  if (bug === 'mislabel' && bugLabel === mislabelAs) said.push(`A ${bugLabel} that is called ${mislabelAs} is no bug.`);
  return said;
}

/** Pixels as [0, 1], as published. */
export const pixels = (set: ImageDataset): TrainingData => imageData(set, { normalisation: null });
