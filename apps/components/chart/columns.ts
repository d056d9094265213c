/** From curves with their own x to the aligned columns that a chart draws. */

export interface Curve {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/** Points per curve above which it is thinned. */
export const MAX_POINTS = 8192;

/** Whether an axis can place a value. */
const isPlaceable = (value: number, log: boolean): boolean => Number.isFinite(value) && !(log && value <= 0);

/**
 * Thins a curve to at most `limit` points, by ascending x. Of each stretch the smallest and the largest value stay, so that peaks do, and
 * what leaves a gap (NaN, infinite, not positive on a logarithmic axis) stays a gap at its place: the first and last such point of each
 * stretch. The first and last points of the curve stay too.
 */
export function decimate(curve: Curve, limit = MAX_POINTS, log: { x: boolean; y: boolean } = { x: false, y: false }): Curve {
  if (Math.min(curve.x.length, curve.y.length) <= limit) return curve;
  // Stretches mean something along x only.
  const { x, y } = placeable(curve, log.x);
  const n = Math.min(x.length, y.length);
  if (n <= limit) return { x, y };
  let whole = true;
  for (let i = 0; i < n && whole; i++) whole = isPlaceable(y[i] as number, log.y);
  const buckets = Math.floor((limit - 2) / (whole ? 2 : 4));
  const kept = new Set([0]);
  for (let b = 0; b < buckets; b++) {
    const from = 1 + Math.floor((b * (n - 2)) / buckets);
    const to = 1 + Math.floor(((b + 1) * (n - 2)) / buckets);
    let [low, high, firstGap, lastGap] = [-1, -1, -1, -1];
    for (let i = from; i < to; i++) {
      const value = y[i] as number;
      if (!isPlaceable(value, log.y)) {
        if (firstGap < 0) firstGap = i;
        lastGap = i;
      } else {
        if (low < 0 || value < (y[low] as number)) low = i;
        if (high < 0 || value > (y[high] as number)) high = i;
      }
    }
    for (const i of [low, high, firstGap, lastGap].filter((index) => index >= 0).sort((p, q) => p - q)) kept.add(i);
  }
  kept.add(n - 1);
  const indices = [...kept];
  return { x: indices.map((i) => x[i] as number), y: indices.map((i) => y[i] as number) };
}

/**
 * The points an axis can place, by ascending x; a copy only where something must go or move.
 * @param logX true on a logarithmic axis, which has no place for x ≤ 0
 */
export function placeable(curve: Curve, logX: boolean): Curve {
  const n = Math.min(curve.x.length, curve.y.length);
  let sound = true;
  for (let i = 0; i < n && sound; i++) {
    const x = curve.x[i] as number;
    sound = isPlaceable(x, logX) && !(i > 0 && x < (curve.x[i - 1] as number));
  }
  if (sound) return curve;
  const points = Array.from({ length: n }, (_, i) => [curve.x[i] as number, curve.y[i] as number] as const)
    .filter(([x]) => isPlaceable(x, logX))
    .sort((p, q) => p[0] - q[0]);
  return { x: points.map(([x]) => x), y: points.map(([, y]) => y) };
}

/**
 * Aligns curves with different x: the sorted union of all x, and per curve its y or null. Values that a chart cannot place (not
 * finite; not positive on a logarithmic axis) become null; of several values at one x the last stands.
 */
export function alignCurves(curves: readonly Curve[], log: { x: boolean; y: boolean }): { x: number[]; y: (number | null)[][] } {
  const { x, y } = alignWithGaps(curves, log);
  return { x, y: y.map((column) => column.map((value) => value ?? null)) };
}

/**
 * As `alignCurves`, but a curve's own gaps differ from the x that only other curves have: null where a line must be broken, undefined
 * where it goes on from a point before to one behind.
 */
export function alignWithGaps(
  curves: readonly Curve[],
  log: { x: boolean; y: boolean },
): { x: number[]; y: (number | null | undefined)[][] } {
  const sorted = curves.map((curve) => placeable(curve, log.x));
  const lengths = sorted.map((curve) => Math.min(curve.x.length, curve.y.length));
  const at = sorted.map(() => 0);
  const x: number[] = [];
  const y: (number | null | undefined)[][] = sorted.map(() => []);
  for (;;) {
    let next = Number.POSITIVE_INFINITY;
    for (let k = 0; k < sorted.length; k++) {
      if ((at[k] as number) >= (lengths[k] as number)) continue;
      next = Math.min(next, (sorted[k] as Curve).x[at[k] as number] as number);
    }
    if (next === Number.POSITIVE_INFINITY) break;
    x.push(next);
    for (let k = 0; k < sorted.length; k++) {
      const curve = sorted[k] as Curve;
      let value: number | null | undefined;
      for (; (at[k] as number) < (lengths[k] as number) && curve.x[at[k] as number] === next; at[k] = (at[k] as number) + 1) {
        const own = curve.y[at[k] as number] as number;
        value = isPlaceable(own, log.y) ? own : null;
      }
      (y[k] as (number | null | undefined)[]).push(value);
    }
  }
  for (const column of y) widenGaps(column);
  return { x, y };
}

/** Makes a gap reach from the point before it to the one behind, across the x of other curves. */
function widenGaps(column: (number | null | undefined)[]): void {
  let before = -1;
  for (let i = 0; i < column.length; i++) {
    if (column[i] === undefined) continue;
    if (before >= 0 && (column[i] === null || column[before] === null))
      column.fill(null, before + 1, column[i] === null ? i + 1 : i);
    before = i;
  }
}

/** Points between two gaps or ends: no line touches them, so they are drawn as points. */
export function lonePoints(column: ArrayLike<number | null | undefined>): number[] {
  const out: number[] = [];
  let before: number | null = null;
  let candidate = -1;
  for (let i = 0; i < column.length; i++) {
    const value = column[i];
    if (value === undefined) continue;
    if (value === null) {
      if (candidate >= 0) out.push(candidate);
      candidate = -1;
    } else candidate = before === null ? i : -1;
    before = value;
  }
  if (candidate >= 0) out.push(candidate);
  return out;
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

/** The value of a curve at the x nearest to `x`, with that x, whatever the order of its points; undefined where there is none. */
export function valueNear(curve: Curve, x: number): { x: number; y: number } | undefined {
  const n = Math.min(curve.x.length, curve.y.length);
  let best = -1;
  for (let i = 0; i < n; i++) {
    const [here, there] = [curve.x[i] as number, curve.x[best] as number];
    // Of several values at one x the last stands, as in the drawing; of two x equally far the first found.
    if (Number.isFinite(here) && (best < 0 || here === there || Math.abs(here - x) < Math.abs(there - x))) best = i;
  }
  return best < 0 ? undefined : { x: curve.x[best] as number, y: curve.y[best] as number };
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
