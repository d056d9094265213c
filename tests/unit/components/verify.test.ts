import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyGradient, verifyKernel, worstElement } from '../../../apps/math/verify.ts';
import { openDevice } from '../../../engine/device/init.ts';
import type { RecordingDevice } from '../../../engine/device/recording-device.ts';
import { NO_EPILOGUE } from '../../../engine/kernels/epilogue.ts';
import { matmul } from '../../../engine/kernels/matmul.ts';
import { mul, tanh } from '../../../engine/ops/index.ts';
import { tensor } from '../../../engine/tensor.ts';

let device: RecordingDevice;
beforeAll(async () => {
  device = await openDevice('wasm');
});
afterAll(() => device.destroy());

describe('verification', () => {
  it('finds the worst element; NaN on one side is worst of all', () => {
    expect(worstElement([1, 2, 3], [1, 2.5, 3])).toEqual({ error: 0.5 / 3.5, index: 1 });
    expect(worstElement([1, Number.NaN], [2, 1])).toEqual({ error: Number.POSITIVE_INFINITY, index: 1 });
    expect(worstElement([Number.NaN], [Number.NaN]).error).toBe(0);
  });

  it('passes a kernel that agrees with its reference and gives its memory back', async () => {
    const params = { batch: 1, M: 2, N: 2, K: 3, aBatchStride: 0, bBatchStride: 0, ...NO_EPILOGUE };
    const inputs = { a: Float32Array.of(1, 2, 3, 4, 5, 6), b: Float32Array.of(1, 0, 0, 1, 1, 1), bias: new Float32Array(4) };
    const [result] = await verifyKernel(device, matmul, inputs, params, { shapes: { y: [2, 2] } });
    // The first call of all makes room for arguments, which stays.
    const before = device.memory().buffers;
    expect(result).toMatchObject({ maxError: 0, shape: [2, 2], name: 'kernel matmul against its reference: y' });
    // The rung that ran is named, and another can be asked for.
    const { variant } = device.choices?.choose(matmul as never, params) ?? {};
    expect(result?.ran).toBe(`${variant?.id}, WebAssembly`);
    const [naive] = await verifyKernel(device, matmul, inputs, params, { variant: 'naive' });
    expect(naive).toMatchObject({ ran: 'naive, WebAssembly', maxError: 0 });
    expect(device.memory().buffers).toBe(before);
  });

  it('names the element where a kernel goes wrong', async () => {
    const wrong: typeof matmul = {
      ...matmul,
      name: 'verifyTestOnly',
      reference(inputs, outputs, params) {
        matmul.reference(inputs, outputs, params);
        outputs.y[2] = 100;
      },
    };
    const params = { batch: 1, M: 2, N: 2, K: 1, aBatchStride: 0, bBatchStride: 0, ...NO_EPILOGUE };
    const inputs = { a: Float32Array.of(1, 2), b: Float32Array.of(3, 4), bias: new Float32Array(4) };
    const [result] = await verifyKernel(device, wrong, inputs, params);
    expect(result).toMatchObject({ worstIndex: 2, got: 6, expected: 100 });
    expect((result?.maxError ?? 0) > (result?.tolerance ?? 1)).toBe(true);
  });

  it('does not compare the reference with itself', async () => {
    const reference = await openDevice('cpu');
    const params = { batch: 1, M: 1, N: 1, K: 1, aBatchStride: 0, bBatchStride: 0, ...NO_EPILOGUE };
    const inputs = { a: Float32Array.of(1), b: Float32Array.of(3), bias: new Float32Array(4) };
    const [result, ...more] = await verifyKernel(reference, matmul, inputs, params);
    expect(more).toEqual([]);
    expect(result?.skipped).toMatch(/only the TypeScript reference ran/);
    reference.destroy();
  });

  it('compares the tape with central differences', async () => {
    const x = tensor(Float32Array.of(0.3, -0.7, 1.1), [3], { device, requiresGrad: true });
    const result = await verifyGradient('∂(x tanh x)/∂x', (t) => mul(t, tanh(t)), [x]);
    expect(result.maxError).toBeLessThan(result.tolerance);
    expect(result.shape).toEqual([3]);
  });
});
