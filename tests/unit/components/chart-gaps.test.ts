import { describe, expect, it } from 'vitest';
import {
  alignCurves,
  alignWithGaps,
  type Curve,
  decimate,
  lonePoints,
  valueNear,
} from '../../../apps/components/chart/columns.ts';
import { bandParts } from '../../../apps/components/chart/overlays.ts';
import { chartSvg } from '../../../apps/components/chart/svg.ts';

const LINEAR = { x: false, y: false };
const LOG_Y = { x: false, y: true };
const N = 50_000;
const LIMIT = 500;

/** A long flat curve with some values of its own. */
function long(values: Readonly<Record<number, number>> = {}): { x: Float64Array; y: Float64Array } {
  const y = new Float64Array(N).fill(1);
  for (const [i, value] of Object.entries(values)) y[Number(i)] = value;
  return { x: Float64Array.from({ length: N }, (_, i) => i), y };
}

const pointsOf = ({ x, y }: Curve) => Array.from(x, (value, i) => [value, y[i] as number] as const);
const has = (curve: Curve, x: number, y: number) => pointsOf(curve).some(([a, b]) => a === x && Object.is(b, y));

describe('a long curve that is thinned', () => {
  it('keeps peaks beside NaN and infinities, at their place', () => {
    // Everything within one stretch: the first value of it is the one that every comparison fails with.
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      for (let start = 20_000; start < 20_400; start += 13) {
        const thin = decimate(long({ [start]: bad, [start + 1]: 7, [start + 2]: -7 }), LIMIT);
        expect(has(thin, start + 1, 7) && has(thin, start + 2, -7), `${bad} at ${start}`).toBe(true);
        expect(has(thin, start, bad), `${bad} at ${start}`).toBe(true);
        expect(thin.x.length).toBeLessThanOrEqual(LIMIT);
      }
    }
  });

  it('keeps gaps: short ones, and the ends of long ones', () => {
    const y = long().y;
    y.fill(Number.NaN, 10_000, 20_000);
    y[30_000] = Number.NaN;
    const curve = { x: long().x, y };
    const thin = decimate(curve, LIMIT);
    expect(has(thin, 10_000, Number.NaN) && has(thin, 19_999, Number.NaN) && has(thin, 30_000, Number.NaN)).toBe(true);
    // No value appears where the curve has none.
    for (const [at, value] of pointsOf(thin)) expect(Object.is(value, y[at] as number), `${at}`).toBe(true);
    const {
      x,
      y: [column = []],
    } = alignWithGaps([thin], LINEAR);
    expect(x.filter((_, i) => column[i] === null).every((at) => (at >= 10_000 && at < 20_000) || at === 30_000)).toBe(true);
  });

  it('is thinned along x, whatever the order of its points', () => {
    const { x, y } = long({ 33333: 9 });
    const reversed = { x: x.slice().reverse(), y: y.slice().reverse() };
    const thin = decimate(reversed, LIMIT);
    expect(has(thin, 33_333, 9)).toBe(true);
    expect(pointsOf(thin).every(([at], i, all) => i === 0 || at > (all[i - 1]?.[0] ?? 0))).toBe(true);
    expect([thin.x[0], thin.x[thin.x.length - 1]]).toEqual([0, N - 1]);
    // A run that goes back to a checkpoint: its second part overlaps the first.
    const back = { x: [...x.subarray(0, 30_000), ...x.subarray(10_000)], y: [...y.subarray(0, 30_000), ...y.subarray(10_000)] };
    const again = decimate(back, LIMIT);
    expect(has(again, 33_333, 9)).toBe(true);
    expect(again.x[again.x.length - 1]).toBe(N - 1);
    const shuffled = { x: x.map((_, i) => (i * 7919) % N), y: y.map((_, i) => ((i * 7919) % N === 4_321 ? 5 : 1)) };
    expect(has(decimate(shuffled, LIMIT), 4_321, 5)).toBe(true);
  });

  it('keeps on a logarithmic axis the smallest value that it has a place for', () => {
    const thin = decimate(long({ 20001: 0, 20002: -3, 20003: 1e-9 }), LIMIT, LOG_Y);
    expect(has(thin, 20_003, 1e-9)).toBe(true);
    const {
      y: [column = []],
    } = alignWithGaps([thin], LOG_Y);
    expect(column.filter((value) => value === null).length).toBeGreaterThan(0);
  });

  it('passes over points without an x, and holds its limit with nothing but gaps', () => {
    const { x, y } = long({ 40000: 4 });
    x[100] = Number.NaN;
    x[200] = Number.POSITIVE_INFINITY;
    const thin = decimate({ x, y }, LIMIT);
    expect(Array.from(thin.x).every(Number.isFinite)).toBe(true);
    expect(has(thin, 40_000, 4)).toBe(true);
    const gaps = decimate({ x: long().x, y: new Float64Array(N).fill(Number.NaN) }, LIMIT);
    expect(gaps.x.length).toBeLessThanOrEqual(LIMIT);
    expect(Array.from(gaps.y).every(Number.isNaN)).toBe(true);
  });
});

describe('gaps of aligned curves', () => {
  const own: Curve = { x: [0, 2, 4, 6, 8], y: [1, 2, Number.NaN, 3, 4] };
  const other: Curve = { x: [1, 3, 5, 7], y: [9, 9, 9, 9] };

  it('differ from the x of other curves, and reach from the point before to the one behind', () => {
    const { x, y } = alignWithGaps([own, other], LINEAR);
    expect(x).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(y[0]).toEqual([1, undefined, 2, null, null, null, 3, undefined, 4]);
    expect(y[1]).toEqual([undefined, 9, undefined, 9, undefined, 9, undefined, 9, undefined]);
    expect(alignCurves([own, other], LINEAR).y[0]).toEqual([1, null, 2, null, null, null, 3, null, 4]);
  });

  it('leave points that no line touches', () => {
    expect(lonePoints([1, undefined, 2, null, 3, null, undefined, 4])).toEqual([4, 7]);
    expect(lonePoints([5])).toEqual([0]);
    expect(lonePoints([undefined, null])).toEqual([]);
    expect(lonePoints([1, 2, 3])).toEqual([]);
  });

  it('a curve of more x than y, and one of nothing', () => {
    expect(
      alignWithGaps(
        [
          { x: [0, 1, 2], y: [5] },
          { x: [], y: [] },
        ],
        LINEAR,
      ),
    ).toEqual({ x: [0], y: [[5], [undefined]] });
  });
});

describe('reading a curve', () => {
  it('finds the nearest x whatever the order, the last of equal ones', () => {
    expect(valueNear({ x: [9, 5, 1, 7], y: [90, 50, 10, 70] }, 2)).toEqual({ x: 1, y: 10 });
    expect(valueNear({ x: [0, 10, 20, 10], y: [1, 2, 3, 4] }, 11)).toEqual({ x: 10, y: 4 });
    expect(valueNear({ x: [Number.NaN, 3], y: [1, 2] }, 0)).toEqual({ x: 3, y: 2 });
  });
});

describe('pictures', () => {
  const identity = (value: number) => value;

  it('draw a band in the parts that it has, by ascending x', () => {
    const band = { id: 'b', label: 'b', x: [2, 0, 1, 3, 4, 5], low: [2, 0, 1, Number.NaN, 4, 5], high: [3, 1, 2, 9, 5, 6] };
    expect(bandParts(band, identity, identity)).toEqual([
      [
        [0, 1],
        [1, 2],
        [2, 3],
        [2, 2],
        [1, 1],
        [0, 0],
      ],
      [
        [4, 5],
        [5, 6],
        [5, 5],
        [4, 4],
      ],
    ]);
  });

  it('have no line across a gap, and no number that is none', () => {
    const axis = { min: 0, max: 8, scale: 'linear' as const };
    const palette = { categories: ['red'], surface: 'white', ink: 'black', 'ink-soft': 'grey', rule: 'grey' };
    const svg = chartSvg({
      ...{ title: 't', xLabel: 'x', yLabel: 'y', lines: [], markers: [] },
      series: [{ id: 'a', label: 'a', x: [8, 6, 4, 2, 0], y: [3, Number.NaN, 3, Number.POSITIVE_INFINITY, 1] }],
      bands: [{ id: 'b', label: 'b', x: [0, 1, 2], low: [0, Number.NaN, 0], high: [1, 1, 1] }],
      ...{ x: axis, y: axis },
      palette: palette as unknown as Parameters<typeof chartSvg>[0]['palette'],
    });
    expect(svg).not.toMatch(/NaN|Infinity/);
    // Three points, none beside another: three dots, no line.
    expect(svg.match(/<circle/g)).toHaveLength(3);
    expect(svg).not.toContain('<polyline');
  });
});
