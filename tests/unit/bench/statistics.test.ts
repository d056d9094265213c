import { describe, expect, it } from 'vitest';
import { geometricMean, quantile, rooflineSeconds, summarize } from '../../../bench/measure/statistics.ts';

describe('statistics of the benchmark', () => {
  it('interpolates quantiles linearly, as numpy does', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([10, 20, 30, 40, 50], 0.25)).toBe(20);
    expect(quantile([1, 2], 0.75)).toBe(1.75);
    expect(quantile([7], 0.9)).toBe(7);
  });

  it('gives extremes for 0 and 1 and leaves the samples in order', () => {
    const samples = [3, 1, 2];
    expect([quantile(samples, 0), quantile(samples, 1)]).toEqual([1, 3]);
    expect(samples).toEqual([3, 1, 2]);
  });

  it('refuses an empty list', () => {
    expect(() => quantile([], 0.5)).toThrow(RangeError);
    expect(() => geometricMean([])).toThrow(RangeError);
  });

  it('summarises with the distance between the quartiles, which one outlier does not move', () => {
    expect(summarize([1, 2, 3, 4, 100])).toEqual({ median: 3, min: 1, iqr: 2, count: 5 });
  });

  it('averages ratios geometrically', () => {
    expect(geometricMean([0.5, 2])).toBeCloseTo(1, 12);
    expect(geometricMean([1, 10, 100])).toBeCloseTo(10, 12);
  });

  it('takes the larger of the arithmetic and the memory bound', () => {
    const roof = { flopsPerSecond: 100, bytesPerSecond: 10 };
    expect(rooflineSeconds(1000, 10, roof)).toBe(10);
    expect(rooflineSeconds(1000, 1000, roof)).toBe(100);
  });
});
