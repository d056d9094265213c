import { afterAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../engine/errors.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import { foldBatchNorm } from '../../../engine/nn/fold-batch-norm.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { Generator } from '../../../engine/random.ts';
import { setDevice, sizeOf, type Tensor, tensor } from '../../../engine/tensor.ts';
import { availableDevices } from '../core/devices.ts';

const opened = await availableDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

const definition: NetworkDefinition = [
  { type: 'conv2d', in: 3, out: 5, kernel: 3, padding: 1, bias: false },
  { type: 'batchnorm2d', features: 5, eps: 0.001, name: 'first' },
  { type: 'leakyrelu', slope: 0.1 },
  // Not behind a convolution: it stays.
  { type: 'batchnorm2d', features: 5 },
  {
    type: 'residual',
    layers: [{ type: 'conv2d', in: 5, out: 5, kernel: 3, padding: 1 }, { type: 'batchnorm2d', features: 5 }, { type: 'relu' }],
    bridge: { type: 'conv2d', in: 5, out: 5, kernel: 1 },
  },
  {
    type: 'sequential',
    layers: [
      { type: 'conv2d', in: 5, out: 4, kernel: 2 },
      { type: 'batchnorm2d', features: 4 },
    ],
  },
  { type: 'flatten' },
  { type: 'linear', in: 36, out: 6 },
  { type: 'batchnorm1d', features: 6 },
  { type: 'linear', in: 6, out: 2, name: 'head' },
];

test.each(opened)('a folded network computes the same on %s', async (_, device) => {
  setDevice(device);
  const network = buildNetwork(definition, { inputShape: [4, 4, 3], rng: 1, device }).eval();
  const rng = new Generator(2);
  for (const [name, buffer] of network.namedBuffers()) {
    buffer.write(name.endsWith('var') ? rng.uniform(buffer.size, 0.3, 2) : rng.normal(buffer.size, 0, 0.5));
  }
  for (const [, slot] of network.parameterSlots()) {
    if (slot.role === 'scale' || slot.role === 'shift') slot.tensor.write(rng.uniform(slot.tensor.size, -1.5, 1.5));
  }
  const folded = foldBatchNorm(definition, await network.stateDict());
  expect(folded.network.map(({ type }) => type)).toEqual([
    'conv2d',
    'leakyrelu',
    'batchnorm2d',
    'residual',
    'sequential',
    'flatten',
    'linear',
    'linear',
  ]);
  const same = buildNetwork(folded.network, { inputShape: [4, 4, 3], rng: 9, device }).eval();
  expect(same.loadStateDict(folded.state)).toEqual({ missing: [], unexpected: [] });
  const x = tensor(rng.normal(sizeOf([3, 4, 4, 3])), [3, 4, 4, 3]);
  const outputs = async (n: typeof network) => {
    const { output, activations } = n.forward(x, { capture: ['first'] });
    return [...(await (activations.get('first') as Tensor).data()), ...(await output.data())];
  };
  const [expected, got] = [await outputs(network), await outputs(same)];
  got.forEach((value, i) => {
    expect(value).toBeCloseTo(expected[i] as number, 4);
  });
  network.dispose();
  same.dispose();
});

describe('what cannot be folded', () => {
  test('a state that lacks a tensor is an error that names it', () => {
    expect(() => foldBatchNorm(definition, new Map())).toThrow(ConfigError);
    expect(() => foldBatchNorm(definition, new Map())).toThrow("'1.weight'");
  });
});
