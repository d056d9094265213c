/** The spurious-cue studio: digits in two classes, a coloured square that goes with one of them, and tests without it or against it. */
import { lowerOrUpper, type SpuriousSquare, spuriousSquare, toColour } from '../../../engine/data/corruptions.ts';
import { type ImageDataset, subset } from '../../../engine/data/dataset.ts';
import { loadDataset } from '../../../engine/data/load.ts';
import { uniformFrom } from '../../../engine/data/uniform.ts';
import { Generator } from '../../../engine/random.ts';
import type { Region } from '../../../engine/repair/controls.ts';
import { groupSizes } from '../../../engine/repair/groups.ts';
import { imageData, type TrainingData } from '../../../engine/train/data.ts';
import type { PlainEvent, RunContext } from '../../runtime/experiment.ts';
import type { ConfigOf } from '../../runtime/schema.ts';
import { SIDE } from './network.ts';
import type { schema } from './schema.ts';
import { GROUPS } from './worst-group.ts';

export type Config = ConfigOf<typeof schema>;

const COLOURS = { blue: [0, 0, 255], red: [255, 0, 0], green: [0, 255, 0], white: [255, 255, 255] } as const;

/** The digits before anything is planted: two classes, three channels. */
export interface Digits {
  readonly train: ImageDataset;
  readonly test: ImageDataset;
}

export interface Studio {
  readonly images: ImageDataset;
  readonly train: TrainingData;
  /** Of each training image. */
  readonly groups: Int32Array<ArrayBuffer>;
  /** Training images of each group. */
  readonly sizes: readonly number[];
  /** Test images without and with the cue. */
  readonly raw: ImageDataset;
  readonly marked: ImageDataset;
  /** Where the cues stand. */
  readonly regions: readonly Region[];
  /** Which of these cues each training image carries: bit r for region r. */
  readonly carries: Uint8Array<ArrayBuffer>;
}

export async function* loadDigits(config: Config, context: RunContext<Config>): AsyncGenerator<PlainEvent, Digits> {
  yield { type: 'phase', name: 'download' };
  const fetched = async (split: 'train' | 'test', count: number) =>
    toColour(lowerOrUpper(await loadDataset('mnist', { source: context.data, signal: context.signal, split, count })));
  return { train: await fetched('train', config.images), test: await fetched('test', config.testImages) };
}

/** Byte values are divided by 255 and no more, as published. */
export const asData = (set: ImageDataset): TrainingData => imageData(set, { normalisation: null });

/** The squares of a run: the first where the reader put it, moved inside where it would stick out; the second in the opposite corner. */
export function squaresOf(config: Config): Pick<SpuriousSquare, 'row' | 'col' | 'size' | 'colour'>[] {
  const { size, secondCue } = config;
  const inside = (at: number) => Math.min(at, SIDE - size);
  const first = { row: inside(config.row), col: inside(config.column), size, colour: COLOURS[config.colour] };
  if (!secondCue) return [first];
  const colour = COLOURS[config.colour === 'green' ? 'red' : 'green'];
  return [first, { row: SIDE - size - first.row, col: SIDE - size - first.col, size, colour }];
}

/** Numbers that make `spuriousSquare` mark the first images of each class in file order, as the paper's code does. */
function inOrder({ labels }: ImageDataset, probability: readonly number[]): () => number {
  const totals = probability.map((_, label) => labels.filter((l) => l === label).length);
  const seen = probability.map(() => 0);
  const numbers: number[] = [];
  for (const label of labels) {
    const share = probability[label] as number;
    // Of a class where all or none are marked nothing is drawn.
    if (share <= 0 || share >= 1) continue;
    numbers.push((seen[label] as number) / (totals[label] as number));
    seen[label] = (seen[label] as number) + 1;
  }
  let next = 0;
  return () => numbers[next++] as number;
}

/** @param seed of the draws */
export function plant(digits: Digits, config: Config, seed: number): Studio {
  const probability = [config.mix0, config.mix1];
  const squares = squaresOf(config);
  let [images, marked] = [digits.train, digits.test];
  const carries = new Uint8Array(images.count);
  squares.forEach((square, number) => {
    const drawn = uniformFrom(new Generator(seed, `square ${number}`));
    const uniform = config.mixing === 'first in file order' ? inOrder(digits.train, probability) : drawn;
    const planted = spuriousSquare(images, { ...square, probability, uniform });
    planted.carries.forEach((carried, i) => {
      carries[i] = (carries[i] as number) | (carried << number);
    });
    images = planted.dataset;
    marked = spuriousSquare(marked, { ...square, probability: [1, 1] }).dataset;
  });
  const groups = Int32Array.from(images.labels, (label, i) => 2 * label + (carries[i] === 0 ? 0 : 1));
  const regions = squares.map(({ row, col, size }) => ({ top: row, left: col, height: size, width: size }));
  const sizes = groupSizes(groups, 4);
  return { images, train: asData(images), groups, sizes, raw: digits.test, marked, regions, carries };
}

/** Training images that no method is trained on but for a new last layer: they judge. */
export interface HeldOutImages {
  readonly data: TrainingData;
  readonly groups: Int32Array<ArrayBuffer>;
}

/** How many images the repair table holds out: no more than half. */
export const heldOutCount = ({ heldOut, images }: Pick<Config, 'heldOut' | 'images'>): number =>
  Math.min(heldOut, Math.floor(images / 2));

/** Draws images to hold out of the training set; the others stay in the order of the file. */
export function holdOut(studio: Studio, count: number, seed: number): { studio: Studio; heldOut: HeldOutImages } {
  const order = new Generator(seed, 'held out').permutation(studio.images.count);
  const part = (indices: Uint32Array) => {
    const images = subset(studio.images, indices.sort());
    return { images, data: asData(images), groups: Int32Array.from(indices, (i) => studio.groups[i] as number) };
  };
  const heldOut = part(order.slice(0, count));
  const left = order.slice(count);
  const { images, data: train, groups } = part(left);
  const carries = Uint8Array.from(left, (i) => studio.carries[i] as number);
  return { studio: { ...studio, images, train, groups, sizes: groupSizes(groups, 4), carries }, heldOut };
}

/** The two groups that speak against the shortcut: the square is rarer in one class than in the other. None where it is as frequent in both. */
export function minorityOf([zero = 0, zeroSquare = 0, one = 0, oneSquare = 0]: readonly number[]): readonly number[] {
  const excess = zeroSquare * one - oneSquare * zero;
  if (excess === 0) return [];
  return excess > 0 ? [0, 3] : [1, 2];
}

const say = (level: 'warning' | 'note', message: string): PlainEvent => ({ type: 'status', level, message });
const namesOf = (groups: readonly number[]): string => groups.map((group) => `‘${GROUPS[group]}’`).join(' and ');

/** What there is to learn besides the digits, and what speaks against it. */
function shortcutRemark({ sizes }: Pick<Studio, 'sizes'>, { mix0, mix1 }: Pick<Config, 'mix0' | 'mix1'>): string | undefined {
  if (sizes[1] === 0 && sizes[3] === 0) {
    return 'No training image carries the square: there is no shortcut to learn, and masks find none.';
  }
  if (sizes[0] === 0 && sizes[2] === 0) return 'Every training image carries the square: there is no shortcut to learn.';
  const minority = minorityOf(sizes);
  if (mix0 === mix1 || minority.length === 0) {
    return 'The square is as frequent on 0–4 as on 5–9: it says nothing of the class, and there is no shortcut to learn.';
  }
  const empty = GROUPS.flatMap((_, group) => (sizes[group] === 0 ? [group] : []));
  if (empty.length === 0) return undefined;
  const lacks = `The training set has no image of the group ${namesOf(empty)}.`;
  const against = minority.filter((group) => sizes[group] !== 0);
  return against.length === 0
    ? `${lacks} Nothing there speaks against the shortcut; methods that weight groups have nothing to weight up.`
    : `${lacks} Against the shortcut speak its images of the group ${namesOf(against)}: methods that weight groups weight up these alone.`;
}

/** What a reader should know before believing the numbers of this mix. */
export function* remarks(studio: Pick<Studio, 'sizes'>, config: Config): IterableIterator<PlainEvent> {
  const squares = squaresOf(config);
  if (squares[0]?.row !== config.row || squares[0]?.col !== config.column) {
    yield say('note', `The square would not fit there: it stands at row ${squares[0]?.row}, column ${squares[0]?.col}.`);
  }
  const message = shortcutRemark(studio, config);
  if (message) yield say('warning', message);
}

/**
 * As `remarks`, of a seed of a repair table: what an earlier seed had said already is not said again.
 * @param said grows by what is said here
 */
export function* tableRemarks(
  studio: Pick<Studio, 'sizes'>,
  { data, groups }: { readonly data: Pick<TrainingData, 'count'>; readonly groups: ArrayLike<number> },
  config: Config,
  seed: number,
  said: Set<string>,
): IterableIterator<PlainEvent> {
  const found = [...remarks(studio, config)];
  if (data.count < config.heldOut) {
    found.push(say('note', `No more than half of the images can be held out: ${data.count} are.`));
  }
  const present = new Set(Array.from(groups));
  const empty = GROUPS.flatMap((_, group) => (studio.sizes[group] !== 0 && !present.has(group) ? [group] : []));
  if (empty.length > 0) {
    const message = `No held-out image is of the group ${namesOf(empty)}: a new last layer cannot balance it, nor can it judge.`;
    found.push(say('warning', message));
  }
  for (const event of found) {
    if (event.type !== 'status' || said.has(event.message)) continue;
    said.add(event.message);
    yield seed === config.seed ? event : { ...event, message: `Seed ${seed}: ${event.message}` };
  }
}
