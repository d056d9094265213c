/** Whether a difference is one: means with confidence intervals and a paired test, for a handful of seeds. */
import { ConfigError } from '../errors.ts';

export interface Interval {
  readonly mean: number;
  /** Half the width of the confidence interval; NaN for fewer than two values. */
  readonly halfWidth: number;
  readonly low: number;
  readonly high: number;
  /** Standard error of the mean. */
  readonly error: number;
  readonly count: number;
}

/** ln Γ(x) for x > 0 (Lanczos, g = 7, n = 9). */
function logGamma(x: number): number {
  const c = [
    0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
    -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
  ];
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  let sum = c[0] as number;
  for (let i = 1; i < 9; i++) sum += (c[i] as number) / (x - 1 + i);
  const t = x + 6.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

/** The regularised incomplete beta function I_x(a, b), by its continued fraction (Lentz). */
function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log(1 - x)) / a;
  const tiny = 1e-300;
  const safe = (v: number) => (Math.abs(v) < tiny ? tiny : v);
  let d = 1 / safe(1 - ((a + b) * x) / (a + 1));
  let c = 1;
  let f = d;
  for (let m = 1; m < 300; m++) {
    for (const numerator of [
      (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m)),
      (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1)),
    ]) {
      d = 1 / safe(1 + numerator * d);
      c = safe(1 + numerator / c);
      f *= c * d;
    }
    if (Math.abs(c * d - 1) < 1e-14) break;
  }
  return front * f;
}

/** P(|T| > |t|) for Student's t distribution. */
export function studentTail(t: number, freedom: number): number {
  return incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5);
}

/** The t with P(|T| ≤ t) = level, by bisection. */
function studentQuantile(level: number, freedom: number): number {
  let [low, high] = [0, 1];
  while (studentTail(high, freedom) > 1 - level) high *= 2;
  for (let i = 0; i < 200; i++) {
    const middle = (low + high) / 2;
    if (studentTail(middle, freedom) > 1 - level) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** Mean and its confidence interval by Student's t. @param level default 0.95. @throws ConfigError where there is no value */
export function meanInterval(values: readonly number[], level = 0.95): Interval {
  const n = values.length;
  if (n === 0) throw new ConfigError('values', 'there must be at least one.');
  const mean = values.reduce((a, b) => a + b, 0) / n;
  const variance = n < 2 ? Number.NaN : values.reduce((total, value) => total + (value - mean) ** 2, 0) / (n - 1);
  const error = Math.sqrt(variance / n);
  const halfWidth = n < 2 ? Number.NaN : error * studentQuantile(level, n - 1);
  return { mean, halfWidth, low: mean - halfWidth, high: mean + halfWidth, error, count: n };
}

export interface PairedTest extends Interval {
  /** t of the differences; infinite where they all are one number that is not 0. */
  readonly t: number;
  /** Two-sided. */
  readonly p: number;
  /** The interval contains 0: differences inside it are 'no difference'. */
  readonly noDifference: boolean;
}

/** Paired t-test of a − b, seed by seed. @throws ConfigError unless there are as many values on both sides, at least two */
export function pairedTest(a: readonly number[], b: readonly number[], level = 0.95): PairedTest {
  if (a.length !== b.length || a.length < 2) throw new ConfigError('values', 'a paired test needs at least two pairs.');
  const interval = meanInterval(
    a.map((value, i) => value - (b[i] as number)),
    level,
  );
  const { mean, error, count } = interval;
  const t = error === 0 ? (mean === 0 ? 0 : Math.sign(mean) * Number.POSITIVE_INFINITY) : mean / error;
  const p = Number.isFinite(t) ? studentTail(t, count - 1) : 0;
  return { ...interval, t, p, noDifference: interval.low <= 0 && interval.high >= 0 };
}
