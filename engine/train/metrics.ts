/** What is counted when a classifier is evaluated. Confusion matrices have a row for each true class and a column for each prediction. */

import { ArgumentError } from '../errors.ts';
import { before } from '../kernels/arg-reduction.ts';
import { exp, log } from '../math/index.ts';

/** counts[true · classes + predicted]. */
export interface Confusion {
  readonly classes: number;
  readonly counts: Uint32Array<ArrayBuffer>;
  /** Samples of each true class whose prediction is none of the classes; absent: none. They have no column, but they are samples. */
  readonly outside?: Uint32Array<ArrayBuffer>;
}

const isClass = (value: number, classes: number): boolean => Number.isInteger(value) && value >= 0 && value < classes;

/** Samples whose label is none of the classes are not counted. @throws ArgumentError unless there is one prediction for each label */
export function confusionMatrix(labels: ArrayLike<number>, predictions: ArrayLike<number>, classes: number): Confusion {
  requireEqual('confusionMatrix', labels, predictions);
  const counts = new Uint32Array(classes * classes);
  const outside = new Uint32Array(classes);
  for (let i = 0; i < labels.length; i++) {
    const [label, predicted] = [labels[i] as number, predictions[i] as number];
    if (!isClass(label, classes)) continue;
    if (!isClass(predicted, classes)) outside[label] = (outside[label] as number) + 1;
    else counts[label * classes + predicted] = (counts[label * classes + predicted] as number) + 1;
  }
  return { classes, counts, ...(outside.some((n) => n > 0) ? { outside } : {}) };
}

function requireEqual(op: string, labels: ArrayLike<number>, predictions: ArrayLike<number>): void {
  if (labels.length !== predictions.length) {
    throw new ArgumentError(
      op,
      `there must be one prediction for each of the ${labels.length} labels, not ${predictions.length}`,
    );
  }
}

/** Share of equal entries; NaN for none. @throws ArgumentError unless there is one prediction for each label */
export function accuracy(labels: ArrayLike<number>, predictions: ArrayLike<number>): number {
  requireEqual('accuracy', labels, predictions);
  let right = 0;
  for (let i = 0; i < labels.length; i++) if (labels[i] === predictions[i]) right++;
  return right / labels.length;
}

/** Samples of a class. */
function rowSum({ classes, counts, outside }: Confusion, row: number): number {
  let sum = outside?.[row] ?? 0;
  for (let k = 0; k < classes; k++) sum += counts[row * classes + k] as number;
  return sum;
}

function columnSum({ classes, counts }: Confusion, column: number): number {
  let sum = 0;
  for (let k = 0; k < classes; k++) sum += counts[k * classes + column] as number;
  return sum;
}

const diagonal = ({ classes, counts }: Confusion, k: number): number => counts[k * classes + k] as number;
const each = (confusion: Confusion, f: (k: number) => number): number[] =>
  Array.from({ length: confusion.classes }, (_, k) => f(k));

/** Share of each class that was recognised (recall); NaN for a class without samples. */
export function perClassAccuracy(confusion: Confusion): number[] {
  return each(confusion, (k) => diagonal(confusion, k) / rowSum(confusion, k));
}

/** Share of each prediction that was right; NaN for a class that was never predicted. */
export function perClassPrecision(confusion: Confusion): number[] {
  return each(confusion, (k) => diagonal(confusion, k) / columnSum(confusion, k));
}

export interface MacroScores {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
}

/** Means over the classes; as in scikit-learn, a ratio 0/0 counts as 0. */
export function macroScores(confusion: Confusion): MacroScores {
  const ratio = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);
  const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / values.length;
  const precision = each(confusion, (k) => ratio(diagonal(confusion, k), columnSum(confusion, k)));
  const recall = each(confusion, (k) => ratio(diagonal(confusion, k), rowSum(confusion, k)));
  const f1 = precision.map((p, k) => ratio(2 * p * (recall[k] as number), p + (recall[k] as number)));
  return { precision: mean(precision), recall: mean(recall), f1: mean(f1) };
}

/** Index of the largest of each row of `classes` values, the first of equals; the first NaN where there is one, as `argmax` has it. */
export function argmaxRows(values: ArrayLike<number>, classes: number): Int32Array<ArrayBuffer> {
  const rows = values.length / classes;
  const result = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    let best = 0;
    for (let k = 1; k < classes; k++) {
      if (before(values[row * classes + k] as number, values[row * classes + best] as number, 0)) best = k;
    }
    result[row] = best;
  }
  return result;
}

/** Softmax of each row, in double precision. */
export function softmaxRows(values: ArrayLike<number>, classes: number): Float32Array<ArrayBuffer> {
  const result = new Float32Array(values.length);
  for (let start = 0; start < values.length; start += classes) {
    let largest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) largest = Math.max(largest, values[start + k] as number);
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += exp((values[start + k] as number) - largest);
    for (let k = 0; k < classes; k++) result[start + k] = exp((values[start + k] as number) - largest) / sum;
  }
  return result;
}

/** What changes cross-entropy, on the host: see `crossEntropy`. */
export interface CrossEntropyRowsOptions {
  readonly weight?: ArrayLike<number> | undefined;
  readonly labelSmoothing?: number | undefined;
  readonly ignoreIndex?: number | undefined;
}

/** Cross-entropy of each row, −ln softmax(z)_t without options, in double precision; NaN where t is no class, 0 where it is ignored. */
export function crossEntropyRows(
  logits: ArrayLike<number>,
  labels: ArrayLike<number>,
  classes: number,
  { weight, labelSmoothing: epsilon = 0, ignoreIndex }: CrossEntropyRowsOptions = {},
): Float64Array<ArrayBuffer> {
  const result = new Float64Array(labels.length);
  const weightOf = (k: number) => (weight ? (weight[k] as number) : 1);
  if (logits.length !== labels.length * classes) {
    throw new ArgumentError(
      'crossEntropyRows',
      `there must be ${labels.length} rows of ${classes} logits, not ${logits.length} values`,
    );
  }
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number;
    if (label === ignoreIndex) continue;
    if (!isClass(label, classes)) {
      result[i] = Number.NaN;
      continue;
    }
    let largest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) largest = Math.max(largest, logits[i * classes + k] as number);
    let sum = 0;
    for (let k = 0; k < classes; k++) sum += exp((logits[i * classes + k] as number) - largest);
    const lossOf = (k: number) => log(sum) + (largest - (logits[i * classes + k] as number));
    let loss = weightOf(label) * lossOf(label);
    if (epsilon > 0) {
      let spread = 0;
      for (let k = 0; k < classes; k++) spread += weightOf(k) * lossOf(k);
      loss = (1 - epsilon) * loss + (epsilon / classes) * spread;
    }
    result[i] = loss;
  }
  return result;
}
