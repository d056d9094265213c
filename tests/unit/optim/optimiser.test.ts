import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { TensorArena } from '../../../engine/arena.ts';
import { backward } from '../../../engine/autodiff.ts';
import { ConfigError, ShapeError } from '../../../engine/errors.ts';
import { scope } from '../../../engine/memory.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { mul, sum } from '../../../engine/ops/index.ts';
import type { OptimiserConfig } from '../../../engine/optim/config.ts';
import { createOptimiser } from '../../../engine/optim/optimiser.ts';
import { membersOf, segments } from '../../../engine/optim/segments.ts';
import { Generator } from '../../../engine/random.ts';
import { setDevice, type Tensor, tensor, zeros } from '../../../engine/tensor.ts';
import { availableDevices } from '../core/devices.ts';

const opened = await availableDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

/** The rules of PyTorch's documentation, in double precision. */
function rule(config: OptimiserConfig & Record<string, unknown>, theta: number[], gradients: readonly number[][]): number[] {
  const { type, lr = 1e-3, momentum = 0, dampening = 0, nesterov = false } = config as unknown as Record<string, number>;
  const [b1, b2] = (config.betas as [number, number] | undefined) ?? [0.9, 0.999];
  const keras = config.epsilonForm === 'keras';
  const eps = (config.eps as number | undefined) ?? (keras ? 1e-7 : 1e-8);
  const decay = (config.weightDecay as number | undefined) ?? ((type as unknown) === 'adamw' ? 0.01 : 0);
  const b = theta.map(() => 0);
  const m = theta.map(() => 0);
  const v = theta.map(() => 0);
  const x = [...theta];
  gradients.forEach((gs, index) => {
    const t = index + 1;
    gs.forEach((raw, i) => {
      const [old, rate] = [x[i] as number, lr as number];
      if ((type as unknown) === 'sgd') {
        const g = raw + decay * old;
        b[i] = t === 1 ? g : (momentum as number) * (b[i] as number) + (1 - (dampening as number)) * g;
        const step = momentum === 0 ? g : nesterov ? g + (momentum as number) * (b[i] as number) : (b[i] as number);
        x[i] = old - rate * step;
        return;
      }
      const decoupled = (type as unknown) === 'adamw';
      const g = decoupled ? raw : raw + decay * old;
      m[i] = b1 * (m[i] as number) + (1 - b1) * g;
      v[i] = b2 * (v[i] as number) + (1 - b2) * g * g;
      const start = decoupled ? old * (1 - rate * decay) : old;
      const step = keras
        ? ((rate * Math.sqrt(1 - b2 ** t)) / (1 - b1 ** t)) * ((m[i] as number) / (Math.sqrt(v[i] as number) + eps))
        : (rate * ((m[i] as number) / (1 - b1 ** t))) / (Math.sqrt((v[i] as number) / (1 - b2 ** t)) + eps);
      x[i] = start - step;
    });
  });
  return x;
}

const CONFIGS: OptimiserConfig[] = [
  { type: 'sgd', lr: 0.1 },
  { type: 'sgd', lr: 0.1, weightDecay: 0.05 },
  { type: 'sgd', lr: 0.1, momentum: 0.9 },
  { type: 'sgd', lr: 0.1, momentum: 0.8, dampening: 0.3, weightDecay: 0.01 },
  { type: 'sgd', lr: 0.1, momentum: 0.8, nesterov: true, weightDecay: 0.01 },
  { type: 'adam' },
  { type: 'adam', lr: 0.02, betas: [0.8, 0.95], eps: 1e-3, weightDecay: 0.1 },
  { type: 'adam', lr: 0.02, epsilonForm: 'keras', eps: 1e-2 },
  { type: 'adamw', lr: 0.02 },
  { type: 'adamw', lr: 0.02, weightDecay: 0.3 },
];

describe.each(opened)('optimisers on %s', (_, device) => {
  beforeEach(() => setDevice(device));

  test.each(CONFIGS)('%j follows its rule', async (config) => {
    const rng = new Generator(3, 'optimiser');
    const start = [...rng.normal(70)];
    const gradients = Array.from({ length: 6 }, () => [...rng.normal(70)]);
    const loose = tensor(start);
    const memory = new TensorArena([[70], [3, 2]], 'test', device);
    const [ranged] = memory.tensors as readonly [Tensor, Tensor];
    ranged.write(start);
    const both = createOptimiser([loose, ranged], config);
    for (const g of gradients) both.step([tensor(g), tensor(g)]);
    const expected = rule(config as OptimiserConfig & Record<string, unknown>, start, gradients);
    const [a, b] = [await loose.data(), await ranged.data()];
    for (const [i, value] of expected.entries()) expect(a[i]).toBeCloseTo(value, 5);
    expect([...b]).toEqual([...a]);
    both.dispose();
    memory.dispose();
  });

  test('the numbers of LABS §9', async () => {
    const adam = tensor([1]);
    const optimiser = createOptimiser([adam], { type: 'adam', lr: 1e-3 });
    optimiser.step([tensor([0.5])]);
    expect(await adam.item()).toBeCloseTo(0.99900000002, 7);
    optimiser.step([tensor([-0.2])]);
    expect(await adam.item()).toBeCloseTo(0.99865439418, 7);
    const theta = tensor([1]);
    const sgd = createOptimiser([theta], { type: 'sgd', lr: 0.01, momentum: 0.9, weightDecay: 1e-4 });
    sgd.step([tensor([0.5])]);
    expect(await theta.item()).toBeCloseTo(0.994999, 6);
    sgd.step([tensor([-0.2])]);
    expect(await theta.item()).toBeCloseTo(0.992497105, 6);
  });

  test('a recorded step is one dispatch for a whole network, two where only weights decay', async () => {
    const definition = [{ type: 'linear', in: 5, out: 7 }, { type: 'relu' }, { type: 'linear', in: 7, out: 3 }] as const;
    const dispatches = (config: OptimiserConfig) => {
      const network = buildNetwork(definition, { inputShape: [5], rng: 1, device });
      const optimiser = createOptimiser(network, config);
      const gradients = network.parameters().map((p) => zeros(p.shape));
      optimiser.prepare();
      const recording = device.record(() => {
        const made = gradients.map((g) => mul(g, 2));
        optimiser.apply(made);
        for (const t of made) t.dispose();
      });
      const count = recording.dispatches - gradients.length;
      recording.dispose();
      return count;
    };
    expect(dispatches({ type: 'adam' })).toBe(1);
    expect(dispatches({ type: 'sgd', lr: 0.1, momentum: 0.9 })).toBe(1);
    expect(dispatches({ type: 'adam', weightDecay: 0.1, decay: 'weights' })).toBe(2);
  });

  test('decay on weights only leaves the biases alone', async () => {
    const network = buildNetwork([{ type: 'linear', in: 2, out: 2 }], { inputShape: [2], rng: 1, device });
    const [weight, bias] = network.parameters() as [Tensor, Tensor];
    const before = [await weight.data(), await bias.data()];
    createOptimiser(network, { type: 'sgd', lr: 0.5, weightDecay: 0.2, decay: 'weights' }).step([zeros([2, 2]), zeros([2])]);
    expect([...(await bias.data())]).toEqual([...(before[1] as Float32Array)]);
    for (const [i, value] of (await weight.data()).entries())
      expect(value).toBeCloseTo(0.9 * ((before[0] as Float32Array)[i] as number), 6);
  });

  test('clipping scales all gradients together, in a recorded step too', async () => {
    const memory = new TensorArena([[2], [1]], 'test', device);
    const loose = tensor([0]);
    const [a, b] = memory.tensors as readonly [Tensor, Tensor];
    const optimiser = createOptimiser([a, b, loose], { type: 'sgd', lr: 1, clipNorm: 2.6 });
    // The norm is 13; a fifth of it is left.
    const gradients = [tensor([3, 4]), tensor([12]), tensor([0])];
    optimiser.step(gradients);
    for (const [t, expected] of [
      [a, [-0.6, -0.8]],
      [b, [-2.4]],
    ] as const) {
      for (const [i, value] of (await t.data()).entries()) expect(value).toBeCloseTo(expected[i] as number, 5);
    }
    optimiser.prepare();
    const recording = device.record(() => scope(() => optimiser.apply(gradients.map((g) => mul(g, 0.1)))));
    recording.execute();
    // 1.3 is within the bound.
    expect(await b.item()).toBeCloseTo(-3.6, 5);
    recording.dispose();
    memory.dispose();
  });

  test('rate and decay may change between steps', async () => {
    const theta = tensor([1]);
    const optimiser = createOptimiser([theta], { type: 'sgd', lr: 0.1 });
    optimiser.step([tensor([0])]);
    optimiser.weightDecay = 0.5;
    optimiser.lr = 0.2;
    optimiser.step([tensor([1])]);
    expect(await theta.item()).toBeCloseTo(1 - 0.2 * 1.5, 6);
  });

  test('parameters without a gradient keep their values and moments', async () => {
    const network = buildNetwork(
      [
        { type: 'linear', in: 2, out: 2 },
        { type: 'linear', in: 2, out: 1 },
      ],
      { inputShape: [2], rng: 1, device },
    );
    network.freeze(0);
    const optimiser = createOptimiser(network, { type: 'adam', lr: 0.1, weightDecay: 0.5 });
    const frozen = await network.parameters()[0]?.data();
    const gradients = optimiser.gradients(sum(network.forward(tensor([[1, 2]]))));
    expect(gradients.map((g) => g !== null)).toEqual([false, false, true, true]);
    optimiser.step(gradients);
    expect(await network.parameters()[0]?.data()).toEqual(frozen);
    const moments = await Promise.all((optimiser.moments.get('exp_avg') ?? []).map((t) => t.data()));
    expect(moments.map((m) => m.some((value) => value !== 0))).toEqual([false, false, true, true]);
  });

  test('.grad of backward() is used when no gradients are given', async () => {
    const x = tensor([1, 2], undefined, { requiresGrad: true });
    const optimiser = createOptimiser([x], { type: 'sgd', lr: 0.5 });
    backward(sum(mul(x, x)));
    optimiser.step();
    expect([...(await x.data())]).toEqual([0, 0]);
    optimiser.zeroGrad();
    expect(x.grad).toBeNull();
  });

  test('groups have their own decay and rate; a snapshot goes back', async () => {
    const [a, b] = [tensor([1]), tensor([1])];
    const optimiser = createOptimiser(
      [
        { parameters: [a], weightDecay: 0.5 },
        { parameters: [b], lrFactor: 0.1 },
      ],
      {
        type: 'sgd',
        lr: 0.1,
        momentum: 0.9,
      },
    );
    const snapshot = await optimiser.snapshot();
    optimiser.step([tensor([1]), tensor([1])]);
    expect(await a.item()).toBeCloseTo(0.85, 6);
    expect(await b.item()).toBeCloseTo(0.99, 6);
    optimiser.restore(snapshot);
    for (const t of [a, b]) t.write([1]);
    optimiser.step([tensor([1]), tensor([1])]);
    expect(await a.item()).toBeCloseTo(0.85, 6);
    optimiser.reset();
    expect(optimiser.steps).toBe(0);
  });

  test('gradients must fit', () => {
    expect(() => createOptimiser([zeros([2])], { type: 'sgd', lr: 1 }).step([zeros([3])])).toThrow(ShapeError);
  });
});

describe('configurations', () => {
  beforeEach(() => setDevice(opened[0]?.[1]));

  test.each([
    [{ type: 'rmsprop' }, "optimiser.type: 'rmsprop' is not an optimiser"],
    [{ type: 'sgd', lr: -1 }, 'optimiser.lr: -1 must be'],
    [{ type: 'adam', lr: Number.NaN }, 'optimiser.lr'],
    [{ type: 'adam', betas: [1, 0.9] }, 'optimiser.betas'],
    [{ type: 'sgd', lr: 1, nesterov: true }, 'Nesterov momentum needs momentum'],
    [{ type: 'adam', epsilonForm: 'tf' }, 'optimiser.epsilonForm'],
    [{ type: 'adam', clipNorm: 0 }, 'optimiser.clipNorm'],
  ])('%j is refused', (config, message) => {
    const make = () => createOptimiser([zeros([1])], config as OptimiserConfig);
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });

  test('no parameters, or one twice', () => {
    const x = zeros([1]);
    expect(() => createOptimiser([], { type: 'adam' })).toThrow('no parameters');
    expect(() => createOptimiser([x, x], { type: 'adam' })).toThrow('given twice');
  });

  test('neighbours of one group join', () => {
    const { tensors } = new TensorArena([[64], [3], [5], [7]], 'test');
    const [a, b, c, d] = tensors as [Tensor, Tensor, Tensor, Tensor];
    const loose = zeros([2]);
    const members = membersOf([{ parameters: [c, a, b, loose] }, { parameters: [d] }]);
    const joined = (active: boolean[]) => segments(members, active).map((segment) => segment.members);
    expect(joined([true, true, true, true, true])).toEqual([[1, 2, 0], [4], [3]]);
    expect(joined([true, true, false, true, true])).toEqual([[1], [0], [4], [3]]);
    expect(joined([false, false, false, false, false])).toEqual([]);
  });
});
