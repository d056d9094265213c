import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { grad } from '../../../engine/autodiff.ts';
import type { RecordingDevice } from '../../../engine/device/recording-device.ts';
import { ConfigError, ShapeError } from '../../../engine/errors.ts';
import { withGuidedRelu } from '../../../engine/explain/attribution.ts';
import { unet } from '../../../engine/nn/architectures.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import type { UNet } from '../../../engine/nn/layers/unet.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { sum } from '../../../engine/ops/index.ts';
import { Generator } from '../../../engine/random.ts';
import { setDevice, sizeOf, type Tensor, tensor } from '../../../engine/tensor.ts';
import { processorDevices } from '../core/devices.ts';

const opened = await processorDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

const random = (shape: readonly number[], seed = 1) => tensor(new Generator(seed, 'test').normal(sizeOf(shape)), shape);
const values = async (t: Tensor) => [...(await t.data())];

function near(got: readonly number[], expected: readonly number[]): void {
  expect(got).toHaveLength(expected.length);
  for (const [i, value] of got.entries()) expect(value).toBeCloseTo(expected[i] as number, 5);
}

const mixed: NetworkDefinition = [
  { type: 'conv2d', in: 2, out: 3, kernel: 3, padding: 'same' },
  { type: 'batchnorm2d', features: 3 },
  { type: 'relu' },
  {
    type: 'residual',
    name: 'block',
    layers: [
      { type: 'conv2d', in: 3, out: 3, kernel: 1 },
      { type: 'leakyrelu', slope: 0.2 },
    ],
  },
  { type: 'flatten' },
  { type: 'batchnorm1d', features: 48 },
  {
    type: 'residual',
    layers: [
      { type: 'linear', in: 48, out: 48 },
      { type: 'layernorm', features: 48 },
    ],
  },
  { type: 'linear', in: 48, out: 5 },
];

describe.each(opened)('networks on %s', (_, device: RecordingDevice) => {
  beforeAll(() => setDevice(device));
  beforeEach(() => setDevice(device));
  const build = (definition: NetworkDefinition, inputShape: readonly number[], seed = 1) =>
    buildNetwork(definition, { inputShape, rng: seed, device });

  test('names and shapes are PyTorch’s', async () => {
    const state = await build(mixed, [4, 4, 2]).stateDict();
    expect([...state].map(([name, { shape }]) => `${name} ${shape.join('×')}`)).toEqual([
      ...['0.weight 3×2×3×3', '0.bias 3', '1.weight 3', '1.bias 3', '1.running_mean 3', '1.running_var 3'],
      ...['3.body.0.weight 3×3×1×1', '3.body.0.bias 3', '5.weight 48', '5.bias 48', '5.running_mean 48', '5.running_var 48'],
      ...['6.body.0.weight 48×48', '6.body.0.bias 48', '6.body.1.weight 48', '6.body.1.bias 48', '7.weight 5×48', '7.bias 5'],
    ]);
  });

  test('a state goes out and comes back unchanged, and gives the same outputs', async () => {
    const [a, b] = [build(mixed, [4, 4, 2], 1).eval(), build(mixed, [4, 4, 2], 2).eval()];
    const x = random([3, 4, 4, 2]);
    const state = await a.stateDict();
    b.loadStateDict(state);
    expect(await b.stateDict()).toEqual(state);
    expect(await values(b.forward(x))).toEqual(await values(a.forward(x)));
  });

  test('a linear layer behind a flatten reads PyTorch’s order of features', async () => {
    const network = build([{ type: 'flatten' }, { type: 'linear', in: 12, out: 1, bias: false }], [2, 3, 2]);
    // PyTorch counts features as c·H·W + h·W + w; weight k is k, and each input pixel is one in turn.
    network.loadStateDict({ '1.weight': { shape: [1, 12], data: Float32Array.from({ length: 12 }, (_, k) => k) } });
    const pixels = new Float32Array(144);
    for (let n = 0; n < 12; n++) pixels[n * 12 + n] = 1;
    const expected = Array.from({ length: 12 }, (_, n) => (n % 2) * 6 + Math.floor(n / 2));
    expect(await values(network.forward(tensor(pixels, [12, 2, 3, 2])))).toEqual(expected);
  });

  test('a residual block right behind a flatten keeps PyTorch’s order on both ways', async () => {
    const definition: NetworkDefinition = [
      { type: 'flatten' },
      { type: 'residual', layers: [{ type: 'linear', in: 8, out: 8 }, { type: 'relu' }, { type: 'layernorm', features: 8 }] },
      { type: 'linear', in: 8, out: 1, bias: false },
    ];
    const network = build(definition, [2, 2, 2]);
    const rows = new Float32Array(64);
    // The body maps PyTorch's feature k to 10^-k at position 7 − k.
    for (let k = 0; k < 8; k++) rows[(7 - k) * 8 + k] = 1;
    network.loadStateDict(
      { '1.body.0.weight': { shape: [8, 8], data: rows }, '1.body.0.bias': { shape: [8], data: new Float32Array(8) } },
      { strict: false },
    );
    const { activations } = network.forward(random([1, 2, 2, 2]), { capture: ['1.body.0', 0] });
    const x = await values(activations.get('0') as Tensor);
    const y = await values(activations.get('1.body.0') as Tensor);
    const inPyTorch = (list: number[]) => Array.from({ length: 8 }, (_, k) => list[(k % 4) * 2 + Math.floor(k / 4)] as number);
    expect(inPyTorch(y)).toEqual(inPyTorch(x).toReversed());
  });

  test('loading says what is missing, unexpected or of another shape, and changes nothing then', async () => {
    const network = build(mixed, [4, 4, 2]);
    const before = await network.stateDict();
    const state = new Map(before);
    state.delete('7.bias');
    state.set('8.weight', { shape: [1], data: new Float32Array(1) });
    expect(() => network.loadStateDict(state)).toThrow(ConfigError);
    expect(() => network.loadStateDict(state)).toThrow(/lacks '7.bias'; nothing here is called '8.weight'/);
    expect(network.loadStateDict(state, { strict: false })).toEqual({ missing: ['7.bias'], unexpected: ['8.weight'] });
    const wrong = new Map(before).set('0.weight', { shape: [3, 2, 3, 2], data: new Float32Array(36) });
    expect(() => network.loadStateDict(wrong)).toThrow(ShapeError);
    expect(() => network.loadStateDict(wrong)).toThrow(
      "loadStateDict '0.weight': got [3, 2, 3, 2], but this network's '0.weight' is [3, 2, 3, 3]",
    );
    expect(await network.stateDict()).toEqual(before);
    expect(
      network.loadStateDict(new Map(before).set('1.num_batches_tracked', { shape: [], data: new Float32Array(1) })).unexpected,
    ).toEqual([]);
  });

  test('captured activations lie on the tape, by index, path and name', async () => {
    const network = build(mixed, [4, 4, 2]).eval();
    const { output, activations } = network.forward(random([2, 4, 4, 2]), { capture: [2, '3.body.0', 'block'] });
    expect([...activations].map(([key, { shape }]) => `${key} ${shape.join('×')}`)).toEqual([
      '2 2×4×4×3',
      '3.body.0 2×4×4×3',
      'block 2×4×4×3',
    ]);
    const gradients = grad(sum(output), [...activations.values()]);
    expect(gradients.map(({ shape }) => shape)).toEqual([...activations.values()].map(({ shape }) => shape));
    expect((await values(gradients[0] as Tensor)).some((g) => g !== 0)).toBe(true);
    expect(() => network.forward(random([2, 4, 4, 2]), { capture: ['9'] })).toThrow(/'9' is no layer of this network/);
    const every = network.forward(random([2, 4, 4, 2]), { capture: 'all' }).activations;
    expect([...every.keys()]).toEqual([
      '0',
      '1',
      '2',
      '3.body.0',
      '3.body.1',
      '3.body',
      '3',
      '4',
      '5',
      '6.body.0',
      '6.body.1',
      '6.body',
      '6',
      '7',
    ]);
  });

  test('fused and separate activations agree, and replaced gradients are honoured', async () => {
    const network = build(mixed, [4, 4, 2]).eval();
    const x = random([2, 4, 4, 2]);
    x.requiresGrad = true;
    const fused = network.forward(x, {});
    const separate = network.forward(x, { fuse: false });
    const outputs = await values(separate.output);
    near(await values(fused.output), outputs);
    const [a, b] = [fused, separate].map(({ output }) => grad(sum(output), [x])[0] as Tensor);
    const expected = await values(b as Tensor);
    near(await values(a as Tensor), expected);
    const guided = withGuidedRelu(() => grad(sum(network.forward(x)), [x])[0] as Tensor);
    expect(await values(guided)).not.toEqual(expected);
  });

  test('frozen layers get no gradient; clones are equal and apart', async () => {
    const network = build(mixed, [4, 4, 2]).freeze(0, 'block');
    const learning = network.namedParameters().filter(([, { requiresGrad }]) => requiresGrad);
    expect(learning.map(([name]) => name)).not.toContain('0.weight');
    expect(learning.map(([name]) => name)).not.toContain('3.body.0.bias');
    expect(learning).toHaveLength(network.parameters().length - 4);
    const clone = network.clone();
    expect(await clone.stateDict()).toEqual(await network.stateDict());
    expect(clone.parameters().map((p) => p.requiresGrad)).toEqual(network.parameters().map((p) => p.requiresGrad));
    clone.initialise(9);
    expect(await clone.stateDict()).not.toEqual(await network.stateDict());
    network.unfreeze();
    expect(network.parameters().every(({ requiresGrad }) => requiresGrad)).toBe(true);
  });

  test('running statistics move in training and are used in evaluation', async () => {
    const network = build([{ type: 'batchnorm1d', features: 2, momentum: 0.5 }], [2]);
    network.train().forward(
      tensor([
        [1, 2],
        [3, 6],
      ]),
    );
    const state = await network.stateDict();
    expect([...(state.get('0.running_mean')?.data ?? [])]).toEqual([1, 2]);
    // Unbiased variances 2 and 8, half of them and half of one.
    expect([...(state.get('0.running_var')?.data ?? [])]).toEqual([1.5, 4.5]);
    const y = await values(network.eval().forward(tensor([[1, 2]])));
    near(y, [0, 0]);
  });

  test('dropout draws anew each step in training only', async () => {
    const network = build([{ type: 'dropout', p: 0.5 }], [64]);
    const x = tensor(new Float32Array(64).fill(1), [1, 64]);
    const draw = async () => {
      network.rng.advance();
      return (await values(network.forward(x))).join('');
    };
    const [first, second] = [await draw(), await draw()];
    expect(first).not.toBe(second);
    expect(new Set(first)).toEqual(new Set(['0', '2']));
    expect((await values(network.eval().forward(x))).every((v) => v === 1)).toBe(true);
  });

  test('a UNet has dlmbl-unet’s names, and a cut skip carries nothing', async () => {
    const { definition } = unet(2, 3);
    const network = build(definition, [8, 8, 1]);
    const names = network
      .namedParameters()
      .map(([name]) => name)
      .filter((name) => name.endsWith('weight'));
    expect(names).toEqual([
      ...[0, 1, 2].flatMap((i) => [`0.left_convs.${i}.conv_pass.0.weight`, `0.left_convs.${i}.conv_pass.2.weight`]),
      ...[0, 1].flatMap((i) => [`0.right_convs.${i}.conv_pass.0.weight`, `0.right_convs.${i}.conv_pass.2.weight`]),
      '0.final_conv.final_conv.weight',
    ]);
    const x = random([1, 8, 8, 1]);
    const whole = await values(network.forward(x));
    const block = network.layer(0) as UNet;
    block.cut.add(0);
    const cut = await values(network.forward(x));
    block.cut.clear();
    expect(await values(network.forward(x))).toEqual(whole);
    expect(cut).not.toEqual(whole);
    // A cut skip is the same as weights of zero for the encoder's features, which come first.
    const state = await network.stateDict();
    state.get('0.right_convs.0.conv_pass.0.weight')?.data.forEach((_, i, weights) => {
      if (Math.floor(i / 9) % 6 < 2) weights[i] = 0;
    });
    network.loadStateDict(state);
    near(await values(network.forward(x)), cut);
    const without = build([{ type: 'unet', in: 1, out: 1, maps: 2, skips: [false, true] }], [8, 8, 1]);
    expect(without.parameterCount).toBe(network.parameterCount - 2 * 2 * 9);
  });

  test('wrong inputs and definitions are errors', () => {
    const network = build(mixed, [4, 4, 2]);
    expect(() => network.forward(random([2, 4, 5, 2]))).toThrow('network: got [2, 4, 5, 2], but its input must be [N, 4, 4, 2].');
    expect(() => build([{ type: 'linear', in: 3, out: 1 }], [4])).toThrow(
      'network: layer 0 (linear): in = 3 but its input has 4 features: set to 4',
    );
  });

  test('a released network says so', () => {
    const network = build([{ type: 'linear', in: 2, out: 2 }], [2]);
    network.dispose();
    expect(() => network.forward(tensor([[1, 2]]))).toThrow(/already been released/);
  });
});

describe('initialisers', () => {
  beforeAll(() => setDevice((opened[0] as (typeof opened)[number])[1]));
  const wide: NetworkDefinition = [{ type: 'linear', in: 400, out: 300 }];
  const stats = (list: readonly number[]) => {
    const mean = list.reduce((a, b) => a + b, 0) / list.length;
    const std = Math.sqrt(list.reduce((a, b) => a + (b - mean) ** 2, 0) / list.length);
    return { mean, std, min: Math.min(...list), max: Math.max(...list) };
  };
  const weights = async (initialiser?: Parameters<typeof buildNetwork>[1]['initialiser'], definition = wide) => {
    const network = buildNetwork(definition, { inputShape: [400], rng: 4, ...(initialiser ? { initialiser } : {}) });
    const [weight, bias] = network.parameters() as [Tensor, Tensor];
    return { weight: stats((await values(weight)).slice(0, 60_000)), bias: await values(bias) };
  };

  test.each([
    ['pytorch', 1 / 20],
    ['xavierUniform', Math.sqrt(6 / 700)],
    ['glorotUniform', Math.sqrt(6 / 700)],
    ['kaimingUniform', Math.sqrt(6 / 400)],
  ] as const)('%s is uniform between ±%f', async (rule, limit) => {
    const { weight, bias } = await weights(rule);
    expect(weight.max).toBeLessThanOrEqual(limit);
    expect(weight.min).toBeGreaterThanOrEqual(-limit);
    expect(weight.std / (limit / Math.sqrt(3))).toBeCloseTo(1, 1);
    expect(Math.max(...bias.map(Math.abs))).toBeLessThanOrEqual(1 / 20);
    expect(stats(bias).std).toBeGreaterThan(0.02);
  });

  test.each([
    ['kaimingNormal', Math.sqrt(2 / 400)],
    ['xavierNormal', Math.sqrt(2 / 700)],
  ] as const)('%s is normal with deviation %f', async (rule, std) => {
    const { weight } = await weights(rule);
    expect(weight.std / std).toBeCloseTo(1, 1);
    expect(weight.max).toBeGreaterThan(3 * std);
  });

  test('Keras has zero biases, constants fill, layers override', async () => {
    expect((await weights('keras')).bias.every((b) => b === 0)).toBe(true);
    expect((await weights({ bias: 0.25 })).bias.every((b) => b === 0.25)).toBe(true);
    const own = await weights('pytorch', [
      { type: 'linear', in: 400, out: 300, init: { weight: { normal: { std: 3 } }, bias: 1 } },
    ]);
    expect(own.weight.std / 3).toBeCloseTo(1, 1);
    expect(own.bias.every((b) => b === 1)).toBe(true);
  });

  test('a parameter’s numbers depend on the seed and its name, not on the other layers', async () => {
    const a = buildNetwork(
      [
        { type: 'linear', in: 3, out: 2 },
        { type: 'linear', in: 2, out: 2 },
      ],
      { inputShape: [3], rng: 1 },
    );
    const b = buildNetwork([{ type: 'relu' }, { type: 'linear', in: 2, out: 2 }], { inputShape: [2], rng: 1 });
    expect((await a.stateDict()).get('1.weight')).toEqual((await b.stateDict()).get('1.weight'));
    const c = buildNetwork([{ type: 'relu' }, { type: 'linear', in: 2, out: 2 }], { inputShape: [2], rng: 2 });
    expect((await c.stateDict()).get('1.weight')).not.toEqual((await b.stateDict()).get('1.weight'));
  });
});
