import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../engine/errors.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { Generator } from '../../../engine/random.ts';
import { selectData } from '../../../engine/repair/data.ts';
import { balancedSubset, balancingWeights, groupScores, groupSizes } from '../../../engine/repair/groups.ts';
import { justTrainTwice, upweighted } from '../../../engine/repair/just-train-twice.ts';
import { lastLayerRetraining } from '../../../engine/repair/last-layer.ts';
import { groupDro, reweighting } from '../../../engine/repair/reweighting.ts';
import { errorSet, fitNetwork } from '../../../engine/repair/training.ts';
import { setDevice, type Tensor } from '../../../engine/tensor.ts';
import { arrayData } from '../../../engine/train/data.ts';
import { evaluate } from '../../../engine/train/evaluate.ts';
import type { TrainerEvent } from '../../../engine/train/events.ts';
import { processorDevices } from '../core/devices.ts';
import { tabular } from './tabular.ts';

const opened = await processorDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

const training = tabular(800, 1, 0.97);
const balanced = tabular(800, 2, 0.5);
const definition: NetworkDefinition = [{ type: 'linear', in: 3, out: 8 }, { type: 'relu' }, { type: 'linear', in: 8, out: 2 }];
const options = { optimiser: { type: 'sgd', lr: 0.1, momentum: 0.9 }, epochs: 4, batchSize: 50 } as const;

describe('groups', () => {
  test('scores by group', () => {
    const scores = groupScores([0, 0, 1, 1, 1], [0, 1, 1, 1, 0], [0, 1, 1, 3, 0]);
    expect(scores.accuracies).toEqual([0.5, 0.5, null, 1]);
    expect(scores).toMatchObject({ sizes: [2, 2, 0, 1], worst: 0.5, average: 0.6 });
    expect(scores.weighted).toBeCloseTo(2 / 3, 10);
    expect(groupScores([0, 0, 1, 1, 1], [0, 1, 1, 1, 0], [0, 1, 1, 3, 0], [1, 0, 5, 3]).weighted).toBeCloseTo(0.875, 10);
    expect(() => groupScores([], [], [])).toThrow(ConfigError);
    expect(() => groupScores([0], [0], [0], [0])).toThrow(ConfigError);
    expect(() => groupScores([0], [0], [0.5])).toThrow('groups[0]');
    expect(() => groupScores([0, 1], [0, 1], [0])).toThrow('one for each of the 2 samples');
  });

  test('weights and subsets that make groups alike', () => {
    const groups = [0, 0, 0, 2];
    expect(groupSizes(groups)).toEqual([3, 0, 1]);
    expect([...balancingWeights(groups)].map((w) => Number(w.toFixed(4)))).toEqual([0.6667, 0.6667, 0.6667, 2]);
    const subset = balancedSubset(groups, new Generator(1));
    expect(subset).toHaveLength(2);
    expect(subset[1]).toBe(3);
    const large = balancedSubset(training.groups, new Generator(1));
    const sizes = groupSizes([...large].map((i) => training.groups[i] as number));
    expect(new Set(sizes).size).toBe(1);
    expect(sizes[0]).toBe(Math.min(...groupSizes(training.groups)));
  });
});

describe.each(opened)('repairs with groups on %s', (_, device) => {
  beforeEach(() => setDevice(device));
  const build = (seed = 3) => buildNetwork(definition, { inputShape: [3], rng: seed, device });
  const worst = async (network: ReturnType<typeof build>) => {
    const { predictions } = await evaluate(network, balanced.data);
    return groupScores(predictions as Int32Array, balanced.labels, balanced.groups).worst;
  };

  test('all of them lift the worst group that plain training leaves', async () => {
    const plain = build();
    await fitNetwork(plain, training.data, options);
    const base = await worst(plain);
    expect(base).toBeLessThan(0.4);

    const weighted = build();
    await reweighting(weighted, training.data, { ...options, groups: training.groups });
    expect(await worst(weighted)).toBeGreaterThan(base + 0.15);

    const robust = build();
    await groupDro(robust, training.data, { ...options, groups: training.groups, stepSize: 0.2 });
    expect(await worst(robust)).toBeGreaterThan(base + 0.3);

    const dfr = await lastLayerRetraining(plain, training.data, { groups: training.groups, draws: 3 });
    const control = await lastLayerRetraining(plain, training.data, { groups: training.groups, draws: 3, balanced: false });
    expect(dfr.drawn).toBe(control.drawn);
    expect(await worst(dfr.network)).toBeGreaterThan((await worst(control.network)) + 0.2);
    // The features are those of the first training.
    const first = (network: typeof plain) => (network.parameters()[0] as Tensor).data();
    expect(await first(dfr.network)).toEqual(await first(plain));

    const twice = await justTrainTwice(training.data, {
      build: () => build(),
      identification: { ...options, epochs: 1 },
      final: options,
      upweight: 20,
    });
    expect(twice.errors).toEqual(await errorSet(twice.identification, training.data));
    expect(twice.errors.length).toBeGreaterThan(5);
    expect(await worst(twice.network)).toBeGreaterThan(base + 0.2);
    for (const network of [plain, weighted, robust, dfr.network, control.network, twice.network, twice.identification])
      network.dispose();
  });

  test('GroupDRO weights are q e^{ηℓ}, normalised', async () => {
    const network = build();
    const { losses } = await evaluate(network, training.data);
    const mean = [0, 1, 2, 3].map((group) => {
      const own = [...(losses as Float64Array)].filter((_, i) => training.groups[i] === group);
      return own.reduce((a, b) => a + b, 0) / own.length;
    });
    const still = { optimiser: { type: 'sgd', lr: 0 }, steps: 2, batchSize: 800 } as const;
    const { weights } = await groupDro(network, training.data, { ...still, groups: training.groups, stepSize: 0.5 });
    // Two steps with the same losses.
    const grown = mean.map((loss) => Math.exp(2 * 0.5 * loss));
    const total = grown.reduce((a, b) => a + b, 0);
    weights.forEach((weight, group) => {
      expect(weight).toBeCloseTo((grown[group] as number) / total, 5);
    });
  });

  test('Just Train Twice mixes the repeated errors with the rest, also where nothing is shuffled', async () => {
    const errors = Uint32Array.of(3, 50, 51, 90);
    const indices = upweighted(100, errors, 20, 1);
    const times = new Map<number, number>();
    for (const index of indices) times.set(index, (times.get(index) ?? 0) + 1);
    expect([indices.length, times.size]).toEqual([176, 100]);
    expect([...times].filter(([, count]) => count !== 1).sort(([a], [b]) => a - b)).toEqual([...errors].map((i) => [i, 20]));
    // Of 176 indices 80 are errors; in order, the last three batches of 25 would hold nothing else.
    for (let from = 0; from + 25 <= indices.length; from += 25) {
      const share = [...indices.subarray(from, from + 25)].filter((index) => errors.includes(index)).length / 25;
      expect(share).toBeGreaterThan(0.1);
      expect(share).toBeLessThan(0.8);
    }
    expect(upweighted(100, errors, 20, 1)).toEqual(indices);
    expect(upweighted(100, errors, 20, 2)).not.toEqual(indices);

    // What the second network is trained on is this list, in this order.
    const final = { ...options, epochs: 1, shuffle: false, seed: 4 } as const;
    const twice = await justTrainTwice(training.data, { build: () => build(), identification: { ...options, epochs: 1 }, final });
    const same = build();
    await fitNetwork(same, selectData(training.data, upweighted(800, twice.errors, 20, 4)), final);
    expect(await twice.network.arena.flat.data()).toEqual(await same.arena.flat.data());
    // A network that is trained already does as well, and stays the caller's.
    const { identification } = twice;
    const given = await justTrainTwice(training.data, { build: () => build(), identification, final });
    expect(given.identification).toBe(identification);
    expect(await given.network.arena.flat.data()).toEqual(await same.arena.flat.data());
    const failing = { build: () => build(), identification, final: { ...final, optimiser: { type: 'none' } as never } };
    await expect(justTrainTwice(training.data, failing)).rejects.toThrow(ConfigError);
    expect(await errorSet(identification, training.data)).toEqual(twice.errors);
    for (const network of [twice.network, given.network, identification, same]) network.dispose();
  });

  test('Just Train Twice without errors is plain training', async () => {
    const easy = tabular(100, 5, 1);
    const [a, b] = [build(), build()];
    const networks = [a, b];
    const twice = await justTrainTwice(easy.data, {
      build: () => networks.shift() as typeof a,
      identification: { ...options, epochs: 20 },
      final: options,
    });
    const plain = build();
    await fitNetwork(plain, easy.data, options);
    expect(twice.errors).toHaveLength(0);
    expect(await twice.network.arena.flat.data()).toEqual(await plain.arena.flat.data());
  });

  test('weights of 1 are plain training, weights of 0 leave a sample out', async () => {
    const short = { ...options, epochs: 1, shuffle: false };
    const trained = async (train: (network: ReturnType<typeof build>) => Promise<unknown>) => {
      const network = build();
      await train(network);
      const weights = [...(await network.arena.flat.data())];
      network.dispose();
      return weights;
    };
    const near = (weights: number[], expected: number[]) =>
      weights.forEach((value, i) => {
        expect(value).toBeCloseTo(expected[i] as number, 4);
      });
    const by = (weights: number[]) => trained((network) => reweighting(network, training.data, { ...short, weights }));
    const plain = await trained((network) => fitNetwork(network, training.data, short));
    near(await by(new Array(800).fill(1)), plain);
    // A mean over batches of 50 of which 25 weigh nothing is half the mean over the other 25.
    const kept = Array.from({ length: 800 }, (_, i) => (i % 50 < 25 ? 1 : 0));
    const others = selectData(
      training.data,
      kept.flatMap((weight, i) => (weight === 1 ? [i] : [])),
    );
    const optimiser = { ...options.optimiser, lr: options.optimiser.lr / 2 };
    near(await by(kept), await trained((network) => fitNetwork(network, others, { ...short, optimiser, batchSize: 25 })));
  });

  test('the draws of a last layer are trained in orders of their own', async () => {
    // All samples are alike but for the label of one: its place in an epoch of single samples is where the loss is another.
    const labels = new Int32Array(20);
    labels[7] = 1;
    const data = arrayData({ values: new Float32Array(60), shape: [3] }, { values: labels, shape: [] }, 2);
    const losses: number[] = [];
    const network = build();
    const fit = {
      optimiser: { type: 'sgd', lr: 0 },
      steps: 20,
      batchSize: 1,
      onEvent: (event: TrainerEvent) => event.type === 'step' && losses.push(event.loss),
    } as const;
    const retrained = await lastLayerRetraining(network, data, { groups: labels.map(() => 0), draws: 5, fit });
    const places = [0, 1, 2, 3, 4].map((draw) => {
      const own = losses.slice(20 * draw, 20 * draw + 20);
      return own.findIndex((loss) => own.filter((other) => Math.abs(other - loss) < 1e-6).length === 1);
    });
    expect(losses).toHaveLength(100);
    expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
    expect(new Set(places).size).toBeGreaterThan(2);
    for (const used of [network, retrained.network]) used.dispose();
  });

  test('errors say what is missing', async () => {
    const network = build();
    expect(() => reweighting(network, training.data, options)).toThrow('give weights, or groups');
    expect(() => reweighting(network, training.data, { ...options, weights: [1] })).toThrow('one for each');
    expect(() => reweighting(network, training.data, { ...options, weights: new Array(800).fill(-1) })).toThrow('weights[0]');
    await expect(groupDro(network, training.data, { ...options, groups: [0] })).rejects.toThrow('groups');
    await expect(
      justTrainTwice(training.data, { build, identification: options, final: options, upweight: 0.5 }),
    ).rejects.toThrow('upweight');
    const headless = buildNetwork([{ type: 'linear', in: 3, out: 2 }, { type: 'relu' }], { inputShape: [3], rng: 1, device });
    await expect(lastLayerRetraining(headless, training.data, { groups: training.groups })).rejects.toThrow(
      'last layer must be linear',
    );
  });
});
