/** Measures of one row of the bench: numbers for each image. */
import { noGrad } from '../../autodiff.ts';
import { scope } from '../../memory.ts';
import type { Network } from '../../nn/network.ts';
import { affine } from '../../ops/index.ts';
import { Generator } from '../../random.ts';
import { type Tensor, tensor, zeros } from '../../tensor.ts';
import { classScores, cueScore, infidelity, maxSensitivity, rankCorrelation, tiedRanks } from '../faithfulness.ts';
import { blur } from '../features/penalties.ts';
import { deletion, type Fill, insertion } from '../perturbation.ts';
import { type FillName, fillNames } from './columns.ts';
import { type CueImages, withoutCue } from './cue.ts';
import type { BenchRow, RowContext } from './methods.ts';

/** How much is measured. */
export interface BenchEffort {
  /** Portions of deletion and insertion. */
  readonly portions: number;
  /** Random squares of infidelity. */
  readonly squares: number;
  /** Noisy copies of max-sensitivity, and their largest change of a pixel. */
  readonly copies: number;
  readonly radius: number;
  /** Images that the last two columns are measured on: they explain each image several times. */
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
  /** E[ΔS²] of infidelity's squares: what a map without any value leaves. */
  readonly unexplained: Float32Array;
  readonly fills: Readonly<Record<FillName, Fill>>;
}

/** Numbers of one row: a value for each image by column. `predicted` is ΣΦ on the cue. */
export type RowValues = Readonly<Record<string, ArrayLike<number>>> & { readonly predicted: ArrayLike<number> };

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

/** Share of |Φ| on the cue, mean rank of its pixels, and the sum of Φ there. */
export async function localisation(maps: Tensor, { cue }: CueImages) {
  const values = await maps.data();
  const size = values.length / cue.length;
  const rows = cue.map((pixels, i) => {
    const map = values.subarray(i * size, (i + 1) * size);
    const { share, chance } = cueScore(map, pixels);
    // Equal values share their rank: a map that is the same everywhere knows as little as chance.
    const ranks = tiedRanks(map.map(Math.abs));
    const onCue = (values: ArrayLike<number>) => pixels.reduce((sum, one, at) => sum + (one ? (values[at] as number) : 0), 0);
    return { share, rank: size + 1 - onCue(ranks) / (chance * size), sum: onCue(map) };
  });
  return { share: rows.map((r) => r.share), rank: rows.map((r) => r.rank), predicted: rows.map((r) => r.sum) };
}

/** Ranks of the maps with equal values in random order, so that no row gains by the order in which pixels are stored. */
async function withoutTies(maps: Tensor, seed: number): Promise<Tensor> {
  const [n, h, w] = maps.shape as [number, number, number];
  const values = await maps.data();
  const ranks = new Float32Array(values.length);
  const rng = new Generator(seed, 'ties');
  for (let i = 0; i < n; i++) {
    const own = values.subarray(i * h * w, (i + 1) * h * w);
    const chance = rng.uniform(h * w);
    const order = Array.from(own, (_, at) => at).sort(
      (a, b) => (own[a] as number) - (own[b] as number) || (chance[a] as number) - (chance[b] as number),
    );
    order.forEach((pixel, rank) => {
      ranks[i * h * w + pixel] = rank;
    });
  }
  return tensor(ranks, maps.shape, { device: maps.device });
}

/** E[(βΣ_MΦ − ΔS)²] of each image; the squares lie at the same places for all rows. */
export async function bestInfidelity(
  { network, images }: Pick<Setup, 'network' | 'images'>,
  maps: Tensor,
  { squares: samples, grey: fill, seed }: BenchEffort,
): Promise<Float32Array> {
  const rng = new Generator(seed, 'squares');
  return (await infidelity(network, images.x, images.targets, maps, { samples, fill, rng })).scaled;
}

/** What remains for a map without any value. */
export async function unexplainedChange(setup: Pick<Setup, 'network' | 'images'>, effort: BenchEffort): Promise<Float32Array> {
  const [n, h, w] = setup.images.x.shape as [number, number, number];
  const nothing = zeros([n, h, w], { device: setup.images.x.device });
  try {
    return await bestInfidelity(setup, nothing, effort);
  } finally {
    nothing.dispose();
  }
}

async function sensitivity(row: BenchRow, { network, few, context, effort }: Setup): Promise<Float32Array> {
  const { radius, copies: samples } = effort;
  const explain = (x: Tensor) => row.explain(network, few, x, context);
  const worst = maxSensitivity(few.x, explain, { radius, samples, rng: context.rng });
  const values = await worst.data();
  worst.dispose();
  return values;
}

/** Rank correlation of |Φ| with the map at the end of the cascade, when all layers are random (see `randomisationCascade`). */
async function afterRandomisation(row: BenchRow, maps: Tensor, { few, context }: Setup): Promise<readonly number[]> {
  const random = row.explain(context.random, few, few.x, context);
  const [before, after] = await Promise.all([maps.data(), random.data()]);
  random.dispose();
  const size = after.length / few.targets.length;
  return few.targets.map((_, i) => {
    const part = (values: Float32Array) => values.subarray(i * size, (i + 1) * size).map(Math.abs);
    return rankCorrelation(part(before), part(after));
  });
}

/** All measures of a row. Yields the share that is done. */
export async function* measureRow(row: BenchRow, setup: Setup): AsyncGenerator<number, RowValues> {
  const { network, images, context, effort, fills, unexplained } = setup;
  const maps = row.explain(network, images, images.x, context);
  try {
    const values: Record<string, ArrayLike<number>> & { predicted: ArrayLike<number> } = await localisation(maps, images);
    yield 0.1;
    const order = await withoutTies(maps, effort.seed);
    for (const [at, fill] of fillNames.entries()) {
      const options = { steps: effort.portions, fill: fills[fill] };
      values[`deletion-${fill}`] = (await deletion(network, images.x, images.targets, order, options)).area;
      values[`insertion-${fill}`] = (await insertion(network, images.x, images.targets, order, options)).area;
      yield 0.1 + 0.15 * (at + 1);
    }
    order.dispose();
    const left = await bestInfidelity(setup, maps, effort);
    values.infidelity = left.map((value, i) => ((unexplained[i] as number) > 0 ? value / (unexplained[i] as number) : 1));
    yield 0.7;
    values.sensitivity = await sensitivity(row, setup);
    yield 0.85;
    values.randomisation = await afterRandomisation(row, maps, setup);
    return values;
  } finally {
    maps.dispose();
  }
}

/** |ΣΦ − (S_c(x) − S_c(0))| of integrated gradients against the number of nodes. */
export async function completenessOf(row: BenchRow, { network, images, context }: Setup, nodes: number): Promise<Float32Array> {
  const maps = row.explain(network, images, images.x, { ...context, nodes });
  const [n, h, w, c] = images.x.shape as [number, number, number, number];
  const start = tensor(new Float32Array(n * h * w * c), [n, h, w, c], { device: images.x.device });
  const [at, from] = [classScores(network, images.x, images.targets), classScores(network, start, images.targets)];
  const [sums, a, b] = await Promise.all([maps.data(), at.data(), from.data()]);
  for (const made of [maps, start, at, from]) made.dispose();
  return a.map((value, i) => {
    const sum = sums.subarray(i * h * w, (i + 1) * h * w).reduce((total, one) => total + one, 0);
    return Math.abs(sum - (value - (b[i] as number)));
  });
}
