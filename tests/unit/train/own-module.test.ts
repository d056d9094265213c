/** A trainer takes any module with `forward` and parameters: y = relu(x A) B, written by hand. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError, NonFiniteError } from '../../../engine/errors.ts';
import { matmul, relu } from '../../../engine/ops/index.ts';
import { setDevice, type Tensor, tensor } from '../../../engine/tensor.ts';
import { stopEarly } from '../../../engine/train/callbacks.ts';
import { arrayData } from '../../../engine/train/data.ts';
import { evaluate } from '../../../engine/train/evaluate.ts';
import type { Trainable } from '../../../engine/train/trainable.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import { devices } from './setup.ts';

const opened = await devices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

class TwoLayers implements Trainable {
  readonly a = tensor([[1, -1, 0.5]], undefined, { requiresGrad: true });
  readonly b = tensor([[0.5], [0.25], [-0.5]], undefined, { requiresGrad: true });

  forward(x: Tensor): Tensor {
    return matmul(relu(matmul(x, this.a)), this.b);
  }

  parameters(): Tensor[] {
    return [this.a, this.b];
  }
}

const column = (values: number[]) => ({ values: Float32Array.from(values), shape: [1] });
const line = arrayData(column([-2, -1, 1, 2]), column([2, 1, 1, 2]));

describe.each(opened)('on %s', (_, device) => {
  beforeEach(() => setDevice(device));

  const config = (network: TwoLayers) => ({ network, data: line, loss: 'mse', optimiser: { type: 'adam', lr: 0.05 } }) as const;

  test('recorded and eager, with the same losses; the first of a step by hand', async () => {
    const losses: number[][] = [];
    for (const mode of ['recorded', 'eager'] as const) {
      const network = new TwoLayers();
      using trainer = new Trainer({ ...config(network), steps: 150, mode, shuffle: false });
      const events = await trainer.advance(150);
      losses.push(events.flatMap((event) => (event.type === 'step' ? [event.loss] : [])));
      expect(trainer.network.a).toBe(network.a);
    }
    const [recorded, eager] = losses as [number[], number[]];
    // |x| is to be learned; at first y is x/4 on the right and |x|/4 on the left: ((3/2)² + (3/4)² + (3/4)² + (3/2)²) / 4.
    expect(recorded[0]).toBeCloseTo(1.40625, 6);
    expect(recorded).toEqual(eager);
    expect(recorded.at(-1)).toBeLessThan(0.01);
  });

  test('evaluation, early stopping and snapshots', async () => {
    const network = new TwoLayers();
    expect((await evaluate(network, line)).loss).toBeCloseTo(1.40625, 6);
    const callbacks = [stopEarly<TwoLayers>({ patience: 1 })];
    using trainer = new Trainer({ ...config(network), epochs: 30, validation: line, callbacks });
    const before = await trainer.snapshotNetwork();
    expect([...before.parameters]).toEqual([1, -1, 0.5, 0.5, 0.25, -0.5]);
    const watched: number[] = [];
    for await (const event of trainer.run()) {
      if (event.type === 'epoch') watched.push(event.validation?.loss ?? Number.NaN);
      if (event.type === 'done') expect(event.reason).toBe('early stopping');
    }
    const best = Math.min(...watched);
    expect(best).toBeLessThan(0.5);
    expect(watched.at(-1)).toBeGreaterThan(best);
    expect((await trainer.evaluate()).loss).toBeCloseTo(best, 7);
    trainer.restoreNetwork(before);
    expect((await trainer.evaluate()).loss).toBeCloseTo(1.40625, 6);
    expect(() => trainer.restoreNetwork({ ...before, parameters: new Float32Array(5) })).toThrow(ConfigError);
  });

  test('labels are classified by outputs whose number nobody declared', async () => {
    const network = { forward: (x: Tensor) => matmul(x, weights), parameters: () => [weights] };
    const weights = tensor([[1, -1]], undefined, { requiresGrad: true });
    const data = arrayData(column([1, 2, -1, -2]), { values: Int32Array.of(0, 0, 1, 0), shape: [] });
    const { accuracy, loss } = await evaluate(network, data, { batchSize: 3 });
    expect(accuracy).toBe(0.75);
    const term = (z: number) => Math.log1p(Math.exp(-2 * z));
    expect(loss).toBeCloseTo((term(1) + term(2) + term(1) + term(-2)) / 4, 6);
  });

  test('what is not finite is named, and what needs a definition says so', async () => {
    const network = new TwoLayers();
    using trainer = new Trainer({ ...config(network), steps: 3 });
    network.b.write([Number.NaN, 0, 0]);
    await expect(trainer.advance(1)).rejects.toThrow(NonFiniteError);
    await expect(trainer.advance(1)).rejects.toThrow(/output/);
    await expect(new Trainer({ ...config(new TwoLayers()), steps: 1 }).checkpoint()).rejects.toThrow(
      /needs a network from buildNetwork/,
    );
    expect(() => new Trainer({ ...config(network), steps: 1, checkpointEvery: 1 })).toThrow(/checkpointEvery/);
    expect(() => new Trainer({ ...config(network), network: {} as never, steps: 1 })).toThrow(
      /a module with forward\(x\) and parameters/,
    );
    expect(
      () => new Trainer({ ...config(network), network: { forward: (x: Tensor) => x, parameters: () => [] }, steps: 1 }),
    ).toThrow(/no parameters to train/);
  });
});
