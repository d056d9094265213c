/** How the values of weights and of their gradients are spread. Plain data and arithmetic: page and experiment share it. */

/** Bins from −limit to limit; odd, so that one is centred on zero. */
export const BINS = 41;
/** Layers that are told of, spread over the depth: more would be neither readable nor quick. */
export const MOST_LAYERS = 4;

export interface Histogram {
  /** Largest magnitude. */
  readonly limit: number;
  /** Values in each of the bins. */
  readonly counts: Uint32Array;
  /** Standard deviation. */
  readonly deviation: number;
}

/** The event `data` named `histogram STEP`. */
export interface HistogramReport {
  readonly step: number;
  readonly layers: readonly { readonly path: string; readonly weights: Histogram; readonly gradients: Histogram }[];
}

/** Values that are not finite are left out. */
export function histogramOf(values: ArrayLike<number>): Histogram {
  let [limit, sum, squares, count] = [0, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    limit = Math.max(limit, Math.abs(value));
    sum += value;
    squares += value * value;
    count++;
  }
  const counts = new Uint32Array(BINS);
  const scale = limit > 0 ? BINS / (2 * limit) : 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    const bin = limit > 0 ? Math.min(BINS - 1, Math.floor((value + limit) * scale)) : (BINS - 1) / 2;
    counts[bin] = (counts[bin] as number) + 1;
  }
  const mean = count > 0 ? sum / count : 0;
  return { limit, counts, deviation: count > 0 ? Math.sqrt(Math.max(0, squares / count - mean * mean)) : 0 };
}

/** At most so many of a list, with its first and last, evenly between. */
export function spread<T>(list: readonly T[], most: number): readonly T[] {
  if (list.length <= most) return list;
  return Array.from({ length: most }, (_, i) => list[Math.round((i * (list.length - 1)) / (most - 1))] as T);
}
