import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyGradient, verifyKernel, worstElement } from '../../../apps/math/verify.ts';
import { openDevice } from '../../../engine/device/init.ts';
import type { RecordingDevice } from '../../../engine/device/recording-device.ts';
import { NO_EPILOGUE } from '../../../engine/kernels/epilogue.ts';
import { defineKernel } from '../../../engine/kernels/kernel.ts';
import { matmul } from '../../../engine/kernels/matmul.ts';
import { mul, tanh } from '../../../engine/ops/index.ts';
import { tensor } from '../../../engine/tensor.ts';

let device: RecordingDevice;
beforeAll(async () => {
  device = await openDevice('cpu');
});
afterAll(() => device.destroy());

describe('verification', () => {
  it('finds the worst element; NaN on one side is worst of all', () => {
    expect(worstElement([1, 2, 3], [1, 2.5, 3])).toEqual({ error: 0.5 / 3.5, index: 1 });
    expect(worstElement([1, Number.NaN], [2, 1])).toEqual({ error: Number.POSITIVE_INFINITY, index: 1 });
    expect(worstElement([Number.NaN], [Number.NaN]).error).toBe(0);
  });

  it('passes a kernel that agrees with its reference and gives its memory back', async () => {
    const before = device.memory().buffers;
    const params = { batch: 1, M: 2, N: 2, K: 3, aBatchStride: 0, bBatchStride: 0, ...NO_EPILOGUE };
    const inputs = { a: Float32Array.of(1, 2, 3, 4, 5, 6), b: Float32Array.of(1, 0, 0, 1, 1, 1), bias: new Float32Array(4) };
    const [result] = await verifyKernel(device, matmul, inputs, params, { shapes: { y: [2, 2] } });
    expect(result).toMatchObject({ maxError: 0, shape: [2, 2], name: 'kernel matmul against its reference: y' });
    expect(device.memory().buffers).toBe(before);
  });

  it('names the element where a kernel goes wrong', async () => {
    let calls = 0;
    const wrong = defineKernel<'x', 'y', { count: number }>({
      name: 'verifyTestOnly',
      equation: 'y = x',
      inputs: ['x'],
      outputs: ['y'],
      sizes: ({ count }) => ({ x: count, y: count }),
      example: { count: 4 },
      reference({ x }, { y }, { count }) {
        for (let i = 0; i < count; i++) y[i] = x[i] as number;
        // The device under test calls this first: let it differ from the second call.
        if (calls++ === 0) y[2] = 100;
      },
      variants: [],
    });
    const [result] = await verifyKernel(device, wrong, { x: Float32Array.of(1, 2, 3, 4) }, { count: 4 });
    expect(result).toMatchObject({ worstIndex: 2, got: 100, expected: 3 });
    expect((result?.maxError ?? 0) > (result?.tolerance ?? 1)).toBe(true);
  });

  it('compares the tape with central differences', async () => {
    const x = tensor(Float32Array.of(0.3, -0.7, 1.1), [3], { device, requiresGrad: true });
    const result = await verifyGradient('∂(x tanh x)/∂x', (t) => mul(t, tanh(t)), [x]);
    expect(result.maxError).toBeLessThan(result.tolerance);
    expect(result.shape).toEqual([3]);
  });
});
