/** What MODE looks at before it repairs: accuracies, heat maps and their differences, galleries of the nearest and farthest images. */
import { imageAt } from '../../../engine/data/dataset.ts';
import {
  type Bugs,
  featureDifference,
  featureHeatMaps,
  findBugs,
  type HeatMap,
  type HeatMaps,
  heatMapDifference,
  heatMaps,
  type LabelAccuracies,
  labelAccuracies,
  measureImages,
  mostAlike,
} from '../../../engine/repair/index.ts';
import type { TrainingData } from '../../../engine/train/data.ts';
import { evaluate, outputs } from '../../../engine/train/evaluate.ts';
import { type Config, pixels } from './data.ts';
import { type Measure, measures, names } from './methods.ts';
import { CLASSES, hiddenLayers } from './network.ts';
import type { Start } from './repairs.ts';

/** Images of one end of a gallery. */
const SHOWN = 8;
const PIXELS = 784;

/** Accuracies of the first network, and what is wrong with it. */
export interface Accuracies {
  readonly train: LabelAccuracies;
  readonly evaluation: LabelAccuracies;
  readonly bugs: Bugs;
  readonly theta: number;
  /** Label that the galleries show first: the faulty one, or the worst where none is. */
  readonly worst: number;
}

/** Null: of no image. */
type MeanImage = Float32Array<ArrayBuffer> | null;
export type Kind = keyof HeatMaps;

/** Mean images by label; null for a mean of nothing. */
export interface Maps {
  readonly means: Readonly<Record<Kind, readonly MeanImage[]>>;
  readonly counts: Readonly<Record<Kind, readonly number[]>>;
  /** DHMI and DHWI: minus the mean of those that are right. */
  readonly differences: Readonly<Record<'falsePositive' | 'falseNegative', readonly MeanImage[]>>;
}

/** DHCI of a pair of labels. */
export interface Between {
  readonly label: number;
  readonly other: number;
  readonly values: MeanImage;
}

/** Images of the pool with one label, from the most to the least like its heat map. */
export interface GalleryRow {
  readonly name: string;
  /** Bytes [n, 28, 28]: the most alike first, the least alike first. */
  readonly nearest: Uint8Array;
  readonly farthest: Uint8Array;
  /** Mean measure of each end; null where there is nothing to measure. */
  readonly range: readonly [nearest: number, farthest: number] | null;
}

export interface Gallery {
  /** Of one label by all measures, or of all labels by one measure. */
  readonly of: { readonly label: number } | { readonly measure: Measure };
  readonly rows: readonly GalleryRow[];
}

export interface Features {
  /** DH of each label, [labels, units]; zeros for a label that is never right. */
  readonly values: Float32Array;
  readonly units: number;
  readonly empty: readonly number[];
}

/** For the eye a 4096th is exact, and recordings stay small. */
const rounded = (values: MeanImage): MeanImage => values?.map((value) => Math.round(value * 4096) / 4096) ?? null;

/** What is wrong with a network, and what it says where that is looked for. @param theta θ at this moment */
export async function judged(start: Start, config: Config, theta: number) {
  const accuraciesOf = async (set: Start['parts']['test']) => {
    const { predictions } = await evaluate(start.trained.network, pixels(set));
    return { predictions: predictions as Int32Array, labels: labelAccuracies(predictions as Int32Array, set.labels, CLASSES) };
  };
  const { labels: train } = await accuraciesOf(start.parts.train);
  const { predictions, labels: evaluation } = await accuraciesOf(start.parts.evaluation);
  const { gamma, published } = config;
  const bugs = findBugs(train, evaluation, { theta, gamma, asPublished: published, ...(published && { rule: 'evaluation' }) });
  const known = evaluation.flatMap((value, label) => (value === null ? [] : [{ value, label }]));
  const least = known.reduce((a, b) => (b.value < a.value ? b : a));
  const accuracies: Accuracies = { train, evaluation, bugs, theta, worst: bugs.worst?.label ?? least.label };
  return { accuracies, predictions };
}

/** The first network of a run, looked at. */
export class Look {
  readonly start: Start;
  readonly #config: Config;
  readonly #evaluation: TrainingData;
  readonly #pool: TrainingData;
  readonly #predictions: ArrayLike<number>;
  readonly #maps: HeatMaps;
  readonly accuracies: Accuracies;

  private constructor(start: Start, config: Config, predictions: ArrayLike<number>, maps: HeatMaps, accuracies: Accuracies) {
    this.start = start;
    this.#config = config;
    this.#evaluation = pixels(start.parts.evaluation);
    this.#pool = pixels(start.parts.pool);
    this.#predictions = predictions;
    this.#maps = maps;
    this.accuracies = accuracies;
  }

  /** @param theta θ at this moment */
  static async at(start: Start, config: Config, theta: number): Promise<Look> {
    const { accuracies, predictions } = await judged(start, config, theta);
    const maps = await heatMaps(pixels(start.parts.evaluation), predictions, CLASSES, start.trained.network.device);
    return new Look(start, config, predictions, maps, accuracies);
  }

  /** HCI of a label. */
  pattern(label: number): HeatMap {
    return this.#maps.correct[label] as HeatMap;
  }

  get maps(): Maps {
    const by = <T>(value: (kind: Kind) => T): Record<Kind, T> => ({
      correct: value('correct'),
      falsePositive: value('falsePositive'),
      falseNegative: value('falseNegative'),
    });
    const minus = (kind: Kind) => this.#maps[kind].map((map, l) => rounded(heatMapDifference(map, this.#maps.correct[l])));
    return {
      means: by((kind) => this.#maps[kind].map(({ values }) => rounded(values))),
      counts: by((kind) => this.#maps[kind].map(({ count }) => count)),
      differences: { falsePositive: minus('falsePositive'), falseNegative: minus('falseNegative') },
    };
  }

  between(label: number, other: number): Between {
    return { label, other, values: rounded(heatMapDifference(this.pattern(label), this.pattern(other))) };
  }

  /** What a label is most often taken for; the next one where it is never wrong. */
  mostConfused(label: number): number {
    const counts = new Array<number>(CLASSES).fill(0);
    this.start.parts.evaluation.labels.forEach((truth, i) => {
      const said = this.#predictions[i] as number;
      if (truth === label && said !== label) counts[said] = (counts[said] as number) + 1;
    });
    const most = Math.max(...counts);
    return most === 0 ? (label + 1) % CLASSES : counts.indexOf(most);
  }

  async #row(name: string, label: number, measure: Measure): Promise<GalleryRow> {
    const { pool } = this.start.parts;
    const pattern = this.pattern(label).values;
    const candidates = Array.from(pool.labels, (_, i) => i).filter((i) => pool.labels[i] === label);
    if (!pattern || candidates.length === 0) return { name, nearest: new Uint8Array(), farthest: new Uint8Array(), range: null };
    const found = await measureImages(this.start.trained.network, this.#pool, candidates, pattern, measure, this.#config.p);
    const order = mostAlike(measure, found);
    const [nearest, farthest] = [order.slice(0, SHOWN), order.toReversed().slice(0, SHOWN)];
    const bytes = (indices: readonly number[]) => {
      const data = new Uint8Array(indices.length * PIXELS);
      indices.forEach((at, n) => {
        data.set(imageAt(pool, candidates[at] as number), n * PIXELS);
      });
      return data;
    };
    const mean = (indices: readonly number[]) => indices.reduce((total, at) => total + (found[at] as number), 0) / indices.length;
    return { name, nearest: bytes(nearest), farthest: bytes(farthest), range: [mean(nearest), mean(farthest)] };
  }

  async ofLabel(label: number): Promise<Gallery> {
    const rows: GalleryRow[] = [];
    for (const measure of measures) rows.push(await this.#row(names[measure], label, measure));
    return { of: { label }, rows };
  }

  async ofMeasure(measure: Measure): Promise<Gallery> {
    const rows: GalleryRow[] = [];
    for (let label = 0; label < CLASSES; label++) rows.push(await this.#row(String(label), label, measure));
    return { of: { measure }, rows };
  }

  /** DH of the last hidden layer, for all labels (LABS §4.3, the paper's feature space). */
  async features(): Promise<Features> {
    const { network } = this.start.trained;
    const layer = hiddenLayers(this.#config).at(-1) as string;
    const { values } = await outputs(network, this.#evaluation, { layer });
    const units = this.#config.units;
    const weight = network.namedParameters().findLast(([, tensor]) => tensor.rank === 2)?.[1];
    const weights = await (weight as NonNullable<typeof weight>).data();
    const rows = { count: this.#evaluation.count, length: units, values };
    const maps = featureHeatMaps(rows, weights, this.start.parts.evaluation.labels, this.#predictions, CLASSES);
    const all = new Float32Array(CLASSES * units);
    const empty: number[] = [];
    for (let label = 0; label < CLASSES; label++) {
      const difference = featureDifference(maps, label);
      if (difference) all.set(difference, label * units);
      else empty.push(label);
    }
    return { values: all, units, empty };
  }
}
