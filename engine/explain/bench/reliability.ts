/** Whether a column of the bench can be believed: it must put the truth first and chance last. */
import type { BenchColumn } from './columns.ts';

/** A number with its interval over images. */
export interface BenchCell {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
}

/** Values of one row in one column, image by image or, of a number that belongs to all images, resample by resample. */
export interface RowSample {
  readonly id: string;
  readonly name: string;
  readonly values: ArrayLike<number>;
}

export interface Reliability {
  readonly reliable: boolean;
  /** Why not; empty where it is. */
  readonly reason: string;
}

/** Normal quantile of a two-sided 95 % interval; with tens of images Student's is no wider than a tenth more. */
const USUAL = 1.96;
/** Standard errors by which two rows must differ: 99.7 % for one comparison, 95 % for all of a column together (Bonferroni). */
const CLEAR = 3;

/** Mean and standard error of the finite values; null where there are none. */
function momentsOf(values: readonly number[]): { readonly mean: number; readonly error: number } | null {
  const finite = values.filter(Number.isFinite);
  const n = finite.length;
  if (n === 0) return null;
  const mean = finite.reduce((a, b) => a + b, 0) / n;
  const variance = finite.reduce((total, value) => total + (value - mean) ** 2, 0) / Math.max(1, n - 1);
  return { mean, error: Math.sqrt(variance / n) };
}

/** Mean and 95 % interval of the finite values; null where there are none. */
export function cellOf(values: ArrayLike<number>): BenchCell | null {
  const found = momentsOf(Array.from(values));
  return found && { mean: found.mean, low: found.mean - USUAL * found.error, high: found.mean + USUAL * found.error };
}

/** Mean of the differences a − b in standard errors; resamples vary by one standard error themselves. */
function difference(a: RowSample, b: RowSample, resampled: boolean): number {
  const pairs = Array.from(a.values, (value, i) => value - (b.values[i] as number));
  const found = momentsOf(pairs);
  if (!found) return 0;
  const error = resampled ? found.error * Math.sqrt(pairs.length) : found.error;
  // What does not vary at all differs as soon as it differs by more than rounding.
  return found.mean / Math.max(error, 1e-6);
}

const written = (value: number) => String(+value.toPrecision(3)).replace('-', '−');
const average = ({ values }: RowSample) => cellOf(values)?.mean ?? Number.NaN;

/**
 * Whether a column ranks the ground truth first and the random map last. A row counts as better or worse than another where the interval of their
 * paired differences, three standard errors wide, says so; what cannot be told apart is a tie. The row `other-class` may come behind the random map.
 * @param resampled the values are resamples of a number that belongs to all images
 */
export function reliabilityOf(column: BenchColumn, rows: readonly RowSample[], resampled = false): Reliability {
  const truth = rows.find(({ id }) => id === 'truth');
  const random = rows.find(({ id }) => id === 'random');
  if (!truth || !random) return { reliable: false, reason: 'the controls are missing' };
  const sign = column.better === 'higher' ? 1 : -1;
  /** Whether a is clearly better than b. */
  const beats = (a: RowSample, b: RowSample) => sign * difference(a, b, resampled) > CLEAR;
  const others = rows.filter((row) => row !== truth && row !== random);
  const above = [...others, random].filter((row) => beats(row, truth)).sort((a, b) => sign * (average(b) - average(a)))[0];
  // The map of another class is wrong by design: where there are two, it is the right one with its sign turned.
  const below = [...others, truth]
    .filter((row) => row.id !== 'other-class' && beats(random, row))
    .sort((a, b) => sign * (average(a) - average(b)))[0];
  const against = (a: RowSample, b: RowSample) => `(${written(average(a))} against ${written(average(b))})`;
  const reasons = [
    above ? `${above.name} is ahead of the ground truth ${against(above, truth)}` : '',
    below ? `${below.name} is behind the random map ${against(below, random)}` : '',
  ].filter((reason) => reason !== '');
  return { reliable: reasons.length === 0, reason: reasons.join('; ') };
}
