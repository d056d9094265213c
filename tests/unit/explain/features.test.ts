import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { grad } from '../../../engine/autodiff.ts';
import { ConfigError, ShapeError } from '../../../engine/errors.ts';
import { withRedirectedRelu, withSmoothMaxPool } from '../../../engine/explain/features/gradients.ts';
import { fourierImage, imageParameters } from '../../../engine/explain/features/image-parameters.ts';
import {
  caricatureObjective,
  channelObjective,
  deepDreamObjective,
  directionObjective,
  diversityObjective,
  interpolationObjective,
  type Look,
  logitObjective,
  neuronObjective,
  type Objective,
  type PenaltyName,
  penaltyObjective,
  weightedObjective,
} from '../../../engine/explain/features/objectives.ts';
import { blur, blurPenalty, highFrequencyShare, l1Penalty, totalVariation } from '../../../engine/explain/features/penalties.ts';
import {
  drawTransforms,
  LUCID_ROBUSTNESS,
  NO_ROBUSTNESS,
  SMALL_ROBUSTNESS,
} from '../../../engine/explain/features/robustness.ts';
import { type Visualisation, type VisualiseOptions, visualise } from '../../../engine/explain/features/visualise.ts';
import { memory } from '../../../engine/memory.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { affineWarp, inverseRealDft2, maxPool2d, relu, sum } from '../../../engine/ops/index.ts';
import { Generator } from '../../../engine/random.ts';
import { setDevice, sizeOf, type Tensor, tensor } from '../../../engine/tensor.ts';
import { processorDevices } from '../core/devices.ts';

const opened = await processorDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

const values = async (t: Tensor) => [...(await t.data())];
const random = (shape: readonly number[], seed = 1) => tensor(new Generator(seed, 'features').normal(sizeOf(shape)), shape);
const total = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);

describe.each(opened)('features on %s', (_, device) => {
  beforeEach(() => setDevice(device));

  test('the half-spectrum inverse of LABS §9', async () => {
    const [real, imaginary] = [new Float32Array(12), new Float32Array(12)];
    real[0] = 4;
    real[4] = 1;
    imaginary[4] = 2;
    const image = await values(inverseRealDft2(tensor(real, [4, 3]), tensor(imaginary, [4, 3]), 4));
    [0.375, 0, 0.125, 0.5, 0, 0.125, 0.5, 0.375, 0.125, 0.5, 0.375, 0, 0.5, 0.375, 0, 0.125].forEach((expected, i) => {
      expect(image[i]).toBeCloseTo(expected, 6);
    });
  });

  test('a spectrum with one frequency is an even colour; grey images have no colour step', async () => {
    const spectrum = new Float32Array(2 * 4 * 3 * 2);
    // S[0, 0] = 2 in image 0: t = 2 · √16/(1/4) / 16 / 4.
    spectrum[0] = 2;
    const grey = await values(fourierImage(tensor(spectrum, [2, 4, 3, 1, 2]), { height: 4, width: 4 }));
    expect(grey[0]).toBeCloseTo(1 / (1 + Math.exp(-0.5)), 5);
    expect(grey[16]).toBe(0.5);
    const clipped = await values(fourierImage(tensor(spectrum, [2, 4, 3, 1, 2]), { height: 4, width: 4, sigmoid: false }));
    expect(clipped[0]).toBeCloseTo(1, 6);
    expect(() => fourierImage(tensor(spectrum, [2, 4, 3, 1, 2]), { height: 4, width: 6 })).toThrow(ShapeError);
  });

  test.each(['pixels', 'fourier', 'laplacian'] as const)(
    '%s: images of any size, all parameters get a gradient',
    async (kind) => {
      for (const [height, width, channels] of [
        [7, 9, 3],
        [6, 4, 1],
      ] as const) {
        const made = imageParameters({ kind, batch: 2, height, width, channels, rng: new Generator(1) });
        const image = made.image();
        expect(image.shape).toEqual([2, height, width, channels]);
        expect(Math.min(...(await values(image)))).toBeGreaterThan(0.2);
        for (const gradient of grad(sum(image), [...made.parameters]))
          expect(Math.max(...(await values(gradient)).map(Math.abs))).toBeGreaterThan(0);
        made.dispose();
      }
      expect(() => imageParameters({ kind, batch: 1, height: 4, width: 4, channels: 2, rng: new Generator(1) })).toThrow(
        'channels',
      );
    },
  );

  test('penalties', async () => {
    const x = tensor([0, 1, 3, 0.5], [1, 2, 2, 1]);
    expect(await values(totalVariation(x))).toEqual([1 + 2.5 + 3 + 0.5]);
    expect(await values(l1Penalty(x))).toEqual([0.5 + 0.5 + 2.5]);
    const even = tensor(new Float32Array(36).fill(0.7), [1, 6, 6, 1]);
    expect((await values(blur(even)))[14]).toBeCloseTo(0.7, 6);
    expect((await values(blur(tensor([1, 0, 0, 0], [1, 2, 2, 1])))).map((v) => Number(v.toFixed(5)))).toEqual([
      0.2, 0.1, 0.1, 0.1,
    ]);
    // ½ Σ (x − c)² with c constant: its gradient is x − blur(x).
    const leaf = random([1, 5, 4, 2]);
    leaf.requiresGrad = true;
    const [gradient] = grad(sum(blurPenalty(leaf)), [leaf]) as [Tensor];
    const [host, smooth] = [await values(leaf), await values(blur(leaf))];
    (await values(gradient)).forEach((v, i) => {
      expect(v).toBeCloseTo((host[i] as number) - (smooth[i] as number), 5);
    });
    const board = tensor(
      Float32Array.from({ length: 64 }, (_, i) => (i + Math.floor(i / 8)) % 2),
      [1, 8, 8, 1],
    );
    const ramp = tensor(
      Float32Array.from({ length: 64 }, (_, i) => (i % 8) / 7),
      [1, 8, 8, 1],
    );
    expect((await values(highFrequencyShare(board)))[0]).toBeGreaterThan(
      3 * ((await values(highFrequencyShare(ramp)))[0] as number),
    );
  });

  test('redirected ReLU lets through what pushes up, only where nothing else passes', async () => {
    const pre = tensor([-1, -2, 3, -1, -1, -1], [3, 2]);
    pre.requiresGrad = true;
    const y = withRedirectedRelu(() => relu(pre));
    const [g] = grad(y, [pre], { gradOutput: tensor([-5, 4, 7, -2, 1, 2], [3, 2]) }) as [Tensor];
    // Sample 0 is dead: −5 would raise the first unit; sample 1 lives; sample 2 is dead and all would push down.
    expect((await values(g)).map((v) => v + 0)).toEqual([-5, 0, 7, 0, 0, 0]);
  });

  test('smooth max pooling spreads the gradient and leaves the values', async () => {
    const x = tensor([1, 2, 3, 4], [1, 2, 2, 1]);
    x.requiresGrad = true;
    const y = withSmoothMaxPool(() => maxPool2d(x, { kernel: 2 }));
    expect(await values(y)).toEqual([4]);
    const [g] = grad(sum(y), [x]) as [Tensor];
    // P(x²) = 7.5, d = 0.01 + 2.5: ∂/∂x_i = ¼ (2 x_i/d − 7.5/d²).
    const d = 2.51;
    (await values(g)).forEach((v, i) => {
      expect(v).toBeCloseTo((2 * (i + 1)) / d / 4 - 7.5 / d / d / 4, 5);
    });
  });

  const A = [1, 2, 3, 4, 5, 6, 7, 8];
  const look = (): Look => ({
    image: tensor([0, 1, 1, 0], [1, 2, 2, 1]),
    output: tensor([[3, 9]]),
    layer: () => tensor(A, [1, 2, 2, 2]),
  });
  const worth = async (objective: Objective) => (await values(objective.value(look())))[0] as number;

  test('objectives are what their equations say', async () => {
    expect(await worth(neuronObjective('a', 1))).toBe(8);
    expect(await worth(neuronObjective('a', 0, [0, 1]))).toBe(3);
    expect(await worth(channelObjective('a', 0))).toBe(4);
    expect(await worth(logitObjective(1))).toBe(9);
    expect(await worth(deepDreamObjective('a'))).toBeCloseTo(total(A.map((v) => v * v)) / 8, 4);
    expect(await worth(directionObjective('a', [1, -1]))).toBe(-1);
    const cosine = [0, 2, 4, 6].map(
      (i) => ((A[i] as number) + (A[i + 1] as number)) ** 2 / Math.hypot(A[i] as number, A[i + 1] as number) / Math.SQRT2,
    );
    expect(await worth(directionObjective('a', [1, 1], 1))).toBeCloseTo(total(cosine) / 4, 4);
    expect(await worth(interpolationObjective('a', 0, 1))).toBe(4.5);
    expect(await worth(penaltyObjective('totalVariation'))).toBe(-4);
    expect(
      await worth(
        weightedObjective([
          { objective: channelObjective('a', 0), weight: -2 },
          { objective: logitObjective(0), weight: 1 },
        ]),
      ),
    ).toBe(-5);
    expect(await worth(caricatureObjective('a', tensor(A, [1, 2, 2, 2])))).toBe(204);
    const twice = caricatureObjective('a', tensor(A, [1, 2, 2, 2]), 1);
    expect(await worth(twice)).toBeCloseTo(204 * Math.sqrt(204), 1);
    const pair = { ...look(), layer: () => tensor([1, 0, 0, 1, 1, 0, 0, 1, 0, 1, 0, 1], [3, 1, 2, 2]) };
    // Images 0 and 1 show the same, image 2 something else.
    const diverse = await values(diversityObjective('a').value(pair));
    expect(diverse[0]).toBeLessThan(diverse[2] as number);
    expect(total(diverse)).toBeCloseTo(-(2 * 1 + 4 * Math.SQRT1_2) / 3, 4);
    for (const bad of [channelObjective('a', 2), channelObjective('a', 0.5), neuronObjective('a', 0, [2, 0])])
      expect(() => bad.value(look())).toThrow(ConfigError);
    expect(() => directionObjective('a', [1]).value(look())).toThrow(ShapeError);
    expect(() => weightedObjective([])).toThrow(ConfigError);
    expect(() => penaltyObjective('sharpness' as PenaltyName)).toThrow(ConfigError);
  });

  test('transformations keep the centre in place and crop to the input', async () => {
    const x = random([1, 6, 6, 1]);
    const still = drawTransforms(NO_ROBUSTNESS, 1, [6, 6], [4, 4], new Generator(1));
    const crop = await values(affineWarp(x, tensor(still, [1, 6]), { size: [4, 4] }));
    const host = await values(x);
    expect(crop).toEqual(Array.from({ length: 16 }, (_, i) => host[(Math.floor(i / 4) + 1) * 6 + (i % 4) + 1]));
    const drawn = drawTransforms(LUCID_ROBUSTNESS, 50, [6, 6], [6, 6], new Generator(1));
    expect(new Set(Array.from({ length: 50 }, (_, n) => drawn.slice(6 * n, 6 * n + 6).join())).size).toBeGreaterThan(40);
  });

  const definition: NetworkDefinition = [
    { type: 'conv2d', in: 3, out: 6, kernel: 3, padding: 1 },
    { type: 'relu', name: 'first' },
    { type: 'maxpool2d', kernel: 2 },
    { type: 'conv2d', in: 6, out: 6, kernel: 3, padding: 1 },
    { type: 'relu', name: 'second' },
    { type: 'globalavgpool2d' },
    { type: 'flatten' },
    { type: 'linear', in: 6, out: 4 },
  ];
  const climb = async (more: Partial<VisualiseOptions>) => {
    const network = buildNetwork(definition, { inputShape: [12, 12, 3], rng: 2, device });
    const seen: Visualisation[] = [];
    const before = memory(device).tensors;
    const options = { network, objective: logitObjective(1), steps: 40, every: 1, seed: 3, ...more };
    for await (const step of visualise(options)) seen.push(step);
    // Constants of the device aside, a second run leaves nothing behind.
    const after = memory(device).tensors;
    for await (const _ of visualise({ ...options, steps: 2 }));
    expect(memory(device).tensors).toBe(after);
    expect(after - before).toBeLessThan(25);
    network.dispose();
    return seen;
  };

  test.each(['pixels', 'fourier', 'laplacian'] as const)(
    'an image in %s climbs',
    { timeout: 120_000 },
    async (parametrisation) => {
      const seen = await climb({ parametrisation, batch: 2, snapshots: [1, 8] });
      expect(seen).toHaveLength(40);
      expect(seen.filter(({ image }) => image).map(({ step }) => step)).toEqual([1, 8, 40]);
      for (const b of [0, 1]) expect((seen.at(-1)?.values[b] as number) - (seen[0]?.values[b] as number)).toBeGreaterThan(0.02);
      const image = seen.at(-1)?.image as Float32Array;
      expect(image).toHaveLength(2 * 12 * 12 * 3);
      expect(Math.min(...image)).toBeGreaterThanOrEqual(0);
      expect(Math.max(...image)).toBeLessThanOrEqual(1);
    },
  );

  test('with transformations, penalties, a larger image and normalised input', { timeout: 120_000 }, async () => {
    const objective = weightedObjective([
      { objective: channelObjective('second', 2), weight: 1 },
      { objective: penaltyObjective('blur'), weight: 0.01 },
    ]);
    const options = {
      objective,
      robustness: SMALL_ROBUSTNESS,
      size: [16, 14],
      normalisation: { mean: [0.5], std: [0.25] },
    } as const;
    const seen = await climb(options);
    expect(seen.at(-1)?.shape).toEqual([1, 16, 14, 3]);
    const mean = (list: Visualisation[]) => total(list.map(({ values: v }) => v[0] as number)) / list.length;
    expect(mean(seen.slice(30))).toBeGreaterThan(mean(seen.slice(0, 5)));
    expect((await climb(options)).map(({ values: v }) => v[0])).toEqual(seen.map(({ values: v }) => v[0]));
  });

  test('bad options are errors', async () => {
    const network = buildNetwork([{ type: 'linear', in: 3, out: 2 }], { inputShape: [3], rng: 1, device });
    await expect(visualise({ network, objective: logitObjective(0) }).next()).rejects.toThrow('it must take images');
    const images = buildNetwork(definition, { inputShape: [12, 12, 3], rng: 1, device });
    await expect(visualise({ network: images, objective: logitObjective(0), steps: 0 }).next()).rejects.toThrow('steps');
    await expect(visualise({ network: images, objective: logitObjective(9) }).next()).rejects.toThrow('channel');
    await expect(visualise({ network: images, objective: channelObjective('third', 0) }).next()).rejects.toThrow(ConfigError);
    const scales = { ...SMALL_ROBUSTNESS, scales: [0] };
    await expect(visualise({ network: images, objective: logitObjective(0), robustness: scales }).next()).rejects.toThrow(
      'scales',
    );
  });
});
