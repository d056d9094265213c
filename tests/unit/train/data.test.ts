import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { imageDataset, toFloat32 } from '../../../engine/data/dataset.ts';
import { ConfigError, ShapeError } from '../../../engine/errors.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { abs, add, mean, mul, randomNormal } from '../../../engine/ops/index.ts';
import { Generator } from '../../../engine/random.ts';
import { setDevice, tensor } from '../../../engine/tensor.ts';
import { arrayData, imageData, type Selection } from '../../../engine/train/data.ts';
import { evaluate, outputs } from '../../../engine/train/evaluate.ts';
import { crossEntropyRows } from '../../../engine/train/metrics.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import { blobs, devices, small } from './setup.ts';

const opened = await devices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

/** Random images of the given size; 5 of them. */
function images(height: number, width: number, channels: number) {
  const rng = new Generator(8, 'images');
  const pixels = Uint8Array.from(rng.integers(5 * height * width * channels, 256));
  const info = {
    name: 'test',
    split: 'train',
    height,
    width,
    channels,
    classNames: ['a', 'b', 'c'],
    mean: Array.from({ length: channels }, (_, c) => 0.1 + 0.2 * c),
    std: Array.from({ length: channels }, (_, c) => 0.3 + 0.1 * c),
  };
  return imageDataset(info, pixels, Uint8Array.of(2, 0, 1, 1, 0));
}

describe.each(opened)('data on %s', (_, device) => {
  beforeEach(() => setDevice(device));
  const select = (order: readonly number[], cursor: number, batch: number): Selection => ({
    indices: tensor(Uint32Array.from(order)),
    cursor: tensor(Uint32Array.of(cursor)),
    batch,
  });

  test.each([
    [4, 4, 1],
    [3, 3, 1],
    [5, 3, 3],
    [2, 2, 4],
  ])('bytes of %i×%i×%i become what the host makes of them', async (height, width, channels) => {
    const set = images(height, width, channels);
    for (const normalisation of [undefined, null, { mean: [0.5], std: [0.25] }] as const) {
      const open = imageData(set, normalisation === undefined ? {} : { normalisation }).open(device);
      const { inputs, targets } = open.batch(select([4, 2, 0, 3, 1], 1, 3));
      expect(inputs.shape).toEqual([3, height, width, channels]);
      const single =
        normalisation?.mean.length === 1 ? { mean: Array(channels).fill(0.5), std: Array(channels).fill(0.25) } : normalisation;
      const expected = toFloat32(set, [2, 0, 3], single);
      for (const [i, value] of (await inputs.data()).entries()) expect(value).toBeCloseTo(expected[i] as number, 5);
      expect([...(await targets.data('i32'))]).toEqual([1, 2, 1]);
      open.dispose();
    }
  });

  test('images can be their own targets', () => {
    const data = imageData(images(2, 2, 1), { targets: 'images' });
    expect(data.labels).toBeUndefined();
    const { inputs, targets } = data.open(device).batch(select([0, 1], 0, 2));
    expect(targets).toBe(inputs);
  });

  test('arrays keep their shapes', async () => {
    const data = arrayData(
      { values: Float32Array.from({ length: 12 }, (_, i) => i), shape: [2, 2] },
      { values: Float32Array.of(1, 2, 3), shape: [1] },
    );
    const { inputs, targets } = data.open(device).batch(select([2, 0], 0, 2));
    expect([inputs.shape, [...(await inputs.data())]]).toEqual([
      [2, 2, 2],
      [8, 9, 10, 11, 0, 1, 2, 3],
    ]);
    expect([targets.shape, [...(await targets.data())]]).toEqual([
      [2, 1],
      [3, 1],
    ]);
  });

  test('evaluation does not depend on the batch size and leaves the mode', async () => {
    const data = blobs(50);
    const network = buildNetwork(small, { inputShape: [6, 6, 2], rng: 1, device }).train();
    const whole = await evaluate(network, data, { batchSize: 50 });
    const parts = await evaluate(network, data, { batchSize: 16 });
    expect(network.training).toBe(true);
    expect(parts.predictions).toEqual(whole.predictions);
    expect(parts.loss).toBeCloseTo(whole.loss, 6);
    expect(whole.perClass).toHaveLength(3);
    expect(whole.confusion?.counts.reduce((a, b) => a + b, 0)).toBe(50);
    const { shape, values } = await outputs(network, data, { batchSize: 7 });
    expect(shape).toEqual([50, 3]);
    const losses = crossEntropyRows(values, data.labels as ArrayLike<number>, 3);
    expect(losses.reduce((a, b) => a + b, 0) / 50).toBeCloseTo(whole.loss, 5);
    const hidden = await outputs(network, data, { layer: 7, batchSize: 20 });
    expect(hidden.shape).toEqual([50, 16]);
    expect(Math.min(...hidden.values)).toBe(0);
    const own = await evaluate(network, data, { loss: (output) => mean(abs(output)), batchSize: 16 });
    expect(own.loss).toBeCloseTo(values.reduce((sum, z) => sum + Math.abs(z), 0) / values.length, 5);
    expect(own.accuracy).toBe(whole.accuracy);
  });

  test('a denoiser learns from noise drawn on the device, the same again after a checkpoint', async () => {
    const set = images(4, 4, 1);
    const make = () => {
      const network = buildNetwork([{ type: 'conv2d', in: 1, out: 1, kernel: 3, padding: 1 }], {
        inputShape: [4, 4, 1],
        rng: 2,
        device,
      });
      return new Trainer({
        network,
        data: imageData(set, { targets: 'images' }),
        validation: imageData(set, { targets: 'images' }),
        loss: 'mse',
        optimiser: { type: 'adam', lr: 0.02 },
        steps: 30,
        batchSize: 5,
        shuffle: false,
        transform: ({ inputs, targets }, rng) => ({
          inputs: add(inputs, mul(randomNormal(inputs.shape, { rng }), 0.3)),
          targets,
        }),
        evalEvery: 10,
      });
    };
    const losses = (events: Awaited<ReturnType<Trainer['advance']>>) =>
      events.flatMap((e) => (e.type === 'step' ? [e.loss] : []));
    const whole = make();
    const events = await whole.advance(30);
    expect(new Set(losses(events)).size).toBe(30);
    expect(losses(events).at(-1)).toBeLessThan(losses(events)[0] as number);
    expect(events.filter((e) => e.type === 'evaluation' || (e.type === 'epoch' && e.validation))).toHaveLength(3);
    const before = make();
    await before.advance(11);
    const after = make();
    after.load(await before.checkpoint());
    expect(losses(await after.advance(30))).toEqual(losses(events).slice(11));
    for (const run of [whole, before, after]) run.dispose();
  });

  test('a curve through eleven points, in full batches at full pace', async () => {
    const x = Float32Array.from({ length: 11 }, (_, i) => i / 10);
    const t = Float32Array.of(0.15, -0.16, -0.61, -0.86, -1.02, -0.44, 0.16, 0.05, 0.45, 1.39, 0.86);
    const network = buildNetwork(
      [
        { type: 'linear', in: 1, out: 10, init: { weight: { normal: { std: 3 } } } },
        { type: 'tanh' },
        { type: 'linear', in: 10, out: 1 },
      ],
      { inputShape: [1], rng: 1, device },
    );
    const trainer = new Trainer({
      network,
      data: arrayData({ values: x, shape: [1] }, { values: t, shape: [1] }),
      loss: 'mse',
      optimiser: { type: 'adam', lr: 0.01 },
      batchSize: 11,
      steps: 600,
    });
    const events = await trainer.advance(600);
    const steps = events.flatMap((e) => (e.type === 'step' ? [e] : []));
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 600 }, (_, i) => i + 1));
    expect(steps.at(-1)?.loss).toBeLessThan(0.3 * (steps[0]?.loss ?? 0));
    trainer.dispose();
  });

  test('schedule, frozen layers, left-out last batches, own losses', async () => {
    const data = blobs(50);
    const network = buildNetwork(small, { inputShape: [6, 6, 2], rng: 1, device }).freeze(0);
    const frozen = (await network.stateDict()).get('0.weight');
    // A loss must have one element.
    const trainer = new Trainer({ network, data, loss: (output) => output, optimiser: { type: 'sgd', lr: 0.1 }, epochs: 1 });
    await expect(trainer.advance(1)).rejects.toThrow(ShapeError);
    trainer.dispose();
    const run = new Trainer({
      network,
      data,
      loss: 'crossEntropy',
      optimiser: { type: 'sgd', lr: 0.1, momentum: 0.9 },
      schedule: { type: 'step', size: 1, gamma: 0.5 },
      epochs: 3,
      batchSize: 16,
      dropLast: true,
      shuffle: false,
      resetOptimiser: true,
    });
    const events = await run.advance(100);
    expect(events.flatMap((e) => (e.type === 'step' ? [e.lr] : []))).toEqual([
      0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025,
    ]);
    expect(run.optimiser.steps).toBe(3);
    expect((await network.stateDict()).get('0.weight')).toEqual(frozen);
    network.unfreeze();
    run.dispose();
  });
});

describe('wrong data and configurations', () => {
  const device = (opened[0] as (typeof opened)[number])[1];
  beforeEach(() => setDevice(device));
  const network = () => buildNetwork(small, { inputShape: [6, 6, 2], rng: 1, device });
  const base = () => ({ network: network(), data: blobs(10), loss: 'crossEntropy', optimiser: { type: 'adam' } }) as const;

  test('are told by name', () => {
    expect(() => arrayData({ values: new Float32Array(4), shape: [2] }, { values: new Float32Array(3), shape: [] })).toThrow(
      ShapeError,
    );
    const cases = [
      [{}, 'epochs: give either epochs or steps'],
      [{ epochs: 1, steps: 1 }, 'epochs: give either'],
      [{ epochs: 1, batchSize: 0 }, 'batchSize: must be a whole number'],
      [{ steps: 1, loss: 'hinge' }, "loss: 'hinge' is not a loss"],
      [{ steps: 1, seed: -1 }, 'seed: must'],
      [{ steps: 1, optimiser: { type: 'adam', lr: -1 } }, 'optimiser.lr'],
      [
        { steps: 1, data: arrayData({ values: new Float32Array(4), shape: [2] }, { values: new Int32Array(2), shape: [] }) },
        "data: its inputs are [2], the network's [6, 6, 2]",
      ],
    ] as const;
    for (const [change, message] of cases) {
      const make = () => new Trainer({ ...base(), ...change } as never);
      expect(make).toThrow(ConfigError);
      expect(make).toThrow(message);
    }
  });
});
