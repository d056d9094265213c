import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../engine/errors.ts';
import { memory } from '../../../engine/memory.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { Generator } from '../../../engine/random.ts';
import { selectData } from '../../../engine/repair/data.ts';
import { findBugs, labelAccuracies, mislabel, starve } from '../../../engine/repair/mode/bugs.ts';
import { featureDifference, featureHeatMaps, featureScores } from '../../../engine/repair/mode/feature-maps.ts';
import { difference, heatMaps } from '../../../engine/repair/mode/heat-maps.ts';
import { selectLayer } from '../../../engine/repair/mode/layer-selection.ts';
import { type ModeRound, mode } from '../../../engine/repair/mode/repair.ts';
import { measureImages, type SelectionMethod, selectImages } from '../../../engine/repair/mode/selection.ts';
import { fitNetwork } from '../../../engine/repair/training.ts';
import { setDevice } from '../../../engine/tensor.ts';
import { arrayData } from '../../../engine/train/data.ts';
import { evaluate } from '../../../engine/train/evaluate.ts';
import { processorDevices } from '../core/devices.ts';

const opened = await processorDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

const SIDE = 5;
const CLASSES = 4;

/** Four blobs of light with noise, one in each corner. */
function blobs(count: number, seed: number) {
  const rng = new Generator(seed, 'blobs');
  const noise = rng.uniform(count * SIDE * SIDE, 0, 0.5);
  const values = Float32Array.from(noise);
  const labels = Int32Array.from({ length: count }, (_, i) => i % CLASSES);
  for (let i = 0; i < count; i++) {
    const label = labels[i] as number;
    const [top, left] = [label < 2 ? 0 : 3, label % 2 === 0 ? 0 : 3];
    for (const [y, x] of [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ] as const) {
      const at = (i * SIDE + top + y) * SIDE + left + x;
      values[at] = (values[at] as number) + 0.3;
    }
  }
  return { data: arrayData({ values, shape: [SIDE, SIDE, 1] }, { values: labels, shape: [] }, CLASSES), values, labels };
}

const definition: NetworkDefinition = [
  { type: 'flatten' },
  { type: 'linear', in: 25, out: 12 },
  { type: 'relu', name: 'hidden' },
  { type: 'linear', in: 12, out: 8 },
  { type: 'relu', name: 'last' },
  { type: 'linear', in: 8, out: CLASSES },
];

describe('bugs', () => {
  test('accuracies by label, empty ones apart', () => {
    expect(labelAccuracies([0, 1, 1], [0, 0, 1], 3)).toEqual([0.5, 1, null]);
  });

  test('under-fitting comes first, the worst label of each kind', () => {
    const train = [0.9, 0.99, 0.8, 0.95];
    const test = [0.91, 0.85, 0.85, 0.93];
    expect(findBugs(train, test)).toEqual({ underFitted: [0, 2], overFitted: [1], worst: { kind: 'under-fit', label: 2 } });
    expect(findBugs(train, test, { rule: 'evaluation' })).toMatchObject({ underFitted: [0, 1, 2] });
    expect(findBugs(train, test, { theta: 0.5 })).toMatchObject({ worst: { kind: 'over-fit', label: 1 } });
    const gaps = [
      [0.99, 0.99],
      [0.7, 0.8],
    ] as const;
    expect(findBugs(...gaps, { theta: 0.5 })).toMatchObject({ overFitted: [0, 1], worst: { label: 0 } });
    expect(findBugs(...gaps, { theta: 0.5, asPublished: true })).toMatchObject({ worst: { label: 1 } });
    expect(findBugs([1, null], [1, null])).toEqual({ underFitted: [], overFitted: [] });
    // Never trained on, so never fitted.
    expect(findBugs([1, null], [1, 0.2])).toMatchObject({ underFitted: [1], worst: { kind: 'under-fit', label: 1 } });
    expect(() => findBugs([1], [1, 1])).toThrow(ConfigError);
  });

  test('injected bugs', () => {
    const labels = [0, 1, 1, 1, 1, 0];
    expect([...starve(labels, 1, 0.5)]).toEqual([0, 1, 2, 5]);
    expect([...starve(labels, 1, 0)]).toEqual([0, 5]);
    expect([...mislabel(labels, { label: 1, share: 1, to: 7, random: () => 0.5 })]).toEqual([0, 7, 7, 7, 7, 0]);
    expect(() => starve(labels, 1, 2)).toThrow(ConfigError);
  });
});

describe('the feature space', () => {
  test('H_l, DH_l and scores', () => {
    const features = { count: 4, length: 2, values: [1, 2, 3, 4, 5, 6, 9, 9] };
    const maps = featureHeatMaps(features, [1, 10, 0, 2, 20, 0], [0, 0, 1, 1], [0, 0, 1, 0], 3);
    expect(maps).toEqual([Float64Array.of(2, 6), Float64Array.of(50, 120), null]);
    expect(featureDifference(maps, 0)).toEqual(Float64Array.of(-48, -114));
    expect(featureDifference(maps, 2)).toBeNull();
    expect([...featureScores(features, [1, -1])]).toEqual([-1, -1, -1, 0]);
  });
});

describe.each(opened)('MODE on %s', (_, device) => {
  beforeEach(() => setDevice(device));
  const train = blobs(400, 1);
  const pool = blobs(600, 2);
  const held = blobs(200, 3);
  const build = () => buildNetwork(definition, { inputShape: [SIDE, SIDE, 1], rng: 1, initialiser: 'keras', device });
  const options = { optimiser: { type: 'adam', lr: 5e-3, epsilonForm: 'keras' }, epochs: 8, batchSize: 16 } as const;

  test('heat maps are means over what is right, falsely found and missed', async () => {
    const four = arrayData(
      { values: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), shape: [2] },
      { values: Int32Array.of(0, 0, 1, 0), shape: [] },
      3,
    );
    const maps = await heatMaps(four, [0, 1, 1, 0], 3, device);
    expect(maps.correct).toEqual([
      { count: 2, values: Float32Array.of(4, 5) },
      { count: 1, values: Float32Array.of(5, 6) },
      { count: 0, values: null },
    ]);
    expect(maps.falsePositive[1]).toEqual({ count: 1, values: Float32Array.of(3, 4) });
    expect(maps.falseNegative[0]).toEqual({ count: 1, values: Float32Array.of(3, 4) });
    expect(maps.falseNegative[1]).toEqual({ count: 0, values: null });
    expect(difference(maps.correct[0], maps.correct[1])).toEqual(Float32Array.of(-1, -1));
    expect(difference(maps.correct[0], maps.correct[2])).toBeNull();
  });

  test('layer selection trains heads of growing depth and ends at the output layer', { timeout: 120_000 }, async () => {
    const network = build();
    await fitNetwork(network, train.data, options);
    const fit = { ...options, epochs: 6 };
    const found = await selectLayer(network, train.data, held.data, { layers: ['hidden', 'last'], fit });
    expect(found.depths.map(({ layer }) => layer)).toEqual([null, 'hidden', 'last']);
    for (const { accuracy, distance } of found.depths) {
      expect(accuracy).toBeGreaterThan(0.9);
      expect(distance).toBeGreaterThan(0.01);
      expect(distance).toBeLessThan(0.2);
    }
    expect(found.target).toBeNull();
    expect(found.predictions).toHaveLength(200);
    const easy = await selectLayer(network, train.data, held.data, { layers: ['hidden', 'last'], fit, threshold: 1 });
    expect(easy).toMatchObject({ target: null, depths: [{ layer: null }] });
    const back = await selectLayer(network, train.data, held.data, {
      layers: ['hidden', 'last'],
      fit,
      direction: 'backward',
      threshold: -1,
    });
    expect(back.target).toBe('hidden');
    await expect(selectLayer(network, train.data, held.data, { layers: [], fit })).rejects.toThrow(ConfigError);
    network.dispose();
  });

  const methods: SelectionMethod[] = [
    ...(['dot', 'cosine', 'euclidean', 'earthMover'] as const).map((by) => ({ by })),
    { by: 'features', layer: 'last' },
    ...(['randomOfLabel', 'random', 'misclassified', 'entropy', 'diverse'] as const).map((by) => ({ by })),
  ];
  test.each(methods)('a repair batch by $by', async (method) => {
    const network = build();
    await fitNetwork(network, train.data, { ...options, epochs: 1 });
    const { predictions } = await evaluate(network, held.data);
    const heatMap = (await heatMaps(held.data, predictions as Int32Array, CLASSES, device)).correct[2]?.values ?? null;
    const available = Array.from({ length: 600 }, (_, i) => i).filter((i) => i % 3 !== 0);
    const bug = { kind: 'under-fit', label: 2 } as const;
    const context = { network, pool: pool.data, available, bug, heatMap, evaluation: held.data, rng: new Generator(1) };
    const { targeted, random } = await selectImages(method, context, 40, 0.25);
    expect([targeted.length, random.length]).toEqual([10, 30]);
    expect(new Set([...targeted, ...random]).size).toBe(40);
    expect([...targeted, ...random].every((i) => available.includes(i))).toBe(true);
    const ofLabel = !['random', 'misclassified', 'entropy', 'diverse'].includes(method.by);
    if (ofLabel) {
      expect(targeted.every((i) => pool.labels[i] === 2)).toBe(true);
      expect(random.every((i) => pool.labels[i] !== 2)).toBe(true);
    }
    if (method.by === 'misclassified') {
      const { predictions: inPool } = await evaluate(network, pool.data);
      expect(targeted.every((i) => inPool?.[i] !== pool.labels[i])).toBe(true);
    }
    if (method.by === 'euclidean') {
      const candidates = available.filter((i) => pool.labels[i] === 2);
      const distance = (i: number) =>
        Math.hypot(...pool.values.slice(i * 25, i * 25 + 25).map((v, e) => v - (heatMap?.[e] as number)));
      const nearest = candidates.toSorted((a, b) => distance(a) - distance(b)).slice(0, 10);
      expect(new Set(targeted)).toEqual(new Set(nearest));
      const [measured] = await measureImages(
        network,
        pool.data,
        [candidates[0] as number],
        heatMap as Float32Array<ArrayBuffer>,
        'euclidean',
      );
      expect(measured).toBeCloseTo(distance(candidates[0] as number), 4);
      const far = await selectImages(method, { ...context, bug: { kind: 'over-fit', label: 2 } }, 40, 0.25);
      expect(distance(far.targeted[0] as number)).toBeGreaterThan(distance(nearest[9] as number));
    }
    // What a method does not find is made up for: batches of the same budget are of the same size.
    if (ofLabel || method.by === 'misclassified') {
      const few = available.filter((i) => pool.labels[i] !== 2).concat(available.filter((i) => pool.labels[i] === 2).slice(0, 3));
      const short = await selectImages(method, { ...context, available: few }, 40, 1);
      expect(short.targeted.length + short.random.length).toBe(40);
      if (ofLabel) expect([short.targeted.length, short.random.length]).toEqual([3, 37]);
    }
    // Without an image that is right, a measure falls back to images of the label.
    if (method.by === 'dot') {
      const blind = await selectImages(method, { ...context, heatMap: null }, 40, 0.25);
      expect(blind.targeted.every((i) => pool.labels[i] === 2)).toBe(true);
    }
    network.dispose();
  });

  test('repair rounds lift a starved label, stop, and drain the pool', { timeout: 120_000 }, async () => {
    const starved = selectData(train.data, starve(train.labels, 2, 0.05));
    const run = async (seed: number) => {
      const network = build();
      await fitNetwork(network, starved, options);
      const rounds: ModeRound[] = [];
      const steps = mode(network, {
        method: { by: 'dot' },
        pool: pool.data,
        evaluation: held.data,
        theta: 0.9,
        batch: 150,
        rounds: 3,
        seed,
        fit: { optimiser: options.optimiser, batchSize: 16 },
      });
      const before = memory(device).tensors;
      for await (const round of steps) rounds.push(round);
      expect(memory(device).tensors).toBe(before);
      network.dispose();
      return rounds;
    };
    const rounds = await run(4);
    const [first, last] = [rounds[0] as ModeRound, rounds.at(-1) as ModeRound];
    expect(first.bugs.worst).toEqual({ kind: 'under-fit', label: 2 });
    expect(first.accuracy).toBe(first.control);
    expect(first.chosen?.targeted).toHaveLength(37);
    expect(last.labels[2]).toBeGreaterThan((first.labels[2] as number) + 0.5);
    expect(last.stopped).toMatch(/repaired|rounds/);
    expect(rounds.map(({ available }) => available)).toEqual(rounds.map((_, i) => 600 - i * 150));
    expect(await run(4)).toEqual(rounds);
  });

  test('a pool that runs dry and absurd numbers', async () => {
    const network = build();
    const small = selectData(pool.data, [0, 1, 2, 3, 4]);
    const rounds: ModeRound[] = [];
    for await (const round of mode(network, {
      method: { by: 'cosine' },
      pool: small,
      evaluation: held.data,
      batch: 8,
      rounds: 9,
    })) {
      rounds.push(round);
    }
    expect(rounds.at(-1)?.stopped).toBe('pool');
    const begin = (more: object) => mode(network, { method: { by: 'dot' }, pool: small, evaluation: held.data, ...more }).next();
    await expect(begin({ rounds: 0 })).rejects.toThrow(ConfigError);
    await expect(begin({ alpha: 2 })).rejects.toThrow('alpha');
    network.dispose();
  });
});
