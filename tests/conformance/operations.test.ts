import { beforeAll, describe, expect, it } from 'vitest';
import { grad } from '../../engine/autodiff.ts';
import { checkOperations } from '../../engine/conformance/operations.ts';
import { gradCheck } from '../../engine/grad-check.ts';
import * as ops from '../../engine/ops/index.ts';
import { setDevice, type Tensor, tensor } from '../../engine/tensor.ts';
import { availableDevices } from '../unit/core/devices.ts';

const wave = (shape: number[], seed = 1) =>
  tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(seed * 7.1 + i * i * 0.7 + i)),
    shape,
  );

/** ∂/∂x of Σ(∂fn/∂x)²: right only if the gradient of the gradient is. */
async function checkSecond(fn: (x: Tensor) => Tensor, x: Tensor, maxElements = 12) {
  const first = (leaf: Tensor) => {
    const own = leaf.requiresGrad ? leaf : leaf.alias();
    own.requiresGrad = true;
    return ops.sum(ops.square(grad(ops.sum(ops.square(fn(own))), [own], { createGraph: true })[0] as Tensor));
  };
  return gradCheck(first, [x], { maxElements });
}

describe.each(await availableDevices())('on %s', (_, device) => {
  beforeAll(() => setDevice(device));

  it('differentiates every operation as central differences do', async () => {
    const results = await checkOperations();
    expect(results.filter(({ passed }) => !passed)).toEqual([]);
    expect(results.length).toBeGreaterThan(60);
  }, 240_000);

  it.each([
    ['tanh', (x: Tensor) => ops.tanh(x)],
    ['gelu', (x: Tensor) => ops.gelu(x)],
    ['silu', (x: Tensor) => ops.silu(x)],
    ['softmax', (x: Tensor) => ops.softmax(ops.reshape(x, [2, -1]))],
    ['matmul', (x: Tensor) => ops.matmul(ops.reshape(x, [4, -1]), ops.reshape(x, [-1, 4]))],
    [
      'linear with relu',
      (x: Tensor) => ops.linear(ops.reshape(x, [-1, 4]), wave([4, 4], 3), wave([4], 5), { activation: 'leakyRelu' }),
    ],
    [
      'conv2d',
      (x: Tensor) => ops.tanh(ops.conv2d(ops.reshape(x, [1, 4, -1, 2]), wave([3, 3, 2, 3], 2), null, { padding: 1, stride: 2 })),
    ],
    ['avgPool2d', (x: Tensor) => ops.tanh(ops.avgPool2d(ops.reshape(x, [1, 4, -1, 2]), { kernel: 2 }))],
    // The sum of the squares alone would not depend on x.
    [
      'batchNorm',
      (x: Tensor) => ops.tanh(ops.batchNorm(ops.reshape(x, [4, -1]), wave([4], 3), wave([4], 4), { training: true })),
    ],
    ['layerNorm', (x: Tensor) => ops.layerNorm(ops.reshape(x, [4, -1]), wave([4], 3), wave([4], 4))],
    ['resize2d', (x: Tensor) => ops.tanh(ops.upsample2d(ops.reshape(x, [1, 4, -1, 2]), { scale: 2, mode: 'bilinear' }))],
    ['affineWarp', (x: Tensor) => ops.tanh(ops.affineWarp(ops.reshape(x, [1, 4, 4, 1]), tensor([0.9, 0.1, 0, -0.1, 0.9, 0.2])))],
    ['crossEntropy', (x: Tensor) => ops.crossEntropy(ops.reshape(x, [2, -1]), tensor(new Int32Array([1, 0]), [2]))],
  ])('differentiates the gradient of %s', async (_name, fn) => {
    const result = await checkSecond(fn, wave([16]));
    expect(result.passed, result.message).toBe(true);
  });

  it('differentiates the weight gradient of a convolution', async () => {
    const x = wave([1, 4, 4, 2]);
    const result = await checkSecond((w) => ops.tanh(ops.conv2d(x, w, null, { padding: 1 })), wave([3, 3, 2, 2], 2));
    expect(result.passed, result.message).toBe(true);
  });
});
