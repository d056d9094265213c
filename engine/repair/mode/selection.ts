/** Which images of the pool a repair trains on: MODE's ranking by likeness to a heat map, and the choices it must beat. */

import { noGrad } from '../../autodiff.ts';
import { ConfigError } from '../../errors.ts';
import { inEvaluation } from '../../explain/scores.ts';
import { Linear } from '../../nn/layers/linear.ts';
import type { LayerKey, Network } from '../../nn/network.ts';
import { exp, logSoftmax, mul, neg, reshape, sum } from '../../ops/index.ts';
import type { Generator } from '../../random.ts';
import { sizeOf, tensor } from '../../tensor.ts';
import { inBatches } from '../../train/batches.ts';
import type { TrainingData } from '../../train/data.ts';
import { evaluate, outputs } from '../../train/evaluate.ts';
import { labelsOf, selectData } from '../data.ts';
import { type MeasureName, measure, mostAlike } from '../measures.ts';
import type { Bug } from './bugs.ts';
import { featureDifference, featureHeatMaps, featureScores } from './feature-maps.ts';

/**
 * - a measure: images of the faulty label, the most like its heat map HCI first (for over-fitting the least);
 * - 'features': images of the faulty label by ⟨a(x), DH⟩ of a layer (MODE's paper), the highest first: DH is DHCI_l = HCI_l − mean of the others'
 *   HCI for under-fitting, what the label is known by; DHWI_l = HWI_l − HCI_l for over-fitting, what its missed images have and the right ones
 *   lack. (DHMI_l says what images of other labels have, and none of these is a candidate.)
 * - 'randomOfLabel': images of the faulty label at random;
 * - 'random': any images;
 * - 'misclassified', 'entropy', 'diverse': any images, those that are wrong, those with the highest entropy of the prediction, those farthest
 *   from what is chosen already (k-centre, Sener & Savarese 2018).
 */
export type SelectionMethod =
  | { readonly by: MeasureName; readonly p?: number; readonly asPublished?: boolean }
  | { readonly by: 'features'; readonly layer: LayerKey }
  | { readonly by: 'randomOfLabel' | 'random' | 'misclassified' | 'entropy' | 'diverse' };

export interface SelectionContext {
  readonly network: Network;
  readonly pool: TrainingData;
  /** Indices into the pool that may be taken. */
  readonly available: readonly number[];
  readonly bug: Bug;
  /** HCI of the faulty label; null where it has no sample that is right. */
  readonly heatMap: Float32Array<ArrayBuffer> | null;
  /** What the bug was found on, for 'features'. */
  readonly evaluation: TrainingData;
  readonly rng: Generator;
}

/** A measure of each chosen image of the pool against a heat map, in batches on the device. */
export async function measureImages(
  network: Network,
  pool: TrainingData,
  indices: readonly number[],
  heatMap: Float32Array<ArrayBuffer>,
  name: MeasureName,
  p = 3,
): Promise<Float32Array<ArrayBuffer>> {
  const { device } = network;
  const length = sizeOf(pool.inputShape);
  const values = new Float32Array(indices.length);
  const batches = inBatches(selectData(pool, indices), device, 1024, ({ inputs }) => [
    measure(name, reshape(inputs, [inputs.shape[0] as number, length]), tensor(heatMap, [length], { device }), { p }),
  ]);
  for await (const {
    start,
    values: [found],
  } of batches)
    values.set(found as Float32Array, start);
  return values;
}

/** −Σ_k p_k ln p_k of the predictions. */
async function entropies({ network, pool }: SelectionContext, indices: readonly number[]): Promise<Float32Array<ArrayBuffer>> {
  const values = new Float32Array(indices.length);
  const batches = inBatches(selectData(pool, indices), network.device, 256, ({ inputs }) =>
    inEvaluation(network, () =>
      noGrad(() => {
        const logs = logSoftmax(network.forward(inputs));
        return [neg(sum(mul(exp(logs), logs), { axes: [1] }))];
      }),
    ),
  );
  for await (const {
    start,
    values: [found],
  } of batches)
    values.set(found as Float32Array, start);
  return values;
}

/** Images among which the farthest are looked for: the search takes chosen × candidates × pixels operations. */
const MOST_CANDIDATES = 4000;

/** Greedy k-centre in the space of the inputs: each next image is the one farthest from those chosen, the first at random. */
async function farthestFirst(context: SelectionContext, all: readonly number[], count: number): Promise<number[]> {
  const { network, pool, rng } = context;
  if (all.length === 0) return [];
  const indices = rng.shuffle([...all]).slice(0, Math.max(count, MOST_CANDIDATES));
  const length = sizeOf(pool.inputShape);
  const rows = new Float32Array(indices.length * length);
  for await (const {
    start,
    values: [found],
  } of inBatches(selectData(pool, indices), network.device, 512, ({ inputs }) => [inputs])) {
    rows.set(found as Float32Array, start * length);
  }
  const near = new Float64Array(indices.length).fill(Number.POSITIVE_INFINITY);
  const chosen: number[] = [];
  let next = rng.integers(1, indices.length)[0] as number;
  while (chosen.length < Math.min(count, indices.length)) {
    chosen.push(next);
    // Nearer than a duplicate of a chosen image, so that none is chosen twice.
    near[next] = -1;
    let best = -1;
    for (let i = 0; i < indices.length; i++) {
      let distance = 0;
      for (let e = 0; e < length; e++) distance += ((rows[i * length + e] as number) - (rows[next * length + e] as number)) ** 2;
      near[i] = Math.min(near[i] as number, distance);
      if (best < 0 || (near[i] as number) > (near[best] as number)) best = i;
    }
    next = best;
  }
  return chosen.map((i) => indices[i] as number);
}

/** Images of a label in the order of ⟨a(x), DH⟩, the highest first; null where the label has no DH. */
async function byFeatures(context: SelectionContext, candidates: readonly number[], layer: LayerKey): Promise<number[] | null> {
  const { network, pool, evaluation, bug } = context;
  const head = network.layers.at(-1);
  const classes = network.outputShape.at(-1) as number;
  const length = sizeOf(network.layer(layer).outputShape);
  if (!(head instanceof Linear) || head.weight.shape[0] !== length) {
    throw new ConfigError('layer', `'${layer}' must be what the network's last linear layer reads.`);
  }
  const rowsOf = async (data: TrainingData) => ({
    count: data.count,
    length,
    values: (await outputs(network, data, { layer })).values,
  });
  const { predictions } = await evaluate(network, evaluation);
  const weights = await head.weight.tensor.data();
  const rows = await rowsOf(evaluation);
  const mapsOf = (of: 'correct' | 'falseNegative') =>
    featureHeatMaps(rows, weights, labelsOf(evaluation), predictions as Int32Array, classes, of);
  const correct = mapsOf('correct');
  const [right, missed] = [correct[bug.label], mapsOf('falseNegative')[bug.label]];
  const difference =
    bug.kind === 'under-fit'
      ? featureDifference(correct, bug.label)
      : right && missed?.map((value, j) => value - (right[j] as number));
  if (!difference) return null;
  const scores = featureScores(await rowsOf(selectData(pool, candidates)), difference);
  return mostAlike('dot', scores).map((i) => candidates[i] as number);
}

/** Candidates in the order in which a method takes them, at least `count` of them where there are so many. */
async function ranked(method: SelectionMethod, context: SelectionContext, count: number): Promise<number[]> {
  const { network, pool, available, bug, heatMap, rng } = context;
  const labels = labelsOf(pool);
  const ofLabel = available.filter((i) => labels[i] === bug.label);
  const shuffled = (list: readonly number[]) => rng.shuffle([...list]);
  switch (method.by) {
    case 'random':
      return shuffled(available);
    case 'randomOfLabel':
      return shuffled(ofLabel);
    case 'misclassified': {
      if (available.length === 0) return [];
      const { predictions } = await evaluate(network, selectData(pool, available));
      return shuffled(available.filter((i, at) => predictions?.[at] !== labels[i]));
    }
    case 'entropy': {
      if (available.length === 0) return [];
      return mostAlike('dot', await entropies(context, available)).map((i) => available[i] as number);
    }
    case 'diverse':
      return farthestFirst(context, available, count);
    case 'features': {
      const order = ofLabel.length === 0 ? [] : await byFeatures(context, ofLabel, method.layer);
      return order ?? shuffled(ofLabel);
    }
    default: {
      // Without an image that is right there is no pattern to be like.
      if (!heatMap || ofLabel.length === 0) return shuffled(ofLabel);
      const values = await measureImages(network, pool, ofLabel, heatMap, method.by, method.p);
      const order = mostAlike(method.by, values, { asPublished: method.asPublished ?? false }).map((i) => ofLabel[i] as number);
      return bug.kind === 'over-fit' ? order.toReversed() : order;
    }
  }
}

export interface Chosen {
  /** Indices into the pool. */
  readonly targeted: readonly number[];
  readonly random: readonly number[];
}

/** What the random rest of a repair batch is drawn from. */
export type Rest = 'other labels' | 'all labels';

/**
 * A repair batch: a share by the method, the rest at random. Where the method finds fewer than its share, the rest is larger, so that every batch
 * costs the same; where the pool runs dry the batch is smaller.
 * @param rest where the method picks the faulty label, of 'other labels' than that (default, as the replication has it) or of 'all labels'; other
 * methods have it of all
 */
export async function selectImages(
  method: SelectionMethod,
  context: SelectionContext,
  batch: number,
  alpha: number,
  rest: Rest = 'other labels',
): Promise<Chosen> {
  const labels = labelsOf(context.pool);
  const targetedCount = Math.floor(batch * alpha);
  const targeted = (await ranked(method, context, targetedCount)).slice(0, targetedCount);
  const taken = new Set(targeted);
  const anyLabel = rest === 'all labels' || ['random', 'misclassified', 'entropy', 'diverse'].includes(method.by);
  const others = context.available.filter((i) => !taken.has(i) && (anyLabel || labels[i] !== context.bug.label));
  return { targeted, random: context.rng.shuffle(others).slice(0, batch - targeted.length) };
}
