/** Measures of one row of the bench: numbers for each image. */
import { noGrad } from '../../autodiff.ts';
import { scope } from '../../memory.ts';
import type { Network } from '../../nn/network.ts';
import { affine, slice } from '../../ops/index.ts';
import { Generator } from '../../random.ts';
import { type Tensor, zeros } from '../../tensor.ts';
import { rankCorrelation, tiedRanks } from '../correlation.ts';
import { classScores, infidelityOf, maxSensitivity, type SquareEffects } from '../faithfulness.ts';
import { blur } from '../features/penalties.ts';
import { type CueImages, withoutCue } from './cue.ts';
import type { BenchRow, RowContext } from './methods.ts';
import type { Perturbations } from './perturbations.ts';

/** How much is measured. */
export interface BenchEffort {
  /** Portions of deletion and insertion. */
  readonly portions: number;
  /** Random squares of infidelity. */
  readonly squares: number;
  /** Noisy copies of max-sensitivity, and their largest change of a pixel. */
  readonly copies: number;
  readonly radius: number;
  /** Images that the last two columns and completeness are measured on: they explain each image several times. */
  readonly fewer: number;
  /** Value of a black pixel and of the mean grey. */
  readonly black: number;
  readonly grey: number;
  readonly seed: number;
}

/** What all rows are measured on. */
export interface Setup {
  readonly network: Network;
  readonly images: CueImages;
  /** The first of them. */
  readonly few: CueImages;
  readonly context: RowContext;
  readonly effort: BenchEffort;
  /** S_c(x) − S_c(x without the cue) of each image. */
  readonly effects: Float32Array;
  /** Infidelity's squares, the same for all rows. */
  readonly squares: SquareEffects;
  readonly perturbations: Perturbations;
  dispose(): void;
}

/** Numbers of one row: a value for each image by column. `predicted` is ΣΦ on the cue, `total` ΣΦ over the image. */
export type RowValues = Readonly<Record<string, ArrayLike<number>>> &
  Readonly<Record<'predicted' | 'total' | 'share', ArrayLike<number>>>;

const PASSES = 12;

/** A copy in which strokes have run into each other: 12 passes of 3×3 on black ground. */
export function blurredCopy(x: Tensor, black: number): Tensor {
  return noGrad(() =>
    scope(() => {
      let image = affine(x.detach(), 1, -black);
      for (let pass = 0; pass < PASSES; pass++) image = blur(image);
      return affine(image, 1, black);
    }),
  );
}

/** S_c(x) − S_c(x without the cue), on the host. */
export async function measuredEffects(network: Network, images: CueImages): Promise<Float32Array> {
  const { x, targets } = images;
  const [before, after] = [classScores(network, x, targets), scope(() => classScores(network, withoutCue(images, x), targets))];
  const [a, b] = await Promise.all([before.data(), after.data()]);
  for (const scores of [before, after]) scores.dispose();
  return a.map((value, i) => value - (b[i] as number));
}

/** Map of each image. */
const mapsOf = (values: Float32Array, count: number): Float32Array[] => {
  const size = values.length / count;
  return Array.from({ length: count }, (_, i) => values.subarray(i * size, (i + 1) * size));
};

const sumOf = (values: ArrayLike<number>): number => Array.from(values).reduce((a, b) => a + b, 0);
const onCue = (values: ArrayLike<number>, cue: Uint8Array): number =>
  cue.reduce((sum, one, at) => sum + (one ? (values[at] as number) : 0), 0);

/** Share of |Φ| on the cue: the share of its area for a map without any value. */
export function shares(values: Float32Array, { cue }: CueImages): number[] {
  return mapsOf(values, cue.length).map((map, i) => {
    const magnitudes = map.map(Math.abs);
    const total = sumOf(magnitudes);
    const pixels = cue[i] as Uint8Array;
    return total > 0 ? onCue(magnitudes, pixels) / total : sumOf(pixels) / pixels.length;
  });
}

/** Mean rank by |Φ| of the cue's pixels. Equal values share their rank: a map that is the same everywhere knows as little as chance. */
function cueRanks(values: Float32Array, { cue }: CueImages): number[] {
  return mapsOf(values, cue.length).map((map, i) => {
    const pixels = cue[i] as Uint8Array;
    return map.length + 1 - onCue(tiedRanks(map.map(Math.abs)), pixels) / sumOf(pixels);
  });
}

/** Position of each pixel in the order of its map, the strongest 0; equal values in random order, so that no row gains by how pixels are stored. */
function ranksWithoutTies(values: Float32Array, count: number, seed: number): Float32Array<ArrayBuffer> {
  const ranks = new Float32Array(values.length);
  const rng = new Generator(seed, 'ties');
  mapsOf(values, count).forEach((map, i) => {
    const chance = rng.uniform(map.length);
    const order = Uint32Array.from(map, (_, at) => at).sort(
      (a, b) => (map[b] as number) - (map[a] as number) || (chance[b] as number) - (chance[a] as number),
    );
    order.forEach((pixel, rank) => {
      ranks[i * map.length + pixel] = rank;
    });
  });
  return ranks;
}

/** E[(βΣ_MΦ − ΔS)²]/E[ΔS²] of each image; 1 where no square costs anything. */
async function unexplainedShare(maps: Tensor, squares: SquareEffects): Promise<number[]> {
  const { scaled } = await infidelityOf(maps, squares);
  const samples = squares.places.length / 2;
  return Array.from(scaled, (left, i) => {
    let all = 0;
    for (let s = 0; s < samples; s++) all += (squares.effects[s * scaled.length + i] as number) ** 2 / samples;
    return all > 0 ? left / all : 1;
  });
}

/** The first maps [count, H, W]. */
const firstMaps = (maps: Tensor, count: number): Tensor =>
  scope(() => slice(maps.detach(), [0, 0, 0], [count, ...(maps.shape.slice(1) as [number, number])]));

async function sensitivity(row: BenchRow, origin: Tensor, { network, few, context, effort }: Setup): Promise<Float32Array> {
  const { radius, copies: samples } = effort;
  const explain = (x: Tensor) => row.explain(network, few, x, context);
  const worst = maxSensitivity(few.x, explain, { radius, samples, rng: context.rng, origin });
  const values = await worst.data();
  worst.dispose();
  return values;
}

/** Rank correlation of |Φ| with the map at the end of the cascade, when all layers are random (see `randomisationCascade`). */
async function afterRandomisation(row: BenchRow, values: Float32Array, { few, context }: Setup): Promise<readonly number[]> {
  const random = row.explain(context.random, few, few.x, context);
  const after = mapsOf(await random.data(), few.targets.length);
  random.dispose();
  const [size = 0] = [after[0]?.length];
  return after.map((map, i) => rankCorrelation(values.subarray(i * size, (i + 1) * size).map(Math.abs), map.map(Math.abs)));
}

/** All measures of a row. Yields the share that is done. */
export async function* measureRow(row: BenchRow, setup: Setup): AsyncGenerator<number, RowValues> {
  const { network, images, few, context, effort, perturbations, squares } = setup;
  const maps = row.explain(network, images, images.x, context);
  try {
    const values = await maps.data();
    const own = mapsOf(values, images.targets.length);
    yield 0.1;
    const areas = perturbations.areas(ranksWithoutTies(values, own.length, effort.seed));
    let step = await areas.next();
    for (; !step.done; step = await areas.next()) yield 0.1 + 0.5 * step.value;
    const infidelity = await unexplainedShare(maps, squares);
    yield 0.6;
    const origin = firstMaps(maps, few.targets.length);
    const sensitive = await sensitivity(row, origin, setup);
    origin.dispose();
    yield 0.8;
    return {
      ...step.value,
      infidelity,
      share: shares(values, images),
      rank: cueRanks(values, images),
      predicted: own.map((map, i) => onCue(map, images.cue[i] as Uint8Array)),
      total: own.map(sumOf),
      sensitivity: sensitive,
      randomisation: await afterRandomisation(row, values, setup),
    };
  } finally {
    maps.dispose();
  }
}

/** ΣΦ of integrated gradients with so many nodes, of the first images. */
export async function totalsOf(row: BenchRow, { network, few, context }: Setup, nodes: number): Promise<number[]> {
  const maps = row.explain(network, few, few.x, { ...context, nodes });
  const values = await maps.data();
  maps.dispose();
  return mapsOf(values, few.targets.length).map(sumOf);
}

/** S_c(x) − S_c(0), what a complete map adds up to. */
export async function wholeChange(network: Network, { x, targets }: CueImages): Promise<Float32Array> {
  const start = zeros(x.shape, { device: x.device });
  const [at, from] = [classScores(network, x, targets), classScores(network, start, targets)];
  const [a, b] = await Promise.all([at.data(), from.data()]);
  for (const made of [start, at, from]) made.dispose();
  return a.map((value, i) => value - (b[i] as number));
}
