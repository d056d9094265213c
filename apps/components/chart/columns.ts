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

/**
 * Aligns curves with different x: the sorted union of all x, and per curve its y or null. Values that a chart cannot place (not
 * finite; not positive on a logarithmic axis) become null.
 */
export function alignCurves(curves: readonly Curve[], log: { x: boolean; y: boolean }): { x: number[]; y: (number | null)[][] } {
  const placed = new Set<number>();
  for (const curve of curves) {
    for (let i = 0; i < curve.x.length; i++) {
      const x = curve.x[i] as number;
      if (Number.isFinite(x) && !(log.x && x <= 0)) placed.add(x);
    }
  }
  const x = [...placed].sort((a, b) => a - b);
  const row = new Map(x.map((value, i) => [value, i]));
  const y = curves.map((curve) => {
    const column = new Array<number | null>(x.length).fill(null);
    for (let i = 0; i < curve.x.length; i++) {
      const at = row.get(curve.x[i] as number);
      const value = curve.y[i] as number;
      if (at !== undefined && Number.isFinite(value) && !(log.y && value <= 0)) column[at] = value;
    }
    return column;
  });
  return { x, y };
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
