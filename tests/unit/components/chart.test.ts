import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alignCurves, decimate, extent, nearestIndex, paddedRange, valueNear } from '../../../apps/components/chart/columns.ts';
import { GrowingSeries } from '../../../apps/components/chart/growing-series.ts';
import { bestIndex, smooth } from '../../../apps/components/chart/smoothing.ts';
import { share, ticksOf, ticksWithin, valueAt } from '../../../apps/components/chart/ticks.ts';

describe('smoothing', () => {
  it('leaves a constant alone: the start is not biased towards zero', () => {
    for (const value of smooth(new Array(50).fill(3), 0.95)) expect(value).toBeCloseTo(3, 12);
  });

  it('is the weighted mean of what came before', () => {
    const [a, b, c] = smooth([1, 2, 4], 0.5);
    expect(a).toBeCloseTo(1);
    expect(b).toBeCloseTo((0.25 * 1 + 0.5 * 2) / 0.75);
    expect(c).toBeCloseTo((0.125 * 1 + 0.25 * 2 + 0.5 * 4) / 0.875);
    expect([...smooth([1, 5, 2], 0)]).toEqual([1, 5, 2]);
  });

  it('skips what is not finite and goes on', () => {
    const out = smooth([2, Number.NaN, Number.POSITIVE_INFINITY, 2], 0.9);
    expect(out[0]).toBeCloseTo(2);
    expect(out[1]).toBeNaN();
    expect(out[3]).toBeCloseTo(2);
  });

  it('stays between the smallest and largest value', () => {
    fc.assert(
      fc.property(
        fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 }), { minLength: 1 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (ys, w) => {
          const [low, high] = [Math.min(...ys), Math.max(...ys)];
          const slack = 1e-6 * (1 + high - low + Math.abs(high));
          for (const value of smooth(ys, w)) {
            expect(value).toBeGreaterThanOrEqual(low - slack);
            expect(value).toBeLessThanOrEqual(high + slack);
          }
        },
      ),
    );
  });

  it('finds the best step, the first of equal ones', () => {
    expect(bestIndex([3, 1, 2, 1], 'min')).toBe(1);
    expect(bestIndex([3, Number.NaN, 5], 'max')).toBe(2);
    expect(bestIndex([Number.NaN], 'min')).toBe(-1);
  });
});

describe('axes', () => {
  it('has as many round ticks as there is room for, whole ones where steps are counted', () => {
    const axis = (min: number, max: number) => ({ min, max, scale: 'linear' as const });
    expect(ticksWithin(axis(0, 2.4), 170, 34)).toEqual([0, 0.5, 1, 1.5, 2]);
    expect(ticksWithin(axis(1, 126), 370, 60, true)).toEqual([25, 50, 75, 100, 125]);
    expect(ticksWithin(axis(0, 3), 600, 60)).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3]);
    expect(ticksWithin(axis(0, 3), 600, 60, true)).toEqual([0, 1, 2, 3]);
    expect(ticksWithin({ min: 0.01, max: 10, scale: 'log' }, 600, 60)).toEqual([0.01, 0.1, 1, 10]);
    for (const length of [0, -20]) expect(ticksWithin(axis(0, 1), length, 60)).toEqual([]);
    // Between neighbouring numbers no tick can be told from another.
    expect(ticksWithin(axis(1e12 - 1e-4, 1e12 + 3e-4), 600, 60)).toEqual([1e12]);
    expect(ticksWithin(axis(1 / 3, 1 / 3 + 1e-15), 600, 60)).toEqual([]);
    fc.assert(
      fc.property(
        fc.double({ min: -1e12, max: 1e12, noNaN: true }),
        fc.double({ min: 1e-9, max: 1e12, noNaN: true }),
        fc.integer({ min: 61, max: 4000 }),
        fc.boolean(),
        (min, width, length, counted) => {
          const ticks = ticksWithin(axis(min, min + width), length, 60, counted);
          expect(ticks.length).toBeLessThanOrEqual(length / 60 + 1);
          if (counted) expect(ticks.every(Number.isInteger)).toBe(true);
          expect(ticks.every((tick, i) => i === 0 || tick > (ticks[i - 1] as number))).toBe(true);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('finds the value at a place and the place of a value', () => {
    for (const axis of [
      { min: -3, max: 5, scale: 'linear' as const },
      { min: 0.02, max: 30, scale: 'log' as const },
    ])
      for (const part of [0, 0.3, 1]) expect(share(axis, valueAt(axis, part))).toBeCloseTo(part, 12);
  });

  it('has round ticks inside the range', () => {
    expect(ticksOf({ min: 0, max: 1, scale: 'linear' })).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1]);
    expect(ticksOf({ min: -1.3, max: 2.1, scale: 'linear' })).toEqual([-1, 0, 1, 2]);
    expect(ticksOf({ min: 0.003, max: 20, scale: 'log' })).toEqual([0.01, 0.1, 1, 10]);
    expect(ticksOf({ min: 3, max: 3, scale: 'linear' })).toEqual([3]);
    expect(ticksOf({ min: 0.5, max: 6, scale: 'log' })).toEqual([0.5, 1, 2, 5]);
    expect(ticksOf({ min: 2.1, max: 2.9, scale: 'log' }).length).toBeGreaterThan(2);
    expect(ticksOf({ min: 0, max: 1, scale: 'log' })).toEqual([]);
    expect(ticksOf({ min: 1 / 3, max: 1 / 3 + 1e-15, scale: 'log' })).toEqual([1 / 3]);
  });

  it('has some ticks and never too many, whatever the range', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -40, max: 30, noNaN: true }),
        fc.double({ min: 0.001, max: 60, noNaN: true }),
        (exponent, decades) => {
          const [min, max] = [10 ** exponent, 10 ** (exponent + decades)];
          for (const scale of ['log', 'linear'] as const) {
            const ticks = ticksOf({ min, max, scale });
            expect(ticks.length).toBeGreaterThan(0);
            expect(ticks.length).toBeLessThan(16);
            expect(ticks.every((tick) => tick >= min * (1 - 1e-9) && tick <= max * (1 + 1e-9))).toBe(true);
          }
        },
      ),
    );
  });

  it('places values by the scale', () => {
    expect(share({ min: 0, max: 4, scale: 'linear' }, 1)).toBe(0.25);
    expect(share({ min: 1, max: 100, scale: 'log' }, 10)).toBeCloseTo(0.5);
  });
});

describe('columns', () => {
  it('aligns curves of different x and drops what an axis cannot place', () => {
    const { x, y } = alignCurves(
      [
        { x: [0, 2, 4], y: [1, 0, -1] },
        { x: [1, 2], y: [5, Number.NaN] },
      ],
      { x: false, y: true },
    );
    expect(x).toEqual([0, 1, 2, 4]);
    expect(y).toEqual([
      [1, null, null, null],
      [null, 5, null, null],
    ]);
    expect(alignCurves([{ x: [0, 1], y: [1, 2] }], { x: true, y: false }).x).toEqual([1]);
    const unsorted = alignCurves([{ x: [2, 0, 1, 1], y: [20, 0, 10, 11] }], { x: false, y: false });
    expect(unsorted).toEqual({ x: [0, 1, 2], y: [[0, 11, 20]] });
  });

  it('thins long curves and keeps ends and peaks', () => {
    const n = 100_000;
    const x = Float64Array.from({ length: n }, (_, i) => i);
    const y = new Float64Array(n);
    y[54_321] = 9;
    y[77_777] = -9;
    const thin = decimate({ x, y }, 1000);
    expect(thin.x.length).toBeLessThanOrEqual(1000);
    expect(thin.x[0]).toBe(0);
    expect(thin.x[thin.x.length - 1]).toBe(n - 1);
    expect(Math.max(...(thin.y as number[]))).toBe(9);
    expect(Math.min(...(thin.y as number[]))).toBe(-9);
    expect((thin.x as number[]).every((value, i, all) => i === 0 || value > (all[i - 1] as number))).toBe(true);
    expect(decimate({ x: [1, 2], y: [3, 4] })).toEqual({ x: [1, 2], y: [3, 4] });
  });

  it('finds the nearest x', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), { minLength: 1 }),
        fc.integer({ min: -1200, max: 1200 }),
        (xs, at) => {
          xs.sort((a, b) => a - b);
          const best = Math.min(...xs.map((x) => Math.abs(x - at)));
          expect(Math.abs((xs[nearestIndex(xs, at)] as number) - at)).toBe(best);
        },
      ),
    );
    expect(valueNear({ x: [], y: [] }, 3)).toBeUndefined();
    expect(valueNear({ x: [1, 5], y: [10, 50] }, 4)).toEqual({ x: 5, y: 50 });
  });

  it('makes ranges with air, zero as floor, and room around one value', () => {
    expect(extent([[1, null, Number.NaN], [-2]], false)).toEqual([-2, 1]);
    expect(extent([[-1, 0, 3]], true)).toEqual([3, 3]);
    expect(extent([[]], false)).toBeUndefined();
    expect(paddedRange([0.1, 2], false)[0]).toBe(0);
    expect(paddedRange([-1, 1], false)[0]).toBeLessThan(-1);
    const [low, high] = paddedRange([5, 5], false);
    expect(low).toBeLessThan(5);
    expect(high).toBeGreaterThan(5);
    expect(paddedRange([0.01, 1], true)[0]).toBeGreaterThan(0);
    expect(paddedRange(undefined, true)[0]).toBeGreaterThan(0);
  });

  it('grows without losing points', () => {
    const series = new GrowingSeries();
    for (let i = 0; i < 1000; i++) series.push(i, i * i);
    expect(series.length).toBe(1000);
    expect(series.x[999]).toBe(999);
    expect(series.y[500]).toBe(250_000);
    expect(() => series.push(3, 0)).toThrow(RangeError);
    series.clear();
    expect(series.x.length).toBe(0);
  });
});
