import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError, ShapeError } from '../../../engine/errors.ts';
import { penalisedAttack, pgd, pgdPath, signNoise } from '../../../engine/explain/adversarial.ts';
import { adversarialTransform } from '../../../engine/explain/adversarial-training.ts';
import { classPlane, lossPlane, walkPlane } from '../../../engine/explain/loss-plane.ts';
import { pixelNetwork } from '../../../engine/explain/pixel-network.ts';
import { robustAccuracy } from '../../../engine/explain/robustness.ts';
import { memory } from '../../../engine/memory.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { crossEntropy, DeviceGenerator } from '../../../engine/ops/index.ts';
import { Generator } from '../../../engine/random.ts';
import { fitNetwork } from '../../../engine/repair/training.ts';
import { setDevice, type Tensor, tensor } from '../../../engine/tensor.ts';
import { arrayData } from '../../../engine/train/data.ts';
import { processorDevices } from '../core/devices.ts';

const opened = await processorDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

const values = async (t: Tensor) => [...(await t.data())];
const definition: NetworkDefinition = [
  { type: 'flatten' },
  { type: 'linear', in: 36, out: 16 },
  { type: 'relu' },
  { type: 'linear', in: 16, out: 3 },
];

/** Three classes by many weak signs: what an attack adds up and noise does not. */
function stripes(count: number, seed: number) {
  const rng = new Generator(seed, 'stripes');
  const noise = rng.normal(count * 36, 0, 0.12);
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
  const pixels = Float32Array.from(noise, (v, at) => {
    const sign =
      Math.sin((labels[Math.floor(at / 36)] as number) * 40 + (at % 36) * ((labels[Math.floor(at / 36)] as number) + 1)) > 0
        ? 1
        : -1;
    return Math.min(1, Math.max(0, 0.5 + 0.1 * sign + v));
  });
  return arrayData({ values: pixels, shape: [6, 6, 1] }, { values: labels, shape: [] }, 3);
}

describe.each(opened)('attacks on %s', (_, device) => {
  beforeEach(() => setDevice(device));
  const trained = async () => {
    const network = buildNetwork(definition, { inputShape: [6, 6, 1], rng: 1, device });
    await fitNetwork(network, stripes(300, 1), { optimiser: { type: 'adam', lr: 0.01 }, epochs: 6, batchSize: 30 });
    return network;
  };
  const clip = { min: 0, max: 1 };

  test('accuracy falls with ε under attack, PGD below FGSM, and not under noise of the same size', {
    timeout: 120_000,
  }, async () => {
    const network = await trained();
    const held = stripes(150, 2);
    const epsilons = [0, 0.05, 0.1];
    const of = async (attack: 'fgsm' | 'pgd' | 'noise') => {
      const rng = new DeviceGenerator(1, attack, device);
      const found = await robustAccuracy(network, held, { attack, epsilons, clip, rng, steps: 8, batchSize: 64 });
      rng.dispose();
      return found.map(({ accuracy }) => accuracy);
    };
    const [fgsm, pgdOnes, noise] = [await of('fgsm'), await of('pgd'), await of('noise')];
    expect(fgsm[0]).toBeGreaterThan(0.95);
    expect([fgsm[0], fgsm[0]]).toEqual([noise[0], pgdOnes[0]]);
    expect(fgsm[2]).toBeLessThan(0.5);
    expect(pgdOnes[1]).toBeLessThanOrEqual((fgsm[1] as number) + 0.02);
    expect(noise[2]).toBeGreaterThan((fgsm[0] as number) - 0.1);
    // Wrong answers under attack are given with confidence; another network judges the same images.
    const judge = await trained();
    const [own] = await robustAccuracy(network, held, { attack: 'fgsm', epsilons: [0.1], clip });
    const [same] = await robustAccuracy(network, held, { attack: 'fgsm', epsilons: [0.1], clip, judge });
    expect(own?.errorConfidence).toBeGreaterThan(1 / 3);
    expect(same).toEqual(own);
    judge.dispose();
    await expect(robustAccuracy(network, held, { attack: 'pgd', epsilons })).rejects.toThrow('rng');
    network.dispose();
  });

  test('noise is ±ε everywhere, in both directions, within the clip', async () => {
    const rng = new DeviceGenerator(2, 'noise', device);
    const x = tensor(new Float32Array(400).fill(0.5), [1, 20, 20, 1]);
    const host = await values(signNoise(x, { epsilon: 0.25, rng }));
    expect(new Set(host)).toEqual(new Set([0.25, 0.75]));
    expect(Math.abs(host.filter((v) => v > 0.5).length - 200)).toBeLessThan(50);
    expect(Math.max(...(await values(signNoise(x, { epsilon: 0.75, rng, clip }))))).toBe(1);
    expect(() => signNoise(x, { epsilon: -1, rng })).toThrow(ConfigError);
  });

  test('the path ends where PGD ends, the penalised attack reaches its class with less change the larger λ is', {
    timeout: 120_000,
  }, async () => {
    const network = await trained();
    const x = tensor(stripes1().slice(0, 72), [2, 6, 6, 1]);
    const options = { epsilon: 0.1, stepSize: 0.02, steps: 5, randomStart: false, clip } as const;
    const tensors = memory(device).tensors;
    let last: Tensor | undefined;
    let points = 0;
    for (const point of pgdPath(network, x, [0, 1], options)) {
      last?.dispose();
      last = point;
      points++;
    }
    expect(points).toBe(6);
    expect(await values(last as Tensor)).toEqual(await values(pgd(network, x, [0, 1], options)));
    last?.dispose();
    expect(memory(device).tensors - tensors).toBeLessThan(8);
    const start = await values(x);
    const attacked = async (lambda: number) => {
      const moved = penalisedAttack(network, x, [2, 2], { lambda, steps: 60, lr: 0.02, clip });
      const scores = await values(network.eval().forward(moved));
      const norm = Math.hypot(...(await values(moved)).map((v, i) => v - (start[i] as number)));
      return {
        classes: [0, 1].map((n) =>
          [0, 1, 2].reduce((best, k) => ((scores[n * 3 + k] as number) > (scores[n * 3 + best] as number) ? k : best), 0),
        ),
        norm,
      };
    };
    const [weak, strong] = [await attacked(0.01), await attacked(3)];
    expect(weak.classes).toEqual([2, 2]);
    expect(strong.norm).toBeLessThan(weak.norm);
    network.dispose();
  });

  const stripes1 = () => {
    const rng = new Generator(5);
    return rng.uniform(72, 0.2, 0.8);
  };

  test('the loss over a plane', async () => {
    const network = buildNetwork(definition, { inputShape: [6, 6, 1], rng: 1, device });
    const [x, d] = [tensor(stripes1().slice(0, 36), [1, 6, 6, 1]), tensor(stripes1().slice(36), [1, 6, 6, 1])];
    const plane = await lossPlane(network, x, 1, {
      axes: [d, x],
      at: [
        [0, 0.5],
        [-1, 0, 1],
      ],
      batchSize: 4,
    });
    expect(plane).toHaveLength(6);
    const host = await values(x);
    const other = await values(d);
    // Row b = 1, column a = 0.5: 2x + 0.5 d.
    const point = tensor(
      Float32Array.from(host, (v, i) => 2 * v + 0.5 * (other[i] as number)),
      [1, 6, 6, 1],
    );
    const expected = await crossEntropy(network.eval().forward(point), tensor(Int32Array.of(1))).item();
    expect(plane[5]).toBeCloseTo(expected, 4);
    const classes = await classPlane(network, x, { axes: [d, x], at: [[0.5], [1]] });
    const scores = await values(network.eval().forward(point));
    expect(classes).toEqual(Float32Array.of(scores.indexOf(Math.max(...scores))));
    await expect(lossPlane(network, x, 1, { axes: [d, tensor([1])], at: [[0], [0]] })).rejects.toThrow(ShapeError);
    network.dispose();
  });

  test('a network on pixels says what the network says of normalised images, and takes ε in grey levels', async () => {
    const network = buildNetwork([...definition, { type: 'softmax' }], { inputShape: [6, 6, 1], rng: 3, device });
    const onPixels = await pixelNetwork(network, { mean: [0.4], std: [0.2] });
    const pixels = stripes1().slice(0, 36);
    const normalised = tensor(
      pixels.map((v) => (v - 0.4) / 0.2),
      [1, 6, 6, 1],
    );
    const probabilities = await values(network.eval().forward(normalised));
    const scores = await values(onPixels.forward(tensor(pixels, [1, 6, 6, 1])));
    const powers = scores.map(Math.exp);
    const total = powers.reduce((a, b) => a + b, 0);
    powers.forEach((power, k) => {
      expect(power / total).toBeCloseTo(probabilities[k] as number, 5);
    });
    const moved = await values(pgd(onPixels, tensor(pixels, [1, 6, 6, 1]), [0], { ...around, randomStart: false }));
    expect(Math.max(...moved.map((v, i) => Math.abs(v - (pixels[i] as number))))).toBeCloseTo(0.1, 5);
    await expect(pixelNetwork(network, { mean: [0, 0], std: [1, 1] })).rejects.toThrow(ShapeError);
    network.dispose();
    onPixels.dispose();
  });

  const around = { epsilon: 0.1, stepSize: 0.05, steps: 4, clip } as const;

  test('training on attacked images keeps what plain training loses', { timeout: 120_000 }, async () => {
    const plain = await trained();
    const hardened = buildNetwork(definition, { inputShape: [6, 6, 1], rng: 1, device });
    const transform = adversarialTransform(hardened, { epsilon: 0.08, steps: 3, clip });
    await fitNetwork(hardened, stripes(300, 1), {
      optimiser: { type: 'adam', lr: 0.01 },
      epochs: 6,
      batchSize: 30,
      transform,
    });
    const [before, after] = [plain, hardened].map((network) =>
      robustAccuracy(network, stripes(150, 2), { attack: 'fgsm', epsilons: [0.08], clip }),
    );
    const accuracy = async (found: typeof before) => (await found)?.[0]?.accuracy as number;
    expect(await accuracy(after)).toBeGreaterThan((await accuracy(before)) + 0.1);
    plain.dispose();
    hardened.dispose();
  });
});

test('the plane of a walk holds its origin, its end and the point farthest from the line between them', () => {
  const origin = Float32Array.of(1, 1, 1);
  const points = [
    [1, 1, 1],
    [2, 3, 1],
    [3, 1, 1.5],
    [5, 1, 1],
  ].map((p) => Float32Array.from(p));
  const { axes, coordinates, outside } = walkPlane(origin, points, Float32Array.of(0, 0, 1));
  expect(axes.map((axis) => [...axis])).toEqual([
    [1, 0, 0],
    [0, 1, 0],
  ]);
  expect(coordinates).toEqual([
    [0, 0],
    [1, 2],
    [2, 0],
    [4, 0],
  ]);
  expect(outside).toEqual([0, 0, 0.5, 0]);
  // A line takes the spare direction for its second axis.
  const line = walkPlane(origin, [origin, Float32Array.of(2, 1, 1)], Float32Array.of(5, 0, 2));
  expect([...(line.axes[1] as Float32Array)]).toEqual([0, 0, 1]);
  expect(() => walkPlane(origin, [origin], origin)).toThrow(ConfigError);
  expect(() => walkPlane(origin, [Float32Array.of(1)], origin)).toThrow(ShapeError);
});
