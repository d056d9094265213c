/** Evaluation compares outputs, classes and targets: what does not belong together is no number. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ArgumentError, ShapeError } from '../../../engine/errors.ts';
import { buildNetwork, type Network } from '../../../engine/nn/network.ts';
import { mean, square } from '../../../engine/ops/index.ts';
import { setDevice } from '../../../engine/tensor.ts';
import { arrayData } from '../../../engine/train/data.ts';
import { evaluate } from '../../../engine/train/evaluate.ts';
import { devices } from './setup.ts';

const opened = await devices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

const inputs = (n: number) => ({ values: Float32Array.from({ length: n }, (_, i) => i), shape: [1] });
const labelled = (labels: number[], classes?: number) =>
  arrayData(inputs(labels.length), { values: Int32Array.from(labels), shape: [] }, classes);

describe.each(opened)('on %s', (_, device) => {
  beforeEach(() => setDevice(device));

  /** Always the last output. */
  function last(out: number): Network {
    const network = buildNetwork([{ type: 'linear', in: 1, out }], { inputShape: [1], rng: 0, device });
    const [weight, bias] = network.parameters();
    weight?.write(new Float32Array(out));
    bias?.write(Float32Array.from({ length: out }, (_unused, k) => k));
    return network;
  }

  test('an output beyond the classes is a wrong prediction of no class', async () => {
    const { accuracy, perClass, confusion, predictions } = await evaluate(last(4), labelled([0, 0, 0, 1], 2));
    expect(accuracy).toBe(0);
    expect(perClass).toEqual([0, 0]);
    expect([...(confusion?.counts ?? [])]).toEqual([0, 0, 0, 0]);
    expect([...(confusion?.outside ?? [])]).toEqual([3, 1]);
    expect([...(predictions ?? [])]).toEqual([3, 3, 3, 3]);
  });

  test('a label beyond the outputs has no loss', async () => {
    const { losses, loss, accuracy, perClass } = await evaluate(last(2), labelled([2, 1, 0, -1], 3));
    const [a, b, c, d] = [...(losses ?? [])];
    expect([a, d, loss]).toEqual([Number.NaN, Number.NaN, Number.NaN]);
    expect(b).toBeCloseTo(Math.log(1 + Math.exp(-1)), 6);
    expect(c).toBeCloseTo(Math.log(1 + Math.E), 6);
    expect(accuracy).toBe(0.25);
    expect(perClass).toEqual([0, 1, 0]);
  });

  test('one output is no choice between classes, unless cross-entropy takes it for one', async () => {
    const data = labelled([0, 1, 0, 0], 2);
    const own = await evaluate(last(1), data, { loss: (output) => mean(square(output)) });
    expect(own.accuracy).toBeUndefined();
    expect(own.confusion).toBeUndefined();
    expect((await evaluate(last(1), data)).accuracy).toBe(0.75);
    expect((await evaluate(last(2), data, { loss: (output) => mean(square(output)) })).accuracy).toBe(0.25);
  });

  test('what does not fit is said, and the network keeps its mode', async () => {
    const maps = buildNetwork([{ type: 'conv2d', in: 1, out: 2, kernel: 1 }], { inputShape: [1, 1, 1], rng: 0, device });
    const pixels = arrayData({ values: new Float32Array(2), shape: [1, 1, 1] }, { values: new Int32Array(2), shape: [] });
    await expect(evaluate(maps, pixels)).rejects.toThrow(ShapeError);
    const network = last(2).train();
    await expect(evaluate(network, labelled([0, 1]), { loss: 'mse' })).rejects.toThrow(ShapeError);
    await expect(evaluate(network, pixels)).rejects.toThrow(ShapeError);
    await expect(evaluate(network, undefined as never)).rejects.toThrow(ArgumentError);
    expect(network.training).toBe(true);
  });
});
