/** What a run tells about an evaluation: curves, the confusion matrix with the images behind it, and the numbers of the result. */
import { type ImageDataset, subset } from '../../../engine/data/dataset.ts';
import type { Evaluation } from '../../../engine/train/evaluate.ts';
import type { ExperimentEvent } from '../../runtime/experiment.ts';
import type { Classification } from './experiment.ts';
import type { GradientNorms } from './training.ts';

/** The event `data` named 'evaluation'. */
export interface EvaluationReport {
  readonly set: 'validation' | 'test';
  readonly step: number;
  readonly loss: number;
  readonly accuracy: number;
  readonly classNames: readonly string[];
  /** By class; null where the set has none. */
  readonly perClass: readonly (number | null)[];
  readonly matrix: { readonly classes: number; readonly counts: Uint32Array };
  readonly labels: Uint8Array;
  readonly predictions: Uint8Array;
}

/** The event `data` named 'mistakes': whose pictures the images of that name are. */
export interface MistakesReport {
  readonly set: 'validation' | 'test';
  readonly indices: readonly number[];
}

/** The event `data` named 'gradients'. */
export interface GradientReport extends GradientNorms {
  readonly step: number;
}

/** Pictures shown of each cell off the diagonal, and of all together. */
const PER_CELL = 3;
const MOST_MISTAKES = 72;

export function reportOf(found: Evaluation, data: ImageDataset, set: EvaluationReport['set'], step: number): EvaluationReport {
  const { loss, accuracy = 0, perClass = [], confusion, predictions = new Int32Array() } = found;
  return {
    set,
    step,
    loss,
    accuracy,
    classNames: data.classNames,
    perClass: perClass.map((value) => (Number.isNaN(value) ? null : value)),
    matrix: confusion ?? { classes: data.classNames.length, counts: new Uint32Array(data.classNames.length ** 2) },
    labels: data.labels,
    predictions: Uint8Array.from(predictions),
  };
}

/** A few pictures of every confusion, the most frequent confusions first: what a recording can show of the matrix. */
export function* mistakes(report: EvaluationReport, data: ImageDataset): Generator<ExperimentEvent<Classification['data']>> {
  const cells = new Map<number, number[]>();
  report.predictions.forEach((predicted, index) => {
    const label = report.labels[index] as number;
    if (label === predicted) return;
    const cell = label * report.matrix.classes + predicted;
    const list = cells.get(cell) ?? [];
    list.push(index);
    cells.set(cell, list);
  });
  const indices = [...cells.values()]
    .sort((a, b) => b.length - a.length)
    .flatMap((list) => list.slice(0, PER_CELL))
    .slice(0, MOST_MISTAKES);
  const shown = subset(data, indices);
  yield { type: 'data', name: 'mistakes', value: { set: report.set, indices } };
  yield {
    type: 'images',
    name: 'mistakes',
    shape: [shown.count, data.height, data.width, data.channels],
    data: shown.images,
    labels: [...shown.labels],
  };
}

/**
 * The loss that LAB01 reports: the mean losses of the batches in the order of the set, added up and divided by the number of images. About the
 * mean cross-entropy over the batch size; a last batch that is smaller counts as much as a whole one.
 */
export function lossOfLab01(losses: Float64Array, batch: number): number {
  let sum = 0;
  for (let from = 0; from < losses.length; from += batch) {
    const of = losses.subarray(from, from + batch);
    sum += of.reduce((total, loss) => total + loss, 0) / of.length;
  }
  return sum / losses.length;
}

/** Norm of the gradient by layer. */
export const normsOf = ({ layers, norms }: GradientNorms): Record<string, number> =>
  Object.fromEntries(layers.map((layer, i) => [layer, norms[i] as number]));

/** Norms over time (a series for each layer) and over depth (a point for each layer). */
export function* gradientEvents(
  { layers, norms }: GradientNorms,
  step: number,
): Generator<ExperimentEvent<Classification['data']>> {
  for (const [index, layer] of layers.entries()) {
    yield { type: 'metric', chart: 'gradients', series: layer, x: step, y: norms[index] as number };
  }
  yield {
    type: 'curve',
    chart: 'gradient by layer',
    series: 'now',
    x: Float32Array.from(layers, (_, index) => index + 1),
    y: norms,
  };
  yield { type: 'data', name: 'gradients', value: { layers, norms, step } };
}
