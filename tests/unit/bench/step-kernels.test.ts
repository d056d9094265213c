import { describe, expect, it } from 'vitest';
import { convMultiplyAdds } from '../../../bench/cases/case.ts';
import type { Network } from '../../../bench/cases/network.ts';
import { prepareTraining } from '../../../bench/libraries/chalkgrad-network.ts';
import { bytesOf, flopsOf, shapeText } from '../../../bench/libraries/kernel-work.ts';
import type { KernelRun } from '../../../engine/device/device.ts';
import { init } from '../../../engine/index.ts';
import type { AnyKernel } from '../../../engine/kernels/kernel.ts';
import { allKernels } from '../../../engine/kernels/kernel.ts';

/** Every kind of buffer: images, labels, winners of pooling, running statistics, an optimiser's state. */
const tiny: Network = {
  name: 'tiny',
  batch: 3,
  input: [6, 6, 1],
  classes: 3,
  layers: [
    { type: 'conv', name: 'conv1', in: 1, out: 4, kernel: 3, padding: 1 },
    { type: 'batchNorm', name: 'norm1', features: 4 },
    { type: 'relu' },
    { type: 'conv', name: 'conv2', in: 4, out: 4, kernel: 3, padding: 1 },
    { type: 'relu' },
    { type: 'conv', name: 'conv3', in: 4, out: 4, kernel: 3, padding: 1 },
    { type: 'relu' },
    { type: 'maxPool' },
    { type: 'flatten' },
    { type: 'linear', name: 'linear1', in: 36, out: 3 },
  ],
  loss: 'cross-entropy',
  optimizer: { type: 'adam', learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 },
};

async function prepareTiny() {
  const device = await init({ device: 'cpu' });
  const alone: KernelRun[] = [];
  const compile = device.compile.bind(device);
  const prepared = await prepareTraining(device, tiny, async () => {});
  // One program with one kernel is what the parts consist of.
  device.compile = (runs) => {
    if (runs.length === 1) alone.push(runs[0] as KernelRun);
    return compile(runs);
  };
  return { device, prepared, alone };
}

describe('the kernels of a recorded step', () => {
  it('are each listed once, with their calls', async () => {
    const { prepared } = await prepareTiny();
    const parts = prepared.takeApart?.();
    const kernels = parts?.kernels ?? [];
    expect(kernels.reduce((sum, one) => sum + one.calls, 0)).toBe(prepared.dispatches);
    const twice = kernels.find(({ kernel, shape }) => kernel === 'conv2d' && shape === '3×6×6, 4→4, 3×3');
    expect(twice).toMatchObject({ calls: 2, flops: 2 * 3 * 36 * 16 * 9 });
    expect(kernels.find(({ kernel }) => kernel === 'adam')).toMatchObject({ calls: 1 });
    parts?.dispose();
    prepared.dispose();
  });

  it('run alone on legal data', async () => {
    const { device, prepared, alone } = await prepareTiny();
    const parts = prepared.takeApart?.();
    expect(alone).toHaveLength(parts?.kernels.length ?? 0);
    // The step writes the optimiser's numbers before it runs.
    await prepared.run(1);
    for (const one of parts?.kernels ?? []) await one.run(3);
    for (const { kernel, buffers } of alone) {
      for (const name of kernel.outputs) {
        if ((kernel.types?.[name] ?? 'f32') !== 'f32') continue;
        const values = new Float32Array(await device.read(buffers[name] as KernelRun['buffers'][string]));
        expect(values.every(Number.isFinite), `${kernel.name}.${name}`).toBe(true);
      }
    }
    parts?.dispose();
    prepared.dispose();
  });

  it('leave the training as it was', async () => {
    const undisturbed = await (await prepareTiny()).prepared.check(3);
    const { prepared } = await prepareTiny();
    const parts = prepared.takeApart?.();
    for (const one of parts?.kernels ?? []) await one.run(2);
    expect(await prepared.check(3)).toEqual(undisturbed);
    expect(new Set(undisturbed).size).toBe(undisturbed.length);
    parts?.dispose();
    prepared.dispose();
  });
});

describe('the work of a call', () => {
  const conv = { N: 2, H: 8, W: 6, Ci: 4, Ho: 8, Wo: 6, Co: 8, kh: 3, kw: 3, strideY: 1, strideX: 1, groups: 1 };

  it('counts a multiply-add as two operations', () => {
    const shape = { n: 2, h: 8, w: 6, c: 4, o: 8, kernel: 3, padding: 1 };
    expect(flopsOf(conv)).toBe(2 * convMultiplyAdds(shape));
    expect(flopsOf({ ...conv, groups: 4 })).toBe((2 * convMultiplyAdds(shape)) / 4);
    expect(flopsOf({ batch: 3, M: 2, N: 5, K: 7 })).toBe(2 * 3 * 2 * 5 * 7);
    expect(flopsOf({ count: 100 })).toBeUndefined();
  });

  it('moves what is read and written in place twice', () => {
    const kernel = (name: string) => allKernels().get(name) as AnyKernel;
    expect(bytesOf(kernel('neg'), { count: 100, alpha: 0, beta: 0 })).toBe(4 * 200);
    // Reads g and the nine numbers; reads and writes p, m and v.
    expect(bytesOf(kernel('adam'), { count: 100 })).toBe(4 * (9 + 100 + 2 * 300));
  });

  it('is short and tells calls apart', () => {
    const texts = [
      shapeText(conv),
      shapeText({ ...conv, strideX: 2, groups: 4 }),
      shapeText({ ...conv, C1: 1, doubled1: 0, doubled2: 0 }),
      shapeText({ ...conv, wChannels: 12, wFirst: 8 }),
      shapeText({ batch: 1, M: 64, N: 10, K: 128, aBatchStride: 0, bBatchStride: 0 }),
      shapeText({ batch: 2, M: 64, N: 10, K: 128, aBatchStride: 0, bBatchStride: 0 }),
      shapeText({ batch: 2, height: 4, width: 6, channels: 3, outHeight: 2, outWidth: 3, padX: 0 }),
      shapeText({ shape: [4, 5], strideA: [5, 1] }),
      shapeText({ outer: 1, reduce: 64, inner: 10 }),
      shapeText({ count: 1, bits: 1065353216 }),
      shapeText({ points: 7 }),
    ];
    expect(texts).toEqual([
      '2×8×6, 4→8, 3×3',
      '2×8×6, 4→8, 3×3, stride 1×2, 4 groups',
      '2×8×6, 1+3→8, 3×3',
      '2×8×6, 8–11 of 12→8, 3×3',
      '[64, 128] × [128, 10]',
      '2 × [64, 128] × [128, 10]',
      '2×4×6×3 → 2×3',
      '4×5',
      'reduce 64, inner 10',
      'count 1',
      '{"points":7}',
    ]);
  });
});
