import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError, ShapeError } from '../../../engine/errors.ts';
import { percentile, sort } from '../../../engine/ops/index.ts';
import { Generator } from '../../../engine/random.ts';
import { bhattacharyya } from '../../../engine/repair/bhattacharyya.ts';
import { hide, type MaskRule, normaliseMaps, saliencyMask } from '../../../engine/repair/masks.ts';
import { type MeasureName, measure, measureNames, mostAlike } from '../../../engine/repair/measures.ts';
import { meanInterval, pairedTest, studentTail } from '../../../engine/repair/statistics.ts';
import { setDevice, type Tensor, tensor } from '../../../engine/tensor.ts';
import { availableDevices } from '../core/devices.ts';

const opened = await availableDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

const values = async (t: Tensor) => [...(await t.data())];
const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);

describe.each(opened)('on %s', (_, device) => {
  beforeEach(() => setDevice(device));

  const u = [0, 0.5, 1, 0.2];
  const h = [0.1, 0.5, 0.4, 0];
  test.each([
    ['dot', 0.65],
    ['cosine', 0.116933],
    ['manhattan', 0.9],
    ['euclidean', 0.640312],
    ['minkowski', 0.60822],
    ['chebyshev', 0.6],
    ['earthMover', 0.175],
    ['canberra', 2.428571],
    ['brayCurtis', 0.333333],
  ] as const)('%s of LABS §9', async (name, expected) => {
    const [value, own] = await values(measure(name, tensor([u, h]), tensor(h)));
    expect(value).toBeCloseTo(expected, 6);
    expect(own).toBeCloseTo(name === 'dot' ? 0.42 : 0, 6);
  });

  test('the exponent of Minkowski’s measure', async () => {
    const by = async (p: number) => (await values(measure('minkowski', tensor([u]), tensor(h), { p })))[0] as number;
    expect(await by(1)).toBeCloseTo(0.9, 6);
    expect(await by(2)).toBeCloseTo(Math.sqrt(0.41), 6);
    expect(await by(5)).toBeCloseTo((0.1 ** 5 + 0.6 ** 5 + 0.2 ** 5) ** 0.2, 6);
    expect(await by(15)).toBeCloseTo(0.6, 5);
    // One grey level.
    expect((await values(measure('minkowski', tensor([[1 / 255, 0]]), tensor([0, 0]), { p: 15 })))[0]).toBeCloseTo(1 / 255, 7);
  });

  test('only 0/0 is 0: opposites are infinitely far by Bray–Curtis, and 1 by each element of Canberra', async () => {
    const opposite = tensor([
      [-1, -2, 0],
      [1, -2, 0],
    ]);
    const by = async (name: MeasureName) => values(measure(name, opposite, tensor([1, 2, 0])));
    // scipy.spatial.distance.braycurtis and canberra.
    expect(await by('brayCurtis')).toEqual([Number.POSITIVE_INFINITY, 2]);
    expect(await by('canberra')).toEqual([2, 1]);
    expect(await values(measure('brayCurtis', tensor([[0, 0]]), tensor([0, 0])))).toEqual([0]);
  });

  test('a NaN of a candidate makes each of its measures NaN, and of no other', async () => {
    const candidates = tensor([
      [Number.NaN, 0.5, 1],
      [0.5, Number.NaN, 1],
      [0, 0.5, 1],
    ]);
    for (const name of measureNames) {
      const found = await values(measure(name, candidates, tensor([0, 0.5, 0.2])));
      expect(found.map(Number.isNaN), name).toEqual([true, true, false]);
    }
  });

  test('measures of what they cannot compare are errors', () => {
    expect(() => measure('hamming' as MeasureName, tensor([u]), tensor(h))).toThrow(ConfigError);
    expect(() => measure('dot', tensor(u), tensor(h))).toThrow(ShapeError);
    expect(() => measure('dot', tensor([u]), tensor([1, 2]))).toThrow(ShapeError);
    expect(() => measure('minkowski', tensor([u]), tensor(h), { p: 0 })).toThrow('above 0');
    for (const p of [16, Number.POSITIVE_INFINITY, Number.NaN]) {
      expect(() => measure('minkowski', tensor([u]), tensor(h), { p })).toThrow('at most 15');
    }
    expect(measureNames).toHaveLength(9);
  });

  test('d_B of LABS §9, and of matrices that are nearly equal', async () => {
    const P = tensor([
      [0.7, 0.3],
      [0.2, 0.8],
    ]);
    const Q = tensor([
      [0.6, 0.4],
      [0.5, 0.5],
    ]);
    const ones = tensor([
      [1, 1],
      [1, 1],
    ]);
    expect(await bhattacharyya(P, Q).item()).toBeCloseTo(0.0284162, 7);
    expect(await bhattacharyya(P, ones).item()).toBeCloseTo(0.0362052, 7);
    expect(await bhattacharyya(P, P).item()).toBe(0);
    // 1 − Σ√(pq) would be lost in the last bits of float32; √p's relative change 5e-5 squared, times ½ and the mean of p, tells it.
    const near = tensor([
      [0.7001, 0.2999],
      [0.2, 0.8],
    ]);
    const p = [0.7, 0.3, 0.2, 0.8];
    const q = [0.7001, 0.2999, 0.2, 0.8];
    const exact = 0.5 * sum(p.map((v, i) => (Math.sqrt(v / 2) - Math.sqrt((q[i] as number) / 2)) ** 2));
    expect((await bhattacharyya(P, near).item()) / exact).toBeCloseTo(1, 1);
    expect(await bhattacharyya(tensor([[1, 0]]), tensor([[0, 1]])).item()).toBeCloseTo(1, 6);
    expect(() => bhattacharyya(P, tensor([[1, 1]]))).toThrow(ShapeError);
  });

  test('sort and percentile', async () => {
    expect(
      await values(
        sort(
          tensor([
            [3, 1, 2],
            [0, -1, 5],
          ]),
        ),
      ),
    ).toEqual([1, 2, 3, -1, 0, 5]);
    const numbers = tensor(Float32Array.from(new Generator(3).permutation(64)), [64]);
    expect(await percentile(numbers, 90).item()).toBeCloseTo(56.7, 5);
    expect(await percentile(numbers, 0).item()).toBe(0);
    expect(await percentile(numbers, 100).item()).toBe(63);
    // Between equal values it is that value exactly.
    expect(await percentile(tensor([0.3, 0.3, 0.3, 0.3]), 37).item()).toBe(Math.fround(0.3));
    expect(() => percentile(numbers, 101)).toThrow(ConfigError);
  });

  const distinct = () => {
    const order = new Generator(5).permutation(64);
    return tensor(
      Float32Array.from(order, (v) => v / 63),
      [1, 8, 8],
    );
  };
  const cells = async (rule: MaskRule, map = distinct()) => sum(await values(saliencyMask(map, rule, { size: [8, 8] })));

  test('top_k hides 7, 19, 32, 45, 57 of 64 distinct values', async () => {
    const counts = [];
    for (const k of [0.1, 0.3, 0.5, 0.7, 0.9]) counts.push(await cells({ rule: 'topK', k }));
    expect(counts).toEqual([7, 19, 32, 45, 57]);
  });

  test('threshold and mean are strict; a smaller factor hides more', async () => {
    expect(await cells({ rule: 'threshold', threshold: 0.5 })).toBe(32);
    // The float32 next to 0.1 lies above 0.1.
    const tenth = tensor(new Float32Array(64).fill(0.1), [1, 8, 8]);
    expect(await cells({ rule: 'threshold', threshold: 0.1 }, tenth)).toBe(64);
    expect(await cells({ rule: 'threshold', threshold: Math.fround(0.1) }, tenth)).toBe(0);
    expect(await cells({ rule: 'mean', k: 0.9 })).toBe(35);
    expect(await cells({ rule: 'mean', k: 0.1 })).toBe(60);
  });

  test('nothing is hidden of a map without a positive value', async () => {
    const empty = tensor(new Float32Array(64), [1, 8, 8]);
    for (const rule of [
      { rule: 'topK', k: 0.9 },
      { rule: 'threshold', threshold: 0 },
      { rule: 'mean', k: 0.5 },
      { rule: 'paper' },
    ] as const) {
      expect(await cells(rule, empty)).toBe(0);
    }
    expect(sum(await values(normaliseMaps(tensor(new Float32Array(64).fill(3), [1, 8, 8]))))).toBe(0);
  });

  test('the paper’s rule counts positive values of the resized map and is hard', async () => {
    const map = new Float32Array(64);
    map.fill(0.1, 0, 16);
    map[0] = 1;
    const mask = await values(saliencyMask(tensor(map, [1, 8, 8]), { rule: 'paper' }, { size: [8, 8] }));
    // Over the 16 positive values μ = 0.15625, σ = 0.21786: only the 1 is above μ + 2σ.
    expect(mask.map((v, i) => (v > 0 ? i : -1)).filter((i) => i >= 0)).toEqual([0]);
    const large = await values(saliencyMask(tensor(map, [1, 8, 8]), { rule: 'paper' }, { size: [28, 28] }));
    expect(new Set(large)).toEqual(new Set([0, 1]));
  });

  test('a soft mask is the hard one resized, and fades the image', async () => {
    const map = new Float32Array(4);
    map[0] = 1;
    const soft = saliencyMask(tensor(map, [1, 2, 2]), { rule: 'threshold', threshold: 0.5 }, { size: [4, 4] });
    expect((await values(soft)).slice(0, 4)).toEqual([1, 0.75, 0.25, 0]);
    const hard = saliencyMask(tensor(map, [1, 2, 2]), { rule: 'threshold', threshold: 0.5 }, { size: [4, 4], hard: true });
    expect((await values(hard)).slice(0, 4)).toEqual([1, 1, 0, 0]);
    const image = tensor(new Float32Array(32).fill(2), [1, 4, 4, 2]);
    expect((await values(hide(image, soft))).slice(0, 8)).toEqual([0, 0, 0.5, 0.5, 1.5, 1.5, 2, 2]);
    expect((await values(hide(image, soft, 1))).slice(0, 4)).toEqual([1, 1, 1.25, 1.25]);
    expect(() => hide(image, tensor([1]))).toThrow(ShapeError);
    expect(() => saliencyMask(image, { rule: 'paper' }, { size: [4, 4] })).toThrow(ShapeError);
    expect(() => saliencyMask(tensor(map, [1, 2, 2]), { rule: 'topK', k: 1.5 }, { size: [4, 4] })).toThrow(ConfigError);
    expect(() => saliencyMask(tensor(map, [1, 2, 2]), { rule: 'best' } as unknown as MaskRule, { size: [4, 4] })).toThrow(
      'is no rule',
    );
  });
});

describe('a hard mask', () => {
  test.each([
    [8, 28],
    [7, 28],
    [6, 28],
    [5, 9],
    [3, 8],
  ])('of one column of %i, %i pixels wide, hides those whose weight is at least ½', async (cells, pixels) => {
    for (let cell = 0; cell < cells; cell++) {
      const map = Float32Array.from({ length: cells * cells }, (_, i) => Number(i % cells === cell));
      const rule = { rule: 'threshold', threshold: 0.5 } as const;
      const mask = saliencyMask(tensor(map, [1, cells, cells]), rule, { size: [pixels, pixels], hard: true });
      // In integers: pixel i lies at ((2i + 1)·cells − pixels) / (2·pixels) and the cell has the weight 1 − |that − cell|.
      const expected = Array.from({ length: pixels }, (_, i) => {
        const at = Math.min(Math.max((2 * i + 1) * cells - pixels, 0), 2 * pixels * (cells - 1));
        return Number(2 * pixels - Math.abs(at - 2 * pixels * cell) >= pixels);
      });
      expect((await values(mask)).slice(0, pixels), `cell ${cell}`).toEqual(expected);
    }
  });
});

describe('orders and statistics', () => {
  test('the dot product counts down, the others up, and the published earth mover the wrong way', () => {
    expect(mostAlike('dot', [1, 3, 2])).toEqual([1, 2, 0]);
    expect(mostAlike('euclidean', [1, 3, 2, 1])).toEqual([0, 3, 2, 1]);
    expect(mostAlike('earthMover', [1, 3, 2])).toEqual([0, 2, 1]);
    expect(mostAlike('earthMover', [1, 3, 2], { asPublished: true })).toEqual([1, 2, 0]);
    expect(mostAlike('chebyshev', [1, 3, 2], { asPublished: true })).toEqual([0, 2, 1]);
    expect(mostAlike('dot', [Number.NaN, 1, 3, Number.NaN, 2])).toEqual([2, 4, 1, 0, 3]);
    expect(mostAlike('cosine', [3, Number.NaN, 2, Number.POSITIVE_INFINITY])).toEqual([2, 0, 1, 3]);
  });

  test('intervals and the paired test by Student’s t', () => {
    // scipy.stats.t.interval(0.95, 4, 3, 0.70710678) and scipy.stats.t.sf(2.776445, 4) * 2.
    const { mean, low, high, error } = meanInterval([1, 2, 3, 4, 5]);
    expect(mean).toBe(3);
    expect(error).toBeCloseTo(Math.SQRT1_2, 6);
    expect([low, high].map((v) => Number(v.toFixed(5)))).toEqual([1.03676, 4.96324]);
    expect(studentTail(2.7764451, 4)).toBeCloseTo(0.05, 7);
    expect(studentTail(12.7062047, 1)).toBeCloseTo(0.05, 7);
    // scipy.stats.ttest_rel([.95, .94, .96, .93, .95], [.94, .94, .95, .93, .93])
    const test = pairedTest([0.95, 0.94, 0.96, 0.93, 0.95], [0.94, 0.94, 0.95, 0.93, 0.93]);
    expect(test.t).toBeCloseTo(2.13809, 4);
    expect(test.p).toBeCloseTo(0.0993, 4);
    expect(test.noDifference).toBe(true);
    expect(pairedTest([1, 2], [0, 1])).toMatchObject({ p: 0, noDifference: false });
    expect(meanInterval([3]).halfWidth).toBeNaN();
    expect(() => meanInterval([])).toThrow(ConfigError);
    expect(() => pairedTest([1], [2])).toThrow(ConfigError);
  });
});
