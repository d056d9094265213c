/** A gradient is refused when what its forward pass read has been overwritten since, whoever wrote; and only then. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { grad } from '../../../engine/autodiff.ts';
import { ArgumentError } from '../../../engine/errors.ts';
import { keep, scope } from '../../../engine/memory.ts';
import { buildNetwork, type Network } from '../../../engine/nn/network.ts';
import { mul, square, sum } from '../../../engine/ops/index.ts';
import { createOptimiser } from '../../../engine/optim/optimiser.ts';
import { arena, setDevice, type Tensor, tensor } from '../../../engine/tensor.ts';
import { restoreNetwork, snapshotNetwork } from '../../../engine/train/snapshot.ts';
import { processorDevices } from './devices.ts';

const opened = await processorDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

const numbers = async (x: Tensor | undefined) => [...(await (x as Tensor).data())];
const overwritten = /needs the values that the forward pass read, and .* was overwritten since/;

describe.each(opened)('memory overwritten on %s', (_, device) => {
  beforeEach(() => setDevice(device));
  const normalised = () => buildNetwork([{ type: 'batchnorm1d', features: 1 }], { inputShape: [1], rng: 1 });
  const linear = (seed: number) =>
    buildNetwork(
      [
        { type: 'linear', in: 2, out: 2 },
        { type: 'linear', in: 2, out: 1 },
      ],
      { inputShape: [2], rng: seed },
    );
  const slopes = (y: Tensor, network: Network) => grad(sum(y), network.parameters());

  test('by a training pass of a batch normalisation: the running statistics', async () => {
    const network = normalised();
    const x = tensor([[4], [6]]);
    const evaluated = network.eval().forward(x);
    const gradient = slopes(network.forward(x), network);
    // γ: Σ(x − 0)/√(1 + ε); β: the count.
    expect((await numbers(gradient[0]))[0]).toBeCloseTo(10, 3);
    const trained = [network.train().forward(x), network.forward(x)];
    expect(() => slopes(evaluated, network)).toThrow(overwritten);
    // What a training pass writes its own gradient does not read; nor that of another, as when gradients add up.
    for (const y of trained) expect((await numbers(slopes(y, network)[1]))[0]).toBe(2);
    expect(slopes(network.eval().forward(x), network)).toHaveLength(2);
    network.dispose();
  });

  test.each<[string, (network: Network, other: Network) => Promise<void> | void]>([
    ['a copy from another network', (network, other) => void network.copyFrom(other)],
    ['a snapshot put back', async (network, other) => restoreNetwork(network, await snapshotNetwork(other))],
    ['new values', (network) => void network.initialise(3)],
  ])('by %s', async (_what, write) => {
    const [network, other] = [linear(1), linear(2)];
    const x = tensor([[1, 2]], undefined, { requiresGrad: true });
    const y = network.forward(x);
    await write(network, other);
    expect(() => grad(sum(y), [x])).toThrow(ArgumentError);
    expect(() => grad(sum(y), [x])).toThrow(overwritten);
    expect(grad(sum(network.forward(x)), [x])).toHaveLength(1);
    // It was only read.
    const theirs = other.forward(x);
    linear(3).copyFrom(other);
    expect(grad(sum(theirs), [x])).toHaveLength(1);
    for (const each of [network, other]) each.dispose();
  });

  test('as a part of an arena, or with all of it', async () => {
    const { flat, ranges } = arena([[2], [2]], 'parts');
    const [a, b] = ranges as [Tensor, Tensor];
    for (const t of [flat, a, b]) t.requiresGrad = true;
    const [ya, yb, yall] = [sum(square(a)), sum(square(b)), sum(square(flat))];
    a.write([1, 2]);
    expect(() => grad(ya, [a])).toThrow(overwritten);
    expect(() => grad(yall, [flat])).toThrow(overwritten);
    expect(await numbers(grad(yb, [b])[0])).toEqual([0, 0]);
    flat.write(new Float32Array(flat.size).fill(3));
    expect(() => grad(yb, [b])).toThrow(overwritten);
    expect(await numbers(grad(sum(square(b)), [b])[0])).toEqual([6, 6]);
  });

  test('by each execution of a recorded step', async () => {
    const w = tensor([1, 2], undefined, { requiresGrad: true });
    const x = tensor([3, 4]);
    const optimiser = createOptimiser([w], { type: 'sgd', lr: 0.5 });
    const recording = device.record(() =>
      keep(
        scope(() => {
          const loss = sum(mul(w, x));
          optimiser.apply(optimiser.gradients(loss));
          return loss;
        }),
      ),
    );
    for (let step = 0; step < 2; step++) {
      const before = sum(square(w));
      optimiser.prepare();
      expect(await numbers(grad(before, [w])[0])).toHaveLength(2);
      recording.execute();
      expect(() => grad(before, [w])).toThrow(overwritten);
      expect(await numbers(grad(sum(mul(w, x)), [w])[0])).toEqual([3, 4]);
    }
    expect(await numbers(w)).toEqual([-2, -2]);
    recording.dispose();
  });
});
