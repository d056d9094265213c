/**
 * The bench of explanations: methods and controls, judged on images whose cue we put there ourselves, so that its true effect is measured by taking
 * it away. A column that does not put the truth first and a random map last says so of itself.
 */
import { noGrad } from '../../autodiff.ts';
import { ArgumentError, kindOf, requireRecord } from '../../errors.ts';
import { keep, scope } from '../../memory.ts';
import type { Network } from '../../nn/network.ts';
import { DeviceGenerator } from '../../ops/random.ts';
import { Generator } from '../../random.ts';
import { correlation } from '../correlation.ts';
import { squareEffects } from '../faithfulness.ts';
import { lastMaps } from '../methods.ts';
import { checkNetwork, inEvaluation } from '../scores.ts';
import { type BenchColumn, benchColumns } from './columns.ts';
import { type CueImages, firstPairs } from './cue.ts';
import {
  type BenchEffort,
  blurredCopy,
  measuredEffects,
  measureRow,
  type RowValues,
  type Setup,
  shares,
  totalsOf,
  wholeChange,
} from './measures.ts';
import { type BenchRow, benchRows, type RowContext } from './methods.ts';
import { Perturbations } from './perturbations.ts';
import { type BenchCell, cellOf, type Reliability, type RowSample, reliabilityOf } from './reliability.ts';

export interface BenchOptions extends Partial<BenchEffort> {
  /** Nodes of integrated gradients and noisy copies of SmoothGrad. Default 16. */
  readonly nodes?: number;
  /** Layer for class activation maps. Default: the last that puts out maps. */
  readonly layer?: string;
  /** Networks to which the cue says nothing, by name: how much of it do maps show there? */
  readonly beside?: Readonly<Record<string, Network>>;
  /** Rows that are measured, by id; default all. The truth and the random map always are. */
  readonly rows?: readonly string[];
}

export interface BenchResultRow {
  readonly id: string;
  readonly name: string;
  readonly kind: BenchRow['kind'];
  /** By column. */
  readonly cells: Readonly<Record<string, BenchCell | null>>;
  /** Share on the cue in the networks beside, by name; null for the truth, which names the pixels. */
  readonly beside: Readonly<Record<string, BenchCell | null>>;
}

/** What the cue does to a network. */
export interface CueEffect {
  /** S_c(x) − S_c(x without the cue). */
  readonly change: BenchCell;
  /** Σ|change| over Σ|S_c(x) − S_c(0)|: its part in all that the image does to the score. */
  readonly part: number;
}

export interface BenchResult {
  readonly images: number;
  /** The cue's share of the area: what a map without knowledge puts there. */
  readonly chance: number;
  readonly effect: CueEffect;
  readonly besides: readonly ({ readonly name: string } & CueEffect)[];
  readonly columns: readonly (BenchColumn & Reliability)[];
  readonly rows: readonly BenchResultRow[];
  /** |ΣΦ − (S_c(x) − S_c(0))| of integrated gradients by the number of nodes, over `fewer` images. */
  readonly completeness: readonly { readonly nodes: number; readonly error: BenchCell }[];
}

export interface BenchProgress {
  readonly row: string;
  /** 0 … 1 of the whole bench. */
  readonly share: number;
}

const EFFORT: BenchEffort = { portions: 10, squares: 20, copies: 4, radius: 0.1, fewer: 30, black: 0, grey: 0, seed: 0 };
const NODES = [4, 16, 64] as const;
const RESAMPLES = 300;

/** Classes with the largest score beside the target. */
async function otherClasses(network: Network, { x, targets }: CueImages): Promise<number[]> {
  const scores = scope(() => noGrad(() => inEvaluation(network, () => network.forward(x.detach()))));
  const values = await scores.data();
  const classes = values.length / targets.length;
  scores.dispose();
  return targets.map((target, i) => {
    const row = Array.from(values.subarray(i * classes, (i + 1) * classes), (value, k) =>
      k === target ? Number.NEGATIVE_INFINITY : value,
    );
    return row.indexOf(Math.max(...row));
  });
}

/** Correlations of the predicted with the measured effect over resamples of the images, the same resamples for every row. */
function resampled(predicted: ArrayLike<number>, effects: ArrayLike<number>, seed: number): number[] {
  const n = effects.length;
  const rng = new Generator(seed, 'resamples');
  return Array.from({ length: RESAMPLES }, () => {
    const chosen = Array.from(rng.integers(n, n));
    return correlation(
      chosen.map((i) => predicted[i] as number),
      chosen.map((i) => effects[i] as number),
    );
  });
}

/** The correlation over all images, with the percentiles of its resamples. */
function correlationCell(values: RowValues, effects: ArrayLike<number>, resamples: readonly number[]): BenchCell {
  const sorted = resamples.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] as number;
  return { mean: correlation(values.predicted, effects), low: at(0.025), high: at(0.975) };
}

const USUAL_NODES = 16;

async function setUp(network: Network, images: CueImages, options: BenchOptions, random: Network): Promise<Setup> {
  const { nodes = USUAL_NODES, layer = lastMaps(network)?.path } = options;
  const given = Object.fromEntries(
    Object.keys(EFFORT).flatMap((key) => {
      const value = options[key as keyof BenchEffort];
      return value === undefined ? [] : [[key, value]];
    }),
  );
  const effort: BenchEffort = { ...EFFORT, ...given };
  const others = await otherClasses(network, images);
  const rng = new DeviceGenerator(effort.seed, 'bench', network.device);
  const context: RowContext = { rng, nodes, layer, random, others };
  const { black, grey, squares: samples, portions, fewer, seed } = effort;
  const blurred = keep(blurredCopy(images.x, black));
  const few = firstPairs(images, fewer);
  return {
    network,
    images,
    few,
    context,
    effort,
    effects: await measuredEffects(network, images),
    squares: await squareEffects(network, images.x, images.targets, { samples, fill: grey, rng: new Generator(seed, 'squares') }),
    perturbations: await Perturbations.of(network, images, { black, grey, blurred }, portions),
    dispose() {
      for (const made of [few.x, few.without, few.mask, rng, blurred]) made.dispose();
    },
  };
}

/**
 * Measures all rows that are defined for a network.
 * @param network that was trained where the cue gives the class away
 * @param images pairs with and without the cue; see `cueImages`
 */
export async function* explanationBench(
  network: Network,
  images: CueImages,
  options: BenchOptions = {},
): AsyncGenerator<BenchProgress, BenchResult> {
  checkNetwork(network);
  requireRecord('explanationBench', options);
  if (!Array.isArray(images?.cue)) {
    throw new ArgumentError('explanationBench', `the images must be pairs such as cueImages makes, not ${kindOf(images)}`);
  }
  const random = network.clone();
  random.initialise(options.seed ?? 0);
  const setup = await setUp(network, images, options, random);
  const networks = Object.entries(options.beside ?? {});
  const wanted = (id: string) => id === 'truth' || id === 'random' || (options.rows?.includes(id) ?? true);
  const rows = benchRows(network, setup.context.layer).filter(({ id }) => wanted(id));
  const measured: Measured[] = [];
  try {
    for (const [at, row] of rows.entries()) {
      const steps = measureRow(row, setup);
      let step = await steps.next();
      for (; !step.done; step = await steps.next()) yield { row: row.name, share: (at + step.value) / rows.length };
      const beside: Record<string, BenchCell | null> = {};
      for (const [name, other] of networks) beside[name] = await shareIn(other, row, setup, step.value);
      measured.push({ row, values: step.value, beside });
    }
    const integrated = measured.find(({ row }) => row.complete);
    const completeness = [];
    if (integrated) {
      const change = await wholeChange(network, setup.few);
      for (const nodes of NODES) {
        yield { row: 'completeness', share: 1 };
        const made = nodes === setup.context.nodes ? integrated.values.total : await totalsOf(integrated.row, setup, nodes);
        completeness.push({ nodes, error: cellOf(change.map((value, i) => Math.abs((made[i] as number) - value))) as BenchCell });
      }
    }
    const besides = [];
    for (const [name, other] of networks) besides.push({ name, ...(await cueEffect(other, images)) });
    return { ...summary(measured, setup), effect: await cueEffect(network, images), completeness, besides };
  } finally {
    setup.dispose();
    random.dispose();
  }
}

/** Where the maps of another network put the cue; null for the truth, which names the pixels. */
async function shareIn(network: Network, row: BenchRow, { images, context }: Setup, own: RowValues): Promise<BenchCell | null> {
  if (row.kind === 'truth') return null;
  if (row.ignoresNetwork) return cellOf(own.share);
  const maps = row.explain(network, images, images.x, context);
  const values = await maps.data();
  maps.dispose();
  return cellOf(shares(values, images));
}

async function cueEffect(network: Network, images: CueImages): Promise<CueEffect> {
  const [effects, whole] = [await measuredEffects(network, images), await wholeChange(network, images)];
  const size = (values: Float32Array) => values.reduce((sum, value) => sum + Math.abs(value), 0);
  return { change: cellOf(effects) as BenchCell, part: size(effects) / size(whole) };
}

/** A row with its numbers. */
interface Measured {
  readonly row: BenchRow;
  readonly values: RowValues;
  readonly beside: BenchResultRow['beside'];
}

function summary(
  measured: readonly Measured[],
  { images, effects, effort }: Setup,
): Omit<BenchResult, 'completeness' | 'effect' | 'besides'> {
  const correlations = new Map(measured.map(({ row, values }) => [row.id, resampled(values.predicted, effects, effort.seed)]));
  const sampleOf = (column: string): RowSample[] =>
    measured.map(({ row: { id, name }, values }) => ({
      id,
      name,
      values: column === 'effect' ? (correlations.get(id) as number[]) : (values[column] as ArrayLike<number>),
    }));
  const pixels = images.cue.map((cue) => cue.reduce((sum, one) => sum + one, 0) / cue.length);
  return {
    images: images.targets.length,
    chance: pixels.reduce((a, b) => a + b, 0) / pixels.length,
    columns: benchColumns.map((column) => ({ ...column, ...reliabilityOf(column, sampleOf(column.id), column.id === 'effect') })),
    rows: measured.map(({ row: { id, name, kind }, values, beside }) => ({
      id,
      name,
      kind,
      beside,
      cells: Object.fromEntries(
        benchColumns.map((column) => [
          column.id,
          column.id === 'effect'
            ? correlationCell(values, effects, correlations.get(id) as number[])
            : cellOf(values[column.id] as ArrayLike<number>),
        ]),
      ),
    })),
  };
}
