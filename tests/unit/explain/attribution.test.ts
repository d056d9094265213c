import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ArgumentError, ConfigError, DTypeError, ShapeError } from '../../../engine/errors.ts';
import { fgsm, pgd } from '../../../engine/explain/adversarial.ts';
import {
  channelMaximum,
  completenessError,
  guidedBackpropagation,
  inputXGradient,
  integratedGradients,
  saliency,
  smoothGrad,
} from '../../../engine/explain/attribution.ts';
import { cam, gradCam, gradCamFrom, xGradCam, xGradCamFrom } from '../../../engine/explain/cam.ts';
import { gaussLegendre, type QuadratureRule, quadrature } from '../../../engine/explain/quadrature.ts';
import { layerGradient } from '../../../engine/explain/scores.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import { buildNetwork, type Network } from '../../../engine/nn/network.ts';
import { DeviceGenerator } from '../../../engine/ops/index.ts';
import { Generator } from '../../../engine/random.ts';
import { setDevice, sizeOf, type Tensor, tensor } from '../../../engine/tensor.ts';
import { availableDevices } from '../core/devices.ts';

const opened = await availableDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

const random = (shape: readonly number[], seed = 1) => tensor(new Generator(seed, 'test').normal(sizeOf(shape)), shape);
const values = async (t: Tensor) => [...(await t.data())];

function near(got: readonly number[], expected: readonly number[], digits = 4): void {
  expect(got).toHaveLength(expected.length);
  for (const [i, value] of got.entries()) expect(value).toBeCloseTo(expected[i] as number, digits);
}

const convolutional: NetworkDefinition = [
  { type: 'conv2d', in: 2, out: 5, kernel: 3, padding: 1 },
  { type: 'batchnorm2d', features: 5 },
  { type: 'relu' },
  { type: 'maxpool2d', kernel: 2 },
  { type: 'conv2d', in: 5, out: 4, kernel: 3, padding: 1 },
  { type: 'relu', name: 'features' },
  { type: 'globalavgpool2d' },
  { type: 'flatten' },
  { type: 'linear', in: 4, out: 3 },
];

describe('quadrature', () => {
  test('Gauss–Legendre has the nodes and weights of LABS §9', () => {
    const five = gaussLegendre(5);
    near(five.nodes, [0.04691, 0.230765, 0.5, 0.769235, 0.95309], 6);
    near(five.weights, [0.118463, 0.239314, 0.284444, 0.239314, 0.118463], 6);
    const fifty = gaussLegendre(50);
    expect(fifty.nodes[0]).toBeCloseTo(0.000566798, 9);
    expect(fifty.weights[0]).toBeCloseTo(0.001454311, 9);
  });

  test('n nodes integrate polynomials up to degree 2n − 1 exactly', () => {
    for (const n of [1, 2, 3, 7, 20]) {
      const { nodes, weights } = gaussLegendre(n);
      const degree = 2 * n - 1;
      const integral = nodes.reduce((sum, x, k) => sum + (weights[k] as number) * x ** degree, 0);
      expect(integral).toBeCloseTo(1 / (degree + 1), 12);
    }
  });

  test('Riemann rules', () => {
    const square = (rule: QuadratureRule) => {
      const { nodes, weights } = quadrature(rule, 4);
      return nodes.reduce((sum, x, k) => sum + (weights[k] as number) * x * x, 0);
    };
    expect(square('left')).toBeCloseTo(0.21875, 12);
    expect(square('right')).toBeCloseTo(0.46875, 12);
    expect(square('midpoint')).toBeCloseTo(0.328125, 12);
    expect(square('middle')).toBe(square('midpoint'));
    expect(square('trapezoid')).toBeCloseTo(0.34375, 12);
    expect(() => quadrature('simpson' as QuadratureRule, 4)).toThrow(ConfigError);
    expect(() => quadrature('left', 0)).toThrow('steps');
  });
});

describe.each(opened)('attribution on %s', (_, device) => {
  beforeEach(() => setDevice(device));
  const build = (): Network => buildNetwork(convolutional, { inputShape: [6, 6, 2], rng: 3, device });
  const targets = [0, 2, 1];

  /** ∂S_c/∂x by central differences. */
  async function differences(network: Network, x: Float32Array, pixel: number, h = 1e-2): Promise<number[]> {
    network.eval();
    const at = async (shift: number) => {
      const moved = x.slice();
      for (let n = 0; n < 3; n++) moved[n * 72 + pixel] = (moved[n * 72 + pixel] as number) + shift;
      const scores = await network.forward(tensor(moved, [3, 6, 6, 2])).data();
      return targets.map((c, n) => scores[n * 3 + c] as number);
    };
    const [above, below] = [await at(h), await at(-h)];
    return above.map((value, n) => (value - (below[n] as number)) / (2 * h));
  }

  test('saliency is the gradient of each sample’s own class, and the mode is put back', async () => {
    const network = build().train();
    const x = random([3, 6, 6, 2]);
    const signed = await values(saliency(network, x, targets, { absolute: false }));
    expect(network.training).toBe(true);
    const host = await x.data();
    for (const pixel of [0, 31, 71]) {
      near(
        [0, 1, 2].map((n) => signed[n * 72 + pixel] as number),
        await differences(network, host, pixel),
        2,
      );
    }
    near(await values(saliency(network, x, targets)), signed.map(Math.abs), 6);
    near(
      await values(inputXGradient(network, x, tensor(targets, [3], { dtype: 'i32' }))),
      signed.map((g, i) => g * (host[i] as number)),
      5,
    );
    const maxima = await values(channelMaximum(tensor(signed, [3, 6, 6, 2])));
    expect(maxima[0]).toBeCloseTo(Math.max(Math.abs(signed[0] as number), Math.abs(signed[1] as number)), 6);
  });

  test('integrated gradients are complete, more so with more nodes', async () => {
    const network = build();
    const x = random([3, 6, 6, 2]);
    const errors = async (steps: number, baseline: number) => {
      const map = integratedGradients(network, x, targets, { steps, baseline });
      return Math.max(...(await completenessError(network, x, targets, map, baseline)));
    };
    expect(await errors(50, 0)).toBeLessThan(5e-3);
    expect(await errors(50, -0.4)).toBeLessThan(5e-3);
    expect(await errors(2, 0)).toBeGreaterThan(await errors(50, 0));
    const seen: number[] = [];
    integratedGradients(network, x, targets, { steps: 3, rule: 'trapezoid', onStep: (done, total) => seen.push(done / total) });
    expect(seen).toEqual([0.25, 0.5, 0.75, 1]);
  });

  test('a baseline may be a tensor that broadcasts', async () => {
    const network = build();
    const x = random([3, 6, 6, 2]);
    const one = integratedGradients(network, x, targets, { steps: 4, baseline: tensor([0.3], [1, 1, 1, 1]) });
    near(await values(one), await values(integratedGradients(network, x, targets, { steps: 4, baseline: 0.3 })), 6);
  });

  test('SmoothGrad without noise is the gradient; with noise it averages', async () => {
    const network = build();
    const x = random([3, 6, 6, 2]);
    const rng = new DeviceGenerator(1, 'smooth', device);
    const plain = await values(saliency(network, x, targets, { absolute: false }));
    near(await values(smoothGrad(network, x, targets, { samples: 3, sigma: 0, rng })), plain, 5);
    const noisy = await values(smoothGrad(network, x, targets, { samples: 5, sigma: 0.5, rng }));
    expect(noisy).not.toEqual(plain);
    const magnitudes = await values(smoothGrad(network, x, targets, { samples: 2, sigma: 0.5, rng, absolute: true }));
    expect(Math.min(...magnitudes)).toBeGreaterThanOrEqual(0);
  });

  test('guided back-propagation stops negative gradients at every ReLU', async () => {
    const definition: NetworkDefinition = [
      { type: 'linear', in: 2, out: 2, bias: false },
      { type: 'relu' },
      { type: 'linear', in: 2, out: 1, bias: false },
    ];
    const network = buildNetwork(definition, { inputShape: [2], rng: 1, device });
    network.loadStateDict({
      '0.weight': { shape: [2, 2], data: Float32Array.of(1, 0, 0, 1) },
      '2.weight': { shape: [1, 2], data: Float32Array.of(2, -3) },
    });
    // Both units are on; the second pulls the score down.
    expect(await values(saliency(network, tensor([[1, 1]]), [0], { absolute: false }))).toEqual([2, -3]);
    expect(await values(guidedBackpropagation(network, tensor([[1, 1]]), [0]))).toEqual([2, 0]);
    expect(await values(guidedBackpropagation(network, tensor([[-1, 1]]), [0]))).toEqual([0, 0]);
  });

  test('guided back-propagation of a leaky ReLU keeps its slope', async () => {
    const definition: NetworkDefinition = [
      { type: 'linear', in: 2, out: 2, bias: false },
      { type: 'leakyrelu', slope: 0.25 },
      { type: 'linear', in: 2, out: 1, bias: false },
    ];
    const network = buildNetwork(definition, { inputShape: [2], rng: 1, device });
    network.loadStateDict({
      '0.weight': { shape: [2, 2], data: Float32Array.of(1, 0, 0, 1) },
      '2.weight': { shape: [1, 2], data: Float32Array.of(2, -3) },
    });
    expect(await values(guidedBackpropagation(network, tensor([[-1, 1]]), [0]))).toEqual([0.5, 0]);
    expect(await values(guidedBackpropagation(network, tensor([[1, -1]]), [0]))).toEqual([2, 0]);
    // Forgotten afterwards.
    expect(await values(saliency(network, tensor([[-1, 1]]), [0], { absolute: false }))).toEqual([0.5, -3]);
    network.dispose();
  });

  test('XGrad-CAM and Grad-CAM of LABS §9', async () => {
    // [1, 2, 2, 2]: channels last.
    const A = tensor([1, 0, 0, 3, 2, 0, 1, 1], [1, 2, 2, 2]);
    const G = tensor([0.5, 1, 1, 0.2, -0.25, 0, 0, -0.4], [1, 2, 2, 2]);
    near(await values(xGradCamFrom(A, G)), [0, 0.15, 0, 0.05], 6);
    // Mean gradients 0.3125 and 0.2.
    near(await values(gradCamFrom(A, G)), [0.3125, 0.6, 0.625, 0.5125], 6);
  });

  test('CAM: the mean of the map is the score without its bias; Grad-CAM is its share that counts', async () => {
    const network = build();
    const x = random([3, 6, 6, 2]);
    const map = cam(network, x, targets, 'features');
    expect(map.shape).toEqual([3, 3, 3]);
    const scores = await network.eval().forward(x).data();
    const bias = (await network.stateDict()).get('8.bias')?.data as Float32Array;
    const maps = await values(map);
    for (const [n, c] of targets.entries()) {
      const mean = maps.slice(n * 9, n * 9 + 9).reduce((a, b) => a + b, 0) / 9;
      expect(mean).toBeCloseTo((scores[n * 3 + c] as number) - (bias[c] as number), 5);
    }
    // Behind a global average pool the gradient is w/(HW) everywhere, so all CAMs agree up to that factor.
    const rectified = maps.map((v) => Math.max(0, v) / 9);
    near(await values(gradCam(network, x, targets, 5)), rectified, 6);
    near(await values(xGradCam(network, x, targets, 5)), rectified, 6);
    const { activation, gradient } = layerGradient(network, x, targets, 'features');
    expect([activation.shape, gradient.shape]).toEqual([
      [3, 3, 3, 4],
      [3, 3, 3, 4],
    ]);
  });

  test('CAM of class maps is the map itself', async () => {
    const definition: NetworkDefinition = [
      { type: 'conv2d', in: 1, out: 3, kernel: 3 },
      { type: 'relu' },
      { type: 'globalavgpool2d' },
      { type: 'flatten' },
    ];
    const network = buildNetwork(definition, { inputShape: [5, 5, 1], rng: 2, device }).eval();
    const x = random([2, 5, 5, 1]);
    const maps = await values(cam(network, x, [1, 2], 1));
    const activation = await values(network.forward(x, { capture: [1] }).activations.get('1') as Tensor);
    expect(maps.slice(0, 9)).toEqual(Array.from({ length: 9 }, (_, p) => activation[p * 3 + 1]));
    // In front of the ReLU the mean of the map is not the score.
    expect(() => cam(network, x, [1, 2], 0)).toThrow('CAM needs a global average pool');
    const deep = buildNetwork([{ type: 'flatten' }, { type: 'linear', in: 25, out: 3 }], {
      inputShape: [5, 5, 1],
      rng: 2,
      device,
    });
    expect(() => cam(deep, x, [1, 2], 0)).toThrow('CAM needs a global average pool');
    expect(() => gradCam(deep, x, [1, 2], 0)).toThrow(ShapeError);
    expect(() => saliency(network, x, [1])).toThrow('there must be one class for each of the 2 samples');
  });

  test('FGSM moves every pixel by ε uphill, PGD stays in the box and goes further', async () => {
    const network = build();
    const x = random([3, 6, 6, 2]);
    const start = await values(x);
    const chosen = async (t: Tensor) => {
      const scores = await network.eval().forward(t).data();
      return targets.map((c, n) => {
        const row = [0, 1, 2].map((k) => scores[n * 3 + k] as number);
        return (row[c] as number) - Math.log(row.reduce((sum, z) => sum + Math.exp(z), 0));
      });
    };
    const before = await chosen(x);
    const moved = fgsm(network, x, targets, { epsilon: 0.2 });
    near(
      (await values(moved)).map((v, i) => Math.abs(v - (start[i] as number))),
      start.map(() => 0.2),
      5,
    );
    const after = await chosen(moved);
    expect(after.every((value, n) => value < (before[n] as number))).toBe(true);
    const friendly = await chosen(fgsm(network, x, targets, { epsilon: 0.05, targeted: true }));
    expect(friendly.every((value, n) => value > (before[n] as number))).toBe(true);
    const far = pgd(network, x, targets, { epsilon: 0.2, stepSize: 0.05, steps: 12, randomStart: false });
    (await values(far)).forEach((v, i) => {
      expect(Math.abs(v - (start[i] as number))).toBeLessThanOrEqual(0.2 + 1e-5);
    });
    const total = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);
    expect(total(await chosen(far))).toBeLessThan(total(after) + 1e-3);
    const clipped = await values(fgsm(network, x, targets, { epsilon: 0.5, clip: { min: -0.5, max: 0.5 } }));
    expect(Math.max(...clipped.map(Math.abs))).toBeLessThanOrEqual(0.5);
    const rng = new DeviceGenerator(4, 'pgd', device);
    const somewhere = await values(pgd(network, x, targets, { epsilon: 0.2, stepSize: 0.05, steps: 0, rng }));
    expect(new Set(somewhere.map((v, i) => Math.abs(v - (start[i] as number)) > 0.2 + 1e-5))).toEqual(new Set([false]));
    expect(somewhere).not.toEqual(start);
    expect(() => pgd(network, x, targets, { epsilon: 1, stepSize: 1, steps: 1 })).toThrow('a random start needs a generator');
  });
});

describe.each(opened)('targets on %s', (_, device) => {
  beforeEach(() => setDevice(device));
  const network = () =>
    buildNetwork(
      [
        { type: 'conv2d', in: 1, out: 2, kernel: 3, name: 'maps' },
        { type: 'relu', name: 'positive' },
        { type: 'globalavgpool2d' },
        { type: 'flatten' },
        { type: 'linear', in: 2, out: 3 },
      ],
      { inputShape: [5, 5, 1], rng: 1, device },
    );
  type Given = Parameters<typeof saliency>[2];
  const methods: [string, (net: Network, x: Tensor, targets: Given) => unknown][] = [
    ['saliency', saliency],
    ['inputXGradient', inputXGradient],
    ['guidedBackpropagation', guidedBackpropagation],
    ['integratedGradients', (net, x, targets) => integratedGradients(net, x, targets, { steps: 2 })],
    ['gradCam', (net, x, targets) => gradCam(net, x, targets, 'maps')],
    ['xGradCam', (net, x, targets) => xGradCam(net, x, targets, 'maps')],
    ['cam', (net, x, targets) => cam(net, x, targets, 'positive')],
    ['fgsm', (net, x, targets) => fgsm(net, x, targets, { epsilon: 0.1 })],
    ['pgd', (net, x, targets) => pgd(net, x, targets, { epsilon: 0.1, stepSize: 0.1, steps: 1, randomStart: false })],
    ['completenessError', (net, x, targets) => completenessError(net, x, targets as number[], x)],
  ];

  test.each(methods)('%s refuses what is no class', async (_name, method) => {
    const net = network();
    const x = random([2, 5, 5, 1]);
    const call = async (targets: unknown) => method(net, x, targets as Given);
    for (const targets of [[0, 3], [0, -1], [0.5, 1], [Number.NaN, 0], Int32Array.of(0, 9)]) {
      await expect(call(targets)).rejects.toThrow(ConfigError);
      await expect(call(targets)).rejects.toThrow(/is no class of this network; use a whole number from 0 to 2/);
    }
    for (const targets of [[0], [0, 1, 2], []]) await expect(call(targets)).rejects.toThrow(ShapeError);
    await expect(call(1)).rejects.toThrow(ArgumentError);
    expect(net.training).toBe(true);
  });

  test('a class of a tensor that the network does not have gives NaN, and other types are refused', async () => {
    const net = network();
    const x = random([2, 5, 5, 1]);
    const map = await values(saliency(net, x, tensor(Int32Array.of(0, 5))));
    expect(map.slice(0, 25).every(Number.isFinite)).toBe(true);
    // A ReLU that is shut passes nothing on.
    expect(map.slice(25).some(Number.isNaN)).toBe(true);
    expect(map.slice(25).every((v) => v === 0 || Number.isNaN(v))).toBe(true);
    expect(() => saliency(net, x, tensor([0, 1]))).toThrow(DTypeError);
  });
});
