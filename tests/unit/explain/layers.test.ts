/** Attribution inside networks, and the numbers by which explanations are judged. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError, ShapeError } from '../../../engine/errors.ts';
import { activationGrid, displayScale, semanticDictionary, twoClassColours } from '../../../engine/explain/building-blocks.ts';
import { edgeMap, inputMap, randomMap, uniformMap } from '../../../engine/explain/control-maps.ts';
import { correlation, rankCorrelation } from '../../../engine/explain/correlation.ts';
import { cueScore, infidelity, maxSensitivity } from '../../../engine/explain/faithfulness.ts';
import {
  channelAttribution,
  channelAttributionPath,
  channelEvidence,
  layerSaliency,
  layerToLayer,
  scoresFrom,
  spatialAttribution,
} from '../../../engine/explain/layer-attribution.ts';
import { groupAttribution, groupOrder, nmf, nmfResidual, nmfUpdate } from '../../../engine/explain/nmf.ts';
import { deletion, insertion, occlusion, pixelRanks } from '../../../engine/explain/perturbation.ts';
import { randomisationCascade } from '../../../engine/explain/randomisation.ts';
import { scoreCam } from '../../../engine/explain/score-cam.ts';
import { layerGradient } from '../../../engine/explain/scores.ts';
import { memory } from '../../../engine/memory.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { DeviceGenerator, matmul, mul } from '../../../engine/ops/index.ts';
import { Generator } from '../../../engine/random.ts';
import { full, setDevice, sizeOf, type Tensor, tensor } from '../../../engine/tensor.ts';
import { processorDevices } from '../core/devices.ts';

const opened = await processorDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

const values = async (t: Tensor) => [...(await t.data())];
const total = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
const random = (shape: readonly number[], seed = 1) => tensor(new Generator(seed, 'layers').normal(sizeOf(shape)), shape);
function near(got: readonly number[], expected: readonly number[], digits = 4): void {
  expect(got).toHaveLength(expected.length);
  for (const [i, value] of got.entries()) expect(value).toBeCloseTo(expected[i] as number, digits);
}

const convolutional: NetworkDefinition = [
  { type: 'conv2d', in: 2, out: 5, kernel: 3, padding: 1 },
  { type: 'relu', name: 'early' },
  {
    type: 'residual',
    layers: [
      { type: 'conv2d', in: 5, out: 5, kernel: 3, padding: 1 },
      { type: 'relu', name: 'inside' },
    ],
  },
  { type: 'maxpool2d', kernel: 2 },
  { type: 'conv2d', in: 5, out: 4, kernel: 3, padding: 1 },
  { type: 'relu', name: 'late' },
  { type: 'globalavgpool2d' },
  { type: 'flatten' },
  { type: 'linear', in: 4, out: 3 },
];
/** Σ w x without bias: everything about it is known. */
const linear: NetworkDefinition = [{ type: 'flatten' }, { type: 'linear', in: 16, out: 2, bias: false }];

describe.each(opened)('on %s', (_, device) => {
  beforeEach(() => setDevice(device));
  const build = () => buildNetwork(convolutional, { inputShape: [6, 6, 2], rng: 3, device }).eval();
  const targets = [0, 2];

  test('a replaced activation is what the rest of the network sees, also inside a block', async () => {
    const network = build();
    const x = random([2, 6, 6, 2]);
    const scores = await values(network.forward(x));
    for (const layer of ['early', 2, 'inside', '2.body', 'late']) {
      const { activation } = layerGradient(network, x, targets, layer);
      if (layer === '2.body') {
        expect(() => scoresFrom(network, x, layer, activation)).toThrow('stands in no list of layers');
        continue;
      }
      near(await values(scoresFrom(network, x, layer, activation)), scores, 5);
      expect(await values(scoresFrom(network, x, layer, mul(activation, 2)))).not.toEqual(scores);
      expect(() => scoresFrom(network, x, layer, x)).toThrow(ShapeError);
    }
    network.dispose();
  });

  test('positions and channels add up to the same, evidence is a difference, and shapes are told', async () => {
    const network = build();
    const x = random([2, 6, 6, 2]);
    for (const layer of ['early', 'inside', 'late']) {
      const spatial = await values(spatialAttribution(network, x, targets, layer));
      const channels = await values(channelAttribution(network, x, targets, layer));
      const half = (list: number[], i: number) => total(list.slice((i * list.length) / 2, ((i + 1) * list.length) / 2));
      for (const i of [0, 1]) expect(half(spatial, i)).toBeCloseTo(half(channels, i), 4);
      near(await values(layerSaliency(network, x, targets, layer)), spatial.map(Math.abs), 6);
    }
    const [a, b] = [
      await values(channelAttribution(network, x, [0, 0], 'late')),
      await values(channelAttribution(network, x, [1, 1], 'late')),
    ];
    near(
      await values(channelEvidence(network, x, [0, 0], [1, 1], 'late')),
      a.map((v, i) => v - (b[i] as number)),
      5,
    );
    // Behind 'late' the network is linear: the path gives what the point gives, and both add up to the score without its bias.
    near(
      await values(channelAttributionPath(network, x, targets, 'late', { steps: 7 })),
      await values(channelAttribution(network, x, targets, 'late')),
      5,
    );
    const gradientForm = await values(layerSaliency(network, x, targets, 'late', { form: 'gradient' }));
    expect(new Set(gradientForm.slice(0, 9).map((v) => v.toFixed(5))).size).toBe(1);
    const rng = new DeviceGenerator(1, 'path', device);
    expect((await values(channelAttributionPath(network, x, targets, 'early', { steps: 3, rng }))).every(Number.isFinite)).toBe(
      true,
    );
    expect(() => spatialAttribution(network, x, targets, 'nowhere')).toThrow(ConfigError);
    expect(() => spatialAttribution(network, x, targets, 8)).toThrow(ShapeError);
    expect(() => channelAttributionPath(network, x, targets, 'late', { steps: 0 })).toThrow('steps');
    network.dispose();
  });

  test('layer to layer is the same in small batches, and wants one image and layers in order', async () => {
    const network = build();
    const x = random([1, 6, 6, 2]);
    const map = layerToLayer(network, x, { from: 'early', to: 'late' });
    expect(map.shape).toEqual([6, 6, 3, 3]);
    near(await values(layerToLayer(network, x, { from: 'early', to: 'late', batchSize: 4 })), await values(map), 5);
    expect(() => layerToLayer(network, random([2, 6, 6, 2]), { from: 'early', to: 'late' })).toThrow(ShapeError);
    expect(() => layerToLayer(network, x, { from: 'late', to: 'early' })).toThrow('does not come behind');
    network.dispose();
  });

  test('deletion and insertion meet at their ends, with numbers and images as fill', async () => {
    const network = build();
    const x = random([2, 6, 6, 2]);
    const maps = random([2, 6, 6], 5);
    const blurred = full([1, 1, 1, 2], 0.5);
    const down = await deletion(network, x, targets, maps, { steps: 6, fill: blurred });
    const up = await insertion(network, x, targets, maps, { steps: 6, fill: 0.5 });
    for (const i of [0, 1]) {
      expect(down.curve[i * 7]).toBeCloseTo(up.curve[i * 7 + 6] as number, 5);
      expect(down.curve[i * 7 + 6]).toBeCloseTo(up.curve[i * 7] as number, 5);
    }
    const tensors = memory(device).tensors;
    await deletion(network, x, targets, maps, { steps: 5, fill: blurred });
    expect(memory(device).tensors).toBe(tensors);
    expect([...pixelRanks([2, 5, 5, 1])]).toEqual([2, 0, 1, 3]);
    await expect(deletion(network, x, targets, random([2, 5, 6]))).rejects.toThrow(ShapeError);
    await expect(insertion(network, x, targets, maps, { steps: 0 })).rejects.toThrow('steps');
    network.dispose();
  });

  test('of a linear network occlusion, infidelity and sensitivity are known', async () => {
    const network = buildNetwork(linear, { inputShape: [4, 4, 1], rng: 2, device });
    const x = random([2, 4, 4, 1]);
    const gradient = await values(mul(x, scoreOf(network, x)));
    near(await values(occlusion(network, x, [0, 0], { window: 1, stride: 1 })), gradient, 5);
    const flat = await values(occlusion(network, x, [0, 0], { window: 4 }));
    expect(new Set(flat.slice(0, 16).map((v) => v.toFixed(5))).size).toBe(1);
    const truth = tensor(gradient, [2, 4, 4]);
    const judged = await infidelity(network, x, [0, 0], truth, { rng: new Generator(1), window: 2, samples: 20 });
    for (const i of [0, 1]) {
      expect(judged.infidelity[i]).toBeCloseTo(0, 5);
      expect(judged.scale[i]).toBeCloseTo(1, 3);
    }
    const tripled = await infidelity(network, x, [0, 0], mul(truth, 3), { rng: new Generator(1), window: 2, samples: 20 });
    expect(tripled.scale[0]).toBeCloseTo(1 / 3, 3);
    expect(tripled.scaled[0]).toBeCloseTo(0, 5);
    expect(tripled.infidelity[0]).toBeGreaterThan(1e-3);
    const nothing = await infidelity(network, x, [0, 0], mul(truth, 0), { rng: new Generator(1), window: 2, samples: 5 });
    expect([nothing.scale[0], Number.isFinite(nothing.scaled[0])]).toEqual([0, true]);
    const rng = new DeviceGenerator(1, 'sensitivity', device);
    near(await values(maxSensitivity(x, (at) => scoreOf(network, at), { radius: 0.1, rng })), [0, 0], 6);
    const moved = await values(maxSensitivity(x, (at) => at, { radius: 0.1, rng, samples: 4 }));
    expect(Math.min(...moved)).toBeGreaterThan(0);
    expect(Math.max(...moved)).toBeLessThan(0.2);
    expect(() => occlusion(network, x, [0, 0], { window: 5 })).toThrow('window');
    expect(() => occlusion(network, x, [0, 0], { window: 1, stride: 2 })).toThrow('stride');
    await expect(infidelity(network, x, [0, 0], truth, { rng: new Generator(1), window: 9 })).rejects.toThrow('window');
    network.dispose();
  });

  /** ∂S_0/∂x of the linear network: the first column of W for every image. */
  function scoreOf(network: ReturnType<typeof build>, x: Tensor): Tensor {
    const column = matmul((network.parameters()[0] as Tensor).detach(), tensor([[1], [0]], undefined, { device }));
    return mul(full(x.shape, 1, { device }), column.alias([1, 4, 4, 1]));
  }

  test('Score-CAM: a channel that raises the score gets the weight', async () => {
    const definition: NetworkDefinition = [
      { type: 'conv2d', in: 1, out: 2, kernel: 1, bias: false },
      { type: 'relu', name: 'maps' },
      { type: 'globalavgpool2d' },
      { type: 'flatten' },
      { type: 'linear', in: 2, out: 2, bias: false },
    ];
    const network = buildNetwork(definition, { inputShape: [4, 4, 1], rng: 1, device });
    network.loadStateDict({
      '0.weight': { shape: [2, 1, 1, 1], data: Float32Array.of(1, -1) },
      '4.weight': { shape: [2, 2], data: Float32Array.of(100, 0, 0, 100) },
    });
    const pixels = Float32Array.from({ length: 16 }, (_, i) => (i < 8 ? 1 : -1));
    const x = tensor(pixels, [1, 4, 4, 1]);
    const first = await values(scoreCam(network, x, [0], 'maps', { batchSize: 1 }));
    expect(first.slice(0, 4).every((v) => v > 0.99)).toBe(true);
    expect(first.slice(12).every((v) => v < 0.01)).toBe(true);
    const second = await values(scoreCam(network, x, [1], 'maps'));
    expect(second.slice(12).every((v) => v > 0.99)).toBe(true);
    expect(() => scoreCam(network, x, [0], 4)).toThrow(ShapeError);
    network.dispose();
  });

  test('control maps', async () => {
    const x = tensor(
      Float32Array.from({ length: 32 }, (_, i) => (i % 8 < 4 ? 0 : -2)),
      [1, 4, 4, 2],
    );
    expect(uniformMap(x).shape).toEqual([1, 4, 4]);
    expect(await values(inputMap(x))).toEqual(Array.from({ length: 16 }, (_, i) => (i % 4 < 2 ? 0 : 2)));
    const edges = await values(edgeMap(x));
    // In the middle rows a step of 2 between columns 1 and 2: 2 · (1 + 2 + 1).
    expect([edges[5], edges[6], edges[4]]).toEqual([8, 8, 0]);
    const noise = await values(randomMap(x, new DeviceGenerator(1, 'map', device)));
    expect(new Set(noise).size).toBe(16);
  });

  test('NMF: the residual falls, factors stay positive, groups are ordered and attributed', async () => {
    const rng = new Generator(4);
    const [W, B] = [tensor(rng.uniform(30), [10, 3]), tensor(rng.uniform(18), [3, 6])];
    const V = matmul(W, B);
    const found = await nmf(V, { rank: 3, rng: new Generator(1), iterations: 400 });
    expect(await nmfResidual(V, found).item()).toBeLessThan(1e-3);
    expect(Math.min(...(await values(found.W)), ...(await values(found.B)))).toBeGreaterThanOrEqual(0);
    const once = nmfUpdate(V, await nmf(V, { rank: 3, rng: new Generator(1), iterations: 1 }));
    expect(await nmfResidual(V, once).item()).toBeGreaterThan(await nmfResidual(V, found).item());
    const G = random([10, 6], 8);
    const effects = await values(groupAttribution(found, G));
    // Over all groups the attribution is that of WB ≈ V.
    expect(total(effects)).toBeCloseTo(total(await values(mul(matmul(found.W, found.B), G))), 3);
    expect(groupOrder([0, 9, 1, 0, 5, 0, 0, 0], 2, 2)).toEqual([0, 1]);
    expect(groupOrder([0, 9, 5, 0], 2, 2)).toEqual([1, 0]);
    await expect(nmf(V, { rank: 9, rng })).rejects.toThrow('rank');
    await expect(nmf(V, { rank: 2 })).rejects.toThrow('rng');
    await expect(nmf(random([2, 2, 2]), { rng })).rejects.toThrow(ShapeError);
  });

  test('randomising the weights changes the gradient, and not what ignores the network', { timeout: 120_000 }, async () => {
    const network = build();
    const x = random([2, 6, 6, 2]);
    const before = memory(device).tensors;
    const steps: { layer: string; similarity: readonly number[] }[] = [];
    for await (const step of randomisationCascade(network, (n) => spatialAttribution(n, x, targets, 'early'), { seed: 5 }))
      steps.push(step);
    expect(steps.map(({ layer }) => layer)).toEqual(['8', '4', '2.body.0', '0']);
    expect(Math.max(...(steps.at(-1)?.similarity ?? [1]).map(Math.abs))).toBeLessThan(0.9);
    for await (const { similarity } of randomisationCascade(network, () => inputMap(x), { order: 'independent' })) {
      near(similarity, [1, 1], 6);
    }
    expect(memory(device).tensors).toBe(before);
    network.dispose();
  });
});

describe('on the host', () => {
  test('cue share and rank beside chance', () => {
    expect(cueScore([0, -6, 3, 1], [0, 1, 0, 0])).toEqual({ share: 0.6, rank: 1, meanRank: 1, chance: 0.25 });
    expect(cueScore([0, 6, 3, 1], [1, 0, 1, 0])).toEqual({ share: 0.3, rank: 2, meanRank: 3, chance: 0.5 });
    expect(cueScore([0, 0], [1, 0]).share).toBe(0.5);
    expect(() => cueScore([1], [0])).toThrow(ConfigError);
  });

  test('correlations', () => {
    expect(correlation([1, 2, 3], [2, 4, 6])).toBeCloseTo(1, 12);
    expect(correlation([1, 2, 3], [5, 5, 5])).toBe(0);
    // scipy.stats.spearmanr.
    expect(rankCorrelation([1, 2, 2, 9], [10, 30, 20, 25])).toBeCloseTo(0.63245553, 6);
    expect(rankCorrelation([1, 2, 3, 4], [1, 8, 27, 64])).toBeCloseTo(1, 12);
    expect(() => correlation([], [])).toThrow(ConfigError);
  });

  test('dictionary, grid, colours and display scale', () => {
    const maps = { height: 1, width: 2, channels: 3, values: [1, 5, 2, 0, 7, 9] };
    const { cells, cursor } = semanticDictionary(maps, 2);
    expect(cursor).toEqual({ y: 0, x: 1 });
    expect(cells[0]).toEqual({
      y: 0,
      x: 0,
      channels: [
        { channel: 1, value: 5 },
        { channel: 2, value: 2 },
      ],
    });
    const grid = activationGrid(maps);
    expect(grid[1]?.area).toBe(1);
    expect(grid[0]?.area).toBeCloseTo(Math.hypot(1, 5, 2) / Math.hypot(7, 9), 12);
    const colours = twoClassColours([3, -1], [0, 0]);
    expect([...colours].map((v) => Number(v.toFixed(4)))).toEqual(
      [1, 1, 0.3, 0.3, 0.3, 0.3].map((v, i) => (i === 1 ? Number(Math.min(1, 1.5 / 2.01 + 0.3).toFixed(4)) : v)),
    );
    expect(displayScale(Array.from({ length: 101 }, (_, i) => -i))).toBeCloseTo(99, 10);
    expect(() => semanticDictionary({ ...maps, channels: 4 })).toThrow(ShapeError);
  });
});
