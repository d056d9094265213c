/** Statistics of batches of timings: robust ones, because a shared machine adds time and never takes any away. */

export interface Summary {
  readonly median: number;
  readonly min: number;
  /** Distance between the quartiles. */
  readonly iqr: number;
  readonly count: number;
}

/** Quantile `q` in [0, 1] with linear interpolation between order statistics (numpy's default). */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) throw new RangeError('a quantile needs at least one sample');
  const sorted = [...samples].sort((a, b) => a - b);
  const position = q * (sorted.length - 1);
  const below = Math.floor(position);
  const low = sorted[below] as number;
  const high = sorted[Math.min(below + 1, sorted.length - 1)] as number;
  return low + (high - low) * (position - below);
}

export function summarize(samples: readonly number[]): Summary {
  return {
    median: quantile(samples, 0.5),
    min: Math.min(...samples),
    iqr: quantile(samples, 0.75) - quantile(samples, 0.25),
    count: samples.length,
  };
}

export function geometricMean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('a mean needs at least one value');
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

export interface Roof {
  readonly flopsPerSecond: number;
  readonly bytesPerSecond: number;
}

/** Shortest possible time in seconds of `flops` and `bytes` under a roofline (Williams, Waterman & Patterson 2009). */
export function rooflineSeconds(flops: number, bytes: number, roof: Roof): number {
  return Math.max(flops / roof.flopsPerSecond, bytes / roof.bytesPerSecond);
}
