/** From curves with their own x to the aligned columns that uPlot draws. */

export interface Curve {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/** Points per curve above which it is thinned. */
export const MAX_POINTS = 8192;

/**
 * Thins a curve to at most `limit` points, keeping the smallest and largest of each stretch, so that peaks stay. The first and last
 * points stay too.
 */
export function decimate(curve: Curve, limit = MAX_POINTS): Curve {
  const n = Math.min(curve.x.length, curve.y.length);
  if (n <= limit) return curve;
  const buckets = Math.floor((limit - 2) / 2);
  const x: number[] = [curve.x[0] as number];
  const y: number[] = [curve.y[0] as number];
  for (let b = 0; b < buckets; b++) {
    const from = 1 + Math.floor((b * (n - 2)) / buckets);
    const to = 1 + Math.floor(((b + 1) * (n - 2)) / buckets);
    let low = from;
    let high = from;
    for (let i = from; i < to; i++) {
      if ((curve.y[i] as number) < (curve.y[low] as number)) low = i;
      if ((curve.y[i] as number) > (curve.y[high] as number)) high = i;
    }
    for (const i of low === high ? [low] : [Math.min(low, high), Math.max(low, high)]) {
      x.push(curve.x[i] as number);
      y.push(curve.y[i] as number);
    }
  }
  x.push(curve.x[n - 1] as number);
  y.push(curve.y[n - 1] as number);
  return { x, y };
}

/** The points an axis can place, by ascending x; a copy only where something must go or move. */
function placeable(curve: Curve, logX: boolean): Curve {
  const n = Math.min(curve.x.length, curve.y.length);
  let sound = true;
  for (let i = 0; i < n && sound; i++) {
    const x = curve.x[i] as number;
    sound = Number.isFinite(x) && !(logX && x <= 0) && !(i > 0 && x < (curve.x[i - 1] as number));
  }
  if (sound) return curve;
  const points = Array.from({ length: n }, (_, i) => [curve.x[i] as number, curve.y[i] as number] as const)
    .filter(([x]) => Number.isFinite(x) && !(logX && x <= 0))
    .sort((p, q) => p[0] - q[0]);
  return { x: points.map(([x]) => x), y: points.map(([, y]) => y) };
}

/**
 * Aligns curves with different x: the sorted union of all x, and per curve its y or null. Values that a chart cannot place (not
 * finite; not positive on a logarithmic axis) become null; of several values at one x the last stands.
 */
export function alignCurves(curves: readonly Curve[], log: { x: boolean; y: boolean }): { x: number[]; y: (number | null)[][] } {
  const sorted = curves.map((curve) => placeable(curve, log.x));
  const at = sorted.map(() => 0);
  const x: number[] = [];
  const y: (number | null)[][] = sorted.map(() => []);
  for (;;) {
    let next = Number.POSITIVE_INFINITY;
    for (let k = 0; k < sorted.length; k++) {
      const value = (sorted[k] as Curve).x[at[k] as number];
      if (value !== undefined && value < next) next = value;
    }
    if (next === Number.POSITIVE_INFINITY) return { x, y };
    x.push(next);
    for (let k = 0; k < sorted.length; k++) {
      const curve = sorted[k] as Curve;
      let value: number | null = null;
      while (curve.x[at[k] as number] === next) {
        const own = curve.y[at[k] as number] as number;
        value = Number.isFinite(own) && !(log.y && own <= 0) ? own : null;
        at[k] = (at[k] as number) + 1;
      }
      (y[k] as (number | null)[]).push(value);
    }
  }
}

/** Nearest index to `x` in an ascending column, 0 for an empty one. */
export function nearestIndex(column: ArrayLike<number>, x: number): number {
  let low = 0;
  let high = column.length - 1;
  while (high - low > 1) {
    const mid = (low + high) >> 1;
    if ((column[mid] as number) < x) low = mid;
    else high = mid;
  }
  return Math.abs((column[high] as number) - x) < Math.abs((column[low] as number) - x) ? high : Math.max(0, low);
}

/** The value of a curve at the x nearest to `x`, with that x; undefined for an empty curve. */
export function valueNear(curve: Curve, x: number): { x: number; y: number } | undefined {
  const n = Math.min(curve.x.length, curve.y.length);
  if (n === 0) return undefined;
  const i = nearestIndex(curve.x, x);
  return { x: curve.x[i] as number, y: curve.y[i] as number };
}

/** [min, max] over finite values (positive ones where `log`), undefined where there are none. */
export function extent(columns: Iterable<ArrayLike<number | null>>, log: boolean): [number, number] | undefined {
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const column of columns) {
    for (let i = 0; i < column.length; i++) {
      const value = column[i];
      if (value === null || value === undefined || !Number.isFinite(value) || (log && value <= 0)) continue;
      if (value < min) min = value;
      if (value > max) max = value;
    }
  }
  return min <= max ? [min, max] : undefined;
}

/** An axis range with a little air; a single value gets room around it. */
export function paddedRange(range: readonly [number, number] | undefined, log: boolean): [number, number] {
  if (!range) return log ? [0.1, 1] : [0, 1];
  const [min, max] = range;
  if (log) return [min / 1.3, max * 1.3];
  const air = max > min ? (max - min) * 0.06 : Math.abs(max) * 0.1 || 0.5;
  // Zero is a natural floor of losses and accuracies: do not show room below it.
  return [min >= 0 && min - air < 0 ? 0 : min - air, max + air];
}
