/** Each parameter counts its own steps, as in PyTorch: one without a gradient stays as it is, and goes on from its own count. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { TensorArena } from '../../../engine/arena.ts';
import { ArgumentError } from '../../../engine/errors.ts';
import { keep, scope } from '../../../engine/memory.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { mul } from '../../../engine/ops/index.ts';
import type { OptimiserConfig } from '../../../engine/optim/config.ts';
import { createOptimiser } from '../../../engine/optim/optimiser.ts';
import { setDevice, type Tensor, tensor } from '../../../engine/tensor.ts';
import { readCheckpoint } from '../../../engine/train/checkpoint.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import { availableDevices } from '../core/devices.ts';
import { blobs } from '../train/setup.ts';

const opened = await availableDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

const CONFIGS: OptimiserConfig[] = [
  { type: 'adam', lr: 0.1 },
  { type: 'adamw', lr: 0.1, weightDecay: 0.2 },
  { type: 'adam', lr: 0.1, epsilonForm: 'keras', eps: 1e-2 },
  { type: 'sgd', lr: 0.1, momentum: 0.9, dampening: 0.5 },
  { type: 'sgd', lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.1 },
];

/** In which of eight steps each of three parameters has a gradient. */
const PRESENT = ['11111111', '00011011', '00000001'] as const;
const at = (step: number, index: number) => 0.5 + Math.sin(3 * step + index);

describe.each(opened)('on %s', (_, device) => {
  beforeEach(() => setDevice(device));

  const neighbours = () => {
    const { tensors } = new TensorArena([[3], [2], [5]], 'test', device);
    tensors.forEach((t, i) => {
      t.write(new Float32Array(t.size).fill(1 - i));
    });
    return tensors as readonly [Tensor, Tensor, Tensor];
  };

  /** Each parameter alone, with the steps in which it has a gradient: what is right by definition. */
  async function alone(config: OptimiserConfig): Promise<number[][]> {
    return Promise.all(
      PRESENT.map(async (present, index) => {
        const single = tensor(new Float32Array([3, 2, 5][index] as number).fill(1 - index));
        const optimiser = createOptimiser([single], config);
        [...present].forEach((flag, step) => {
          if (flag === '1') optimiser.step([tensor(new Float32Array(single.size).fill(at(step, index)))]);
        });
        return [...(await single.data())];
      }),
    );
  }

  test.each(CONFIGS)('%j moves neighbours as it moves each alone', async (config) => {
    const parameters = neighbours();
    const optimiser = createOptimiser(parameters, config);
    for (let step = 0; step < 8; step++) {
      optimiser.step(
        parameters.map((p, i) => (PRESENT[i]?.[step] === '1' ? tensor(new Float32Array(p.size).fill(at(step, i))) : null)),
      );
    }
    expect(optimiser.parameterSteps).toEqual([8, 4, 1]);
    expect(optimiser.steps).toBe(8);
    expect(await Promise.all(parameters.map(async (p) => [...(await p.data())]))).toEqual(await alone(config));
  });

  test.each(CONFIGS)('%j recorded: what parted before keeps its own count', async (config) => {
    const parameters = neighbours();
    const [a, b] = parameters;
    const optimiser = createOptimiser([a, b], config);
    const gradients = [a, b].map((p) => keep(tensor(new Float32Array(p.size).fill(0.5))));
    for (let step = 0; step < 3; step++) optimiser.step([gradients[0] as Tensor, null]);
    const recording = device.record(() => scope(() => optimiser.apply(gradients.map((g) => mul(g, 1)))));
    for (let step = 0; step < 4; step++) {
      optimiser.prepare();
      recording.execute();
    }
    expect(optimiser.parameterSteps).toEqual([7, 4]);
    for (const [p, steps, start] of [
      [a, 7, 1],
      [b, 4, 0],
    ] as const) {
      const single = tensor([start]);
      const lone = createOptimiser([single], config);
      for (let step = 0; step < steps; step++) lone.step([tensor([0.5])]);
      expect((await p.data())[0]).toBe(await single.item());
    }
    recording.dispose();
  });

  test('a snapshot and a reset know every count', async () => {
    const parameters = neighbours();
    const optimiser = createOptimiser(parameters, { type: 'adam' });
    const [g, h] = [tensor([1, 1, 1]), tensor([1, 1])];
    optimiser.step([g, null, null]);
    optimiser.step([g, h, null]);
    const snapshot = await optimiser.snapshot();
    expect(snapshot.steps).toEqual([2, 1, 0]);
    optimiser.reset();
    expect(optimiser.parameterSteps).toEqual([0, 0, 0]);
    optimiser.step([g, null, null]);
    optimiser.restore(snapshot);
    expect(optimiser.parameterSteps).toEqual([2, 1, 0]);
  });

  test('a list of gradients that does not fit is refused before anything is counted', () => {
    const optimiser = createOptimiser(neighbours(), { type: 'adam' });
    expect(() => optimiser.step([tensor([1, 1, 1])])).toThrow(ArgumentError);
    expect(() => optimiser.step([tensor([1]), null, null])).toThrow(/must have the shape of its parameter/);
    expect(optimiser.steps).toBe(0);
  });

  test.each(['recorded', 'eager'] as const)('%s: thawed layers start late, and a resumed run goes on alike', async (mode) => {
    const definition = [
      { type: 'flatten' },
      { type: 'linear', in: 72, out: 5 },
      { type: 'relu' },
      { type: 'linear', in: 5, out: 3 },
    ] as const;
    const make = () => {
      const network = buildNetwork(definition, { inputShape: [6, 6, 2], rng: 1, device });
      // 40 samples in batches of 16: the last of each epoch is smaller and runs eagerly.
      return new Trainer({
        ...{ network, data: blobs(40), loss: 'crossEntropy', batchSize: 16, epochs: 4, mode },
        optimiser: { type: 'adam', lr: 0.01 },
      });
    };
    const run = make();
    run.network.freeze(1);
    await run.advance(4);
    run.network.unfreeze();
    await run.advance(3);
    const counts = (trainer: Trainer) =>
      Object.fromEntries(trainer.network.namedParameters().map(([name], i) => [name, trainer.optimiser.parameterSteps[i]]));
    expect(counts(run)).toEqual({ '1.weight': 3, '1.bias': 3, '3.weight': 7, '3.bias': 7 });
    const saved = await run.checkpoint();
    expect(readCheckpoint(saved).metadata.training?.optimiser).toMatchObject({
      steps: 7,
      parameterSteps: { '1.weight': 3, '1.bias': 3 },
    });
    const resumed = make();
    resumed.load(saved);
    expect(counts(resumed)).toEqual(counts(run));
    await run.advance(5);
    await resumed.advance(5);
    expect(await resumed.network.stateDict()).toEqual(await run.network.stateDict());
    expect(counts(resumed)).toEqual({ '1.weight': 8, '1.bias': 8, '3.weight': 12, '3.bias': 12 });
    run.dispose();
    resumed.dispose();
  });
});
