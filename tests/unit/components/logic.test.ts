import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accuracy,
  countConfusion,
  rowShares,
  rowTotals,
  shareDifference,
} from '../../../apps/components/confusion-matrix/matrix.ts';
import { classOf, sortFiles } from '../../../apps/components/dataset-picker/files.ts';
import { inkBounds, normaliseDigit, SIDE } from '../../../apps/components/digit-pad/normalise.ts';
import { cellAt, cellOrigin, gridLayout, moveByKey } from '../../../apps/components/image-grid/layout.ts';
import { differing, metricNames, type Run, sortRuns } from '../../../apps/components/runs-table/runs.ts';
import { fitPoints, PointIndex, toPixel } from '../../../apps/components/scatter-plot/geometry.ts';
import { fileName, toCsv } from '../../../apps/components/shared/files.ts';
import { formatNumber, formatPercent, formatShape, roughPercent, unravel } from '../../../apps/components/shared/format.ts';
import { imageRgba, largestMagnitude } from '../../../apps/components/shared/images.ts';
import { statistics } from '../../../apps/components/shared/statistics.ts';
import { tile } from '../../../apps/components/tensor-view/tiles.ts';

describe('numbers for people', () => {
  it.each([
    [0, '0'],
    [1, '1'],
    [-0.5, '−0.5'],
    [0.123456, '0.1235'],
    [12345.6, '12346'],
    [0.00004, '4e−5'],
    [1.5e-7, '1.5e−7'],
    [3e9, '3e9'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '−∞'],
  ])('%d is %s', (value, text) => expect(formatNumber(value)).toBe(text));

  it('names shapes, shares and places', () => {
    expect(formatShape([28, 28, 1])).toBe('28 × 28 × 1');
    expect(formatShape([])).toBe('scalar');
    expect(formatPercent(0.9714)).toBe('97.1 %');
    // Only all is 100 %, and only nothing 0 %.
    expect([0.995, 1, 0.004, 0].map((share) => formatPercent(share, 0))).toEqual(['99.5 %', '100 %', '0.4 %', '0 %']);
    expect(formatPercent(0.9996)).toBe('99.96 %');
    expect([0, 1e-8, 0.0051, 0.97, 0.9951, 1].map(roughPercent)).toEqual(['0 %', '<1 %', '1 %', '97 %', '>99 %', '100 %']);
    expect(formatPercent(Number.NaN)).toBe('–');
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }), fc.nat(), (shape, n) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const at = unravel(n % size, shape);
        expect(at.reduce((flat, index, axis) => flat * (shape[axis] as number) + index, 0)).toBe(n % size);
      }),
    );
  });

  it('writes CSV that spreadsheets read', () => {
    expect(
      toCsv(
        ['a', 'b "q"'],
        [
          [1, 'x,y'],
          [null, Number.NaN],
          [0.1, undefined],
        ],
      ),
    ).toBe('a,"b ""q"""\n1,"x,y"\n,\n0.1,\n');
    expect(fileName('Loss of Run 3 (λ = 0.01)', 'PNG')).toBe('loss-of-run-3-0.01-png');
  });

  it('sums up tensors, also with values that are not finite', () => {
    const s = statistics([1, 2, 3, 4, 0, Number.NaN, Number.POSITIVE_INFINITY]);
    expect(s).toMatchObject({ count: 7, min: 0, max: 4, mean: 2, zeros: 1, nonFinite: 2 });
    expect(s.std).toBeCloseTo(Math.sqrt(2));
    expect(statistics([]).mean).toBeNaN();
  });
});

describe('image grid', () => {
  it('finds back every cell from its own points, and nothing in gaps', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 30, max: 900 }),
        fc.integer({ min: 0, max: 9 }),
        (count, width, gap) => {
          const layout = gridLayout(count, { width: 20, height: 25 }, gap, width);
          expect(layout.columns * layout.rows).toBeGreaterThanOrEqual(count);
          for (let i = 0; i < count; i++) {
            const [x, y] = cellOrigin(layout, i);
            expect(cellAt(layout, count, x + 10, y + 12)).toBe(i);
            if (gap > 2) expect(cellAt(layout, count, x + 21, y + 12)).toBe(-1);
          }
        },
      ),
    );
    expect(gridLayout(5, { width: 50, height: 50 }, 4, 10).columns).toBe(1);
    expect(cellAt(gridLayout(3, { width: 10, height: 10 }, 0, 20), 3, 15, 15)).toBe(-1);
  });

  it('walks by keys and stays inside', () => {
    expect(moveByKey('ArrowDown', 1, 10, 4)).toBe(5);
    expect(moveByKey('ArrowDown', 8, 10, 4)).toBe(8);
    expect(moveByKey('ArrowUp', 2, 10, 4)).toBe(2);
    expect(moveByKey('ArrowLeft', 0, 10, 4)).toBe(0);
    expect(moveByKey('End', 0, 10, 4)).toBe(9);
    expect(moveByKey('x', 0, 10, 4)).toBeUndefined();
    expect(moveByKey('Home', 0, 0, 4)).toBeUndefined();
  });

  it('draws bytes, floats and maps; what is not finite is loud', () => {
    const bytes = imageRgba({ data: Uint8Array.of(0, 128, 255, 7), count: 2, width: 2, height: 1, channels: 1 }, 1, 'light');
    expect([...bytes]).toEqual([255, 255, 255, 255, 7, 7, 7, 255]);
    const floats = imageRgba(
      { data: Float32Array.of(-1, 1, Number.NaN), count: 1, width: 3, height: 1, channels: 1, range: [-1, 1] },
      0,
      'light',
    );
    expect([...floats.slice(0, 8)]).toEqual([0, 0, 0, 255, 255, 255, 255, 255]);
    expect(floats[9]).toBeLessThan(100);
    expect(floats[8]).toBeGreaterThan(200);
    const rgb = imageRgba({ data: Uint8Array.of(1, 2, 3), count: 1, width: 1, height: 1, channels: 3 }, 0, 'dark');
    expect([...rgb]).toEqual([1, 2, 3, 255]);
    expect(largestMagnitude([1, -3, Number.NaN])).toBe(3);
  });
});

describe('tensor tiles', () => {
  const check = (shape: number[], layout: 'nhwc' | 'hwio' | 'matrix', sample: number) => {
    const tiling = tile(shape, layout, sample);
    const seen = new Set<number>();
    for (let t = 0; t < tiling.tiles; t++) {
      for (let y = 0; y < tiling.height; y++) for (let x = 0; x < tiling.width; x++) seen.add(tiling.index(t, y, x));
    }
    return seen;
  };

  it('show every value of a weight tensor once, and one sample of an activation', () => {
    expect(check([3, 3, 2, 4], 'hwio', 0).size).toBe(72);
    const second = check([2, 3, 3, 5], 'nhwc', 1);
    expect([Math.min(...second), Math.max(...second)]).toEqual([45, 89]);
    expect(second.size).toBe(45);
  });

  it('put weights of one output channel side by side', () => {
    const tiling = tile([1, 1, 2, 3], 'hwio');
    expect(Array.from({ length: 6 }, (_, t) => tiling.index(t, 0, 0))).toEqual([0, 3, 1, 4, 2, 5]);
    expect(tiling.name(3)).toBe('output 1, input 1');
  });

  it('wrap long vectors and fold higher ranks', () => {
    expect(tile([10], 'matrix')).toMatchObject({ width: 10, height: 1, tiles: 1 });
    expect(tile([130], 'matrix')).toMatchObject({ width: 64, height: 3 });
    expect(tile([2, 3, 4], 'matrix')).toMatchObject({ width: 4, height: 6 });
    expect(tile([0], 'matrix').tiles).toBe(0);
    expect(tile([], 'matrix')).toMatchObject({ width: 1, height: 1, tiles: 1 });
  });
});

describe('confusion matrix', () => {
  const matrix = countConfusion([0, 0, 1, 1, 1], [0, 1, 1, 1, 0], 3);

  it('counts by true and predicted class', () => {
    expect(Array.from(matrix.counts)).toEqual([1, 1, 0, 1, 2, 0, 0, 0, 0]);
    expect(rowTotals(matrix)).toEqual([2, 3, 0]);
    expect(accuracy(matrix)).toBeCloseTo(0.6);
    expect([...rowShares(matrix)].slice(6)).toEqual([0, 0, 0]);
    expect(() => countConfusion([0], [3], 3)).toThrow(RangeError);
  });

  it('subtracts shares, not counts', () => {
    const other = countConfusion([0, 0, 0, 0], [0, 0, 0, 0], 3);
    expect([...shareDifference(matrix, other)].slice(0, 3)).toEqual([-0.5, 0.5, 0]);
  });
});

describe('scatter plot', () => {
  it('fits points with one scale and y up', () => {
    const t = fitPoints([0, 10], [0, 5], 120, 120, 10);
    expect(t.scale).toBe(10);
    expect(toPixel(t, 0, 5)[1]).toBeLessThan(toPixel(t, 0, 0)[1]);
    expect(toPixel(t, 5, 2.5)).toEqual([60, 60]);
    expect(fitPoints([], [], 100, 100, 10).scale).toBe(1);
    expect(fitPoints([Number.NaN], [1], 100, 100, 10).scale).toBe(1);
  });

  it('finds the nearest point as a search of all does', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: -50, max: 250 }), fc.integer({ min: -50, max: 250 })), { maxLength: 80 }),
        fc.tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 200 })),
        (points, [px, py]) => {
          const x = points.map(([a]) => a);
          const y = points.map(([, b]) => -b);
          const index = new PointIndex(x, y, { scale: 1, offsetX: 0, offsetY: 0 }, () => true);
          const distances = points.map(([a, b]) => Math.hypot(a - px, b - py));
          const best = Math.min(...distances, Number.POSITIVE_INFINITY);
          const found = index.nearest(px, py);
          if (best >= 16) expect(found).toBe(-1);
          else expect(distances[found]).toBeCloseTo(best, 6);
        },
      ),
    );
  });

  it('walks by direction and ignores hidden points', () => {
    const x = [0, 10, 20, 0];
    const y = [0, 0, 0, -10];
    const all = new PointIndex(x, y, { scale: 1, offsetX: 0, offsetY: 0 }, () => true);
    expect(all.towards(0, 1, 0)).toBe(1);
    expect(all.towards(0, 0, 1)).toBe(3);
    expect(all.towards(2, 1, 0)).toBe(2);
    const some = new PointIndex(x, y, { scale: 1, offsetX: 0, offsetY: 0 }, (i) => i !== 1);
    expect(some.towards(0, 1, 0)).toBe(2);
    expect(some.nearest(10, 0)).not.toBe(1);
  });
});

describe('digit pad', () => {
  const blank = () => new Uint8Array(100 * 100);

  it('finds the ink', () => {
    const ink = blank();
    ink[20 * 100 + 30] = 255;
    ink[60 * 100 + 35] = 255;
    expect(inkBounds(ink, 100, 100)).toEqual({ left: 30, top: 20, right: 36, bottom: 61 });
    expect(inkBounds(blank(), 100, 100)).toBeUndefined();
    expect(normaliseDigit(blank(), 100, 100).every((v) => v === 0)).toBe(true);
  });

  it('scales into 20 × 20, keeps proportions and centres the mass, wherever and however large it was drawn', () => {
    for (const [left, top, width, height] of [
      [0, 0, 30, 60],
      [60, 30, 30, 60],
      [10, 5, 15, 30],
      [0, 40, 100, 10],
    ] as const) {
      const ink = blank();
      for (let y = top; y < top + height; y++) ink.fill(255, y * 100 + left, y * 100 + left + width);
      const digit = normaliseDigit(ink, 100, 100);
      const box = inkBounds(digit, SIDE, SIDE);
      if (!box) throw new Error('no ink');
      const [w, h] = [box.right - box.left, box.bottom - box.top];
      expect(Math.max(w, h)).toBe(20);
      expect(Math.abs(w / h - width / height)).toBeLessThan(0.6);
      expect(Math.abs((box.left + box.right) / 2 - 14)).toBeLessThanOrEqual(0.5);
      expect(Math.abs((box.top + box.bottom) / 2 - 14)).toBeLessThanOrEqual(0.5);
      expect(Math.max(...digit)).toBe(255);
    }
  });

  it('moves an uneven shape so that its centre of mass is the centre', () => {
    const ink = blank();
    for (let y = 0; y < 60; y++) ink.fill(255, y * 100 + 20, y * 100 + (y < 20 ? 80 : 30));
    const digit = normaliseDigit(ink, 100, 100);
    let [mass, mx, my] = [0, 0, 0];
    digit.forEach((value, i) => {
      mass += value;
      mx += value * ((i % SIDE) + 0.5);
      my += value * (Math.floor(i / SIDE) + 0.5);
    });
    expect(Math.abs(mx / mass - 14)).toBeLessThanOrEqual(0.6);
    expect(Math.abs(my / mass - 14)).toBeLessThanOrEqual(0.6);
  });
});

describe('own images', () => {
  const file = (path: string) => ({ file: {} as File, path });

  it('takes the folder as the class', () => {
    expect(classOf('set/train/cat/1.jpg')).toBe('cat');
    expect(classOf('1.jpg')).toBeNull();
    const given = sortFiles(
      ['b/dog/2.png', 'b/cat/1.JPG', 'b/notes.txt', 'b/__MACOSX/cat/1.jpg', 'b/cat/.hidden.png', 'x.tar.gz'].map(file),
    );
    expect(given.classes).toEqual(['cat', 'dog']);
    expect(given.images.map((i) => [i.path, i.label])).toEqual([
      ['b/cat/1.JPG', 0],
      ['b/dog/2.png', 1],
    ]);
    expect(given.archives.map((a) => a.path)).toEqual(['x.tar.gz']);
    expect(given.skipped).toEqual(['b/notes.txt']);
  });

  it('gives no labels where there is one folder or none', () => {
    expect(sortFiles([file('a.png'), file('b.png')]).images.every((i) => i.label === null)).toBe(true);
    expect(sortFiles([file('heap/a.png'), file('heap/b.png')]).classes).toEqual([]);
  });
});

describe('runs', () => {
  const run = (id: string, config: Run['config'], metrics: Run['metrics']): Run => ({
    id,
    label: id,
    config,
    metrics,
    shown: true,
  });
  const runs = [
    run('b', { lr: 0.1, seed: 1 }, { loss: 2 }),
    run('a', { lr: 0.01, seed: 1, p: 0.5 }, { loss: 1, accuracy: 0.9 }),
    run('c', { lr: 0.1, seed: 1 }, { loss: Number.NaN }),
  ];

  it('shows the settings that differ', () => {
    expect(differing(runs)).toEqual(['lr', 'p']);
    expect(differing(runs.slice(0, 1))).toEqual([]);
    expect(metricNames(runs)).toEqual(['loss', 'accuracy']);
  });

  it('sorts by any column, missing values last', () => {
    const ids = (list: readonly Run[]) => list.map((r) => r.id).join('');
    expect(ids(sortRuns(runs, { of: 'metrics', key: 'loss', descending: false }))).toBe('abc');
    expect(ids(sortRuns(runs, { of: 'metrics', key: 'loss', descending: true }))).toBe('bac');
    expect(ids(sortRuns(runs, { of: 'metrics', key: 'accuracy', descending: true }))).toBe('abc');
    expect(ids(sortRuns(runs, { of: 'label', key: 'run', descending: false }))).toBe('abc');
    expect(ids(sortRuns(runs, null))).toBe('bac');
  });
});
