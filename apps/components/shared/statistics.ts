/** What a tensor's header shows. */
export interface Statistics {
  readonly count: number;
  /** Over finite values; NaN where there are none. */
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly std: number;
  readonly zeros: number;
  readonly nonFinite: number;
}

/** One pass with Welford's update, so that the mean of many small numbers keeps its digits. */
export function statistics(values: ArrayLike<number>): Statistics {
  let [min, max, mean, square, finite, zeros] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    finite++;
    if (value === 0) zeros++;
    if (value < min) min = value;
    if (value > max) max = value;
    const delta = value - mean;
    mean += delta / finite;
    square += delta * (value - mean);
  }
  const none = finite === 0;
  return {
    count: values.length,
    min: none ? Number.NaN : min,
    max: none ? Number.NaN : max,
    mean: none ? Number.NaN : mean,
    std: none ? Number.NaN : Math.sqrt(square / finite),
    zeros,
    nonFinite: values.length - finite,
  };
}
