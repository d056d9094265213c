/** Which images a repair takes, and in which order: pools so small that the right answer is known. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { Generator } from '../../../engine/random.ts';
import { type SelectionContext, type SelectionMethod, selectImages } from '../../../engine/repair/mode/selection.ts';
import { setDevice, type Tensor } from '../../../engine/tensor.ts';
import { arrayData } from '../../../engine/train/data.ts';
import { processorDevices } from '../core/devices.ts';

const opened = await processorDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

const dataOf = (rows: readonly (readonly number[])[], labels: readonly number[]) =>
  arrayData({ values: Float32Array.from(rows.flat()), shape: [3] }, { values: Int32Array.from(labels), shape: [] }, 2);

/** Four images, all of the faulty label. */
const IMAGES = [
  [0.9, 0, 0.5],
  [0.5, 0.6, 0.3],
  [0.3, 0.1, 0.2],
  [0.6, 0.9, 0.8],
] as const;
const HEAT_MAP = Float32Array.of(0, 0.1, 0.8);

/** From the most to the least like the heat map, worked out with NumPy. No two orders are the same. */
const ORDERS = {
  dot: [3, 0, 1, 2],
  cosine: [3, 2, 0, 1],
  manhattan: [2, 0, 3, 1],
  euclidean: [2, 1, 0, 3],
  minkowski: [2, 1, 3, 0],
  chebyshev: [1, 2, 3, 0],
  earthMover: [0, 2, 1, 3],
  canberra: [2, 3, 1, 0],
  brayCurtis: [3, 0, 2, 1],
} as const;

describe.each(opened)('images for a repair on %s', (_, device) => {
  beforeEach(() => setDevice(device));

  /** Its features are the image itself; the first pixel speaks for label 0, the second for label 1. */
  const plainNetwork = () => {
    const network = buildNetwork(
      [
        { type: 'linear', in: 3, out: 3 },
        { type: 'relu', name: 'features' },
        { type: 'linear', in: 3, out: 2 },
      ],
      { inputShape: [3], rng: 1, device },
    );
    const [weight, bias, head, headBias] = network.parameters() as [Tensor, Tensor, Tensor, Tensor];
    weight.write(Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1));
    bias.write(new Float32Array(3));
    head.write(Float32Array.of(1, 0, 0, 1, 0, 0));
    headBias.write(new Float32Array(2));
    return network;
  };
  const context = (more: Partial<SelectionContext> = {}): SelectionContext => ({
    network: plainNetwork(),
    pool: dataOf(IMAGES, [0, 0, 0, 0]),
    available: [0, 1, 2, 3],
    bug: { kind: 'under-fit', label: 0 },
    heatMap: HEAT_MAP,
    evaluation: dataOf(
      [
        [1, 0, 1],
        [0.2, 1, 0],
        [0, 1, 0],
      ],
      [0, 0, 1],
    ),
    rng: new Generator(1),
    ...more,
  });
  const order = async (method: SelectionMethod, more: Partial<SelectionContext> = {}) =>
    (await selectImages(method, context(more), (more.available ?? IMAGES).length, 1)).targeted;

  test.each(Object.entries(ORDERS))('by %s: the most alike first, for over-fitting the least', async (name, expected) => {
    const by = name as keyof typeof ORDERS;
    expect(await order({ by })).toEqual(expected);
    expect(await order({ by }, { bug: { kind: 'over-fit', label: 0 } })).toEqual(expected.toReversed());
  });

  test('the earth mover’s order as published is the wrong way round', async () => {
    expect(await order({ by: 'earthMover', asPublished: true })).toEqual(ORDERS.earthMover.toReversed());
  });

  test('by entropy: the least certain first', async () => {
    // The two scores are 0.9, 0.1, 0.2 and 0.3 apart.
    expect(await order({ by: 'entropy' })).toEqual([1, 2, 3, 0]);
  });

  test('by features: what the label is known by; for over-fitting what its missed images have', async () => {
    const by = { by: 'features', layer: 'features' } as const;
    // DHCI = (1, 0, 0) − (0, 1, 0): scores 0.9, −0.1, 0.2, −0.3.
    expect(await order(by)).toEqual([0, 2, 1, 3]);
    // DHWI = (0.2, 0, 0) − (1, 0, 0): scores −0.72, −0.4, −0.24, −0.48.
    expect(await order(by, { bug: { kind: 'over-fit', label: 0 } })).toEqual([2, 1, 3, 0]);
  });

  test('the most diverse: each next the farthest from those chosen, and none twice among duplicates', async () => {
    const [a, b, c] = [
      [0, 0, 0],
      [1, 0, 0],
      [0, 3, 0],
    ] as const;
    const pool = dataOf([a, a, b, a, c, b], [0, 0, 1, 0, 1, 1]);
    const found = await order({ by: 'diverse' }, { pool, available: [0, 1, 2, 3, 4, 5] });
    expect(new Set(found.slice(0, 3).map((i) => 'aabacb'[i]))).toEqual(new Set(['a', 'b', 'c']));
    // From a or b the farthest is c.
    if (found[0] !== 4) expect(found[1]).toBe(4);
    expect(found.toSorted()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('the random rest leaves the faulty label out, as published, or not', async () => {
    const labels = Array.from({ length: 40 }, (_, i) => i % 2);
    const pool = dataOf(
      labels.map((_, i) => [i / 40, 0.5, 0.1]),
      labels,
    );
    const available = labels.map((_, i) => i);
    const rest = async (by: 'dot' | 'random', ...more: ['other labels' | 'all labels'] | []) => {
      const { targeted, random } = await selectImages({ by }, context({ pool, available }), 16, 0.25, ...more);
      expect([targeted.length, random.length, new Set([...targeted, ...random]).size]).toEqual([4, 12, 16]);
      return new Set(random.map((i) => labels[i]));
    };
    expect(await rest('dot')).toEqual(new Set([1]));
    expect(await rest('dot', 'other labels')).toEqual(new Set([1]));
    expect(await rest('dot', 'all labels')).toEqual(new Set([0, 1]));
    expect(await rest('random')).toEqual(new Set([0, 1]));
  });
});
