import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError, ShapeError } from '../../../engine/errors.ts';
import { camAxioms } from '../../../engine/explain/cam-axioms.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { Generator } from '../../../engine/random.ts';
import { setDevice, type Tensor, tensor } from '../../../engine/tensor.ts';
import { processorDevices } from '../core/devices.ts';

const opened = await processorDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

const head = (bias: boolean): NetworkDefinition => [
  { type: 'conv2d', in: 1, out: 5, kernel: 3 },
  { type: 'relu', name: 'maps' },
  { type: 'flatten' },
  { type: 'linear', in: 180, out: 3, bias },
];
const pixels = new Generator(3, 'image').uniform(64);

describe.each(opened)('the axioms of XGrad-CAM on %s', (_, device) => {
  beforeEach(() => setDevice(device));
  const build = (bias: boolean, more: NetworkDefinition = []) =>
    buildNetwork([...head(bias), ...more], { inputShape: [8, 8, 1], rng: 4, device });

  test('both hold exactly where all that follows is linear without a bias; Grad-CAM keeps neither', async () => {
    const network = build(false);
    const x = tensor(pixels, [1, 8, 8, 1]);
    const exact = await camAxioms(network, x, 1, 'maps');
    expect(exact.sensitivity).toBeLessThan(1e-4);
    expect(exact.conservation).toBeLessThan(1e-4);
    expect(exact.contributions.reduce((a, b) => a + b, 0)).toBeCloseTo(exact.score, 4);
    const plain = await camAxioms(network, x, 1, 'maps', 'gradCam');
    expect(plain.sensitivity).toBeGreaterThan(0.02);
    expect(plain.removed).toEqual(exact.removed);
  });

  test('a bias is what conservation misses, and sensitivity does not', async () => {
    const network = build(true);
    const x = tensor(pixels, [1, 8, 8, 1]);
    const found = await camAxioms(network, x, 2, 'maps');
    const bias = await (network.parameters().at(-1) as Tensor).data();
    expect(found.sensitivity).toBeLessThan(1e-4);
    expect(found.score - found.contributions.reduce((a, b) => a + b, 0)).toBeCloseTo(bias[2] as number, 4);
  });

  test('what is no single image, or no layer of maps, is refused', async () => {
    const network = build(true);
    await expect(camAxioms(network, tensor(new Float32Array(128), [2, 8, 8, 1]), 0, 'maps')).rejects.toThrow(ConfigError);
    await expect(camAxioms(network, tensor(pixels, [1, 8, 8, 1]), 0, 2)).rejects.toThrow(ShapeError);
  });
});
