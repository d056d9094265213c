/** Grids past the limit of one axis are folded into two: here the limit is 17 workgroups, so thousands of elements do what billions would. */
import { describe, it } from 'vitest';
import { affineWarp, affineWarpGradient } from '../../../engine/kernels/affine-warp.ts';
import { argmax } from '../../../engine/kernels/arg-reduction.ts';
import { gatherImages, gatherRows } from '../../../engine/kernels/batch.ts';
import { batchNorm, batchNormGradient, batchNormRunning, batchNormStatistics } from '../../../engine/kernels/batch-norm.ts';
import { binaryKernels, binaryParams, where, whereParams } from '../../../engine/kernels/binary.ts';
import { copy, copyInto, copyParams, permuteParams } from '../../../engine/kernels/copy.ts';
import {
  castF32ToI32,
  castF32ToU32,
  castI32ToF32,
  castI32ToU32,
  castU32ToF32,
  castU32ToI32,
  fill,
  pad,
} from '../../../engine/kernels/fill.ts';
import { gather, gatherGradient, oneHot } from '../../../engine/kernels/gather.ts';
import { integerKernels, integerReductionKernels } from '../../../engine/kernels/integer.ts';
import type { AnyKernel } from '../../../engine/kernels/kernel.ts';
import { layerNorm, layerNormGradient } from '../../../engine/kernels/layer-norm.ts';
import { adam, clipByNorm, sgd, sgdMomentum } from '../../../engine/kernels/optimizer.ts';
import { averagePool, averagePoolGradient, maxPool, maxPoolGradient } from '../../../engine/kernels/pooling.ts';
import { dropout, dropoutChannels, randomBernoulli, randomNormal, randomUniform } from '../../../engine/kernels/random.ts';
import { reductionKernels } from '../../../engine/kernels/reduction.ts';
import { resize, resizeGradient, resizeParams } from '../../../engine/kernels/resize.ts';
import { crossEntropy, logSoftmaxGradient, softmax } from '../../../engine/kernels/softmax.ts';
import { unaryGradientKernels, unaryKernels } from '../../../engine/kernels/unary.ts';
import { expectAgreement } from './harness.ts';

const count = 72_001;
const positive = (n: number, random: () => number) => Float64Array.from({ length: n }, () => 0.2 + random());
const below = (bound: number) => (n: number, random: () => number) =>
  Uint32Array.from({ length: n }, () => Math.floor(random() * bound));
const at = {
  cursor: () => [1],
  indices: below(50),
  images: below(2 ** 32),
  state: () => [1, 2, 3, 0],
  variance: positive,
  v: positive,
};
const window = { kernelHeight: 2, kernelWidth: 2, strideY: 2, strideX: 2, padY: 0, padX: 0 };
const pool = { batch: 6, height: 28, width: 26, channels: 4, outHeight: 14, outWidth: 13, ...window };
const bilinear = resizeParams({ shape: [3, 10, 10, 16], size: [19, 20], mode: 'bilinear' });
const double = resizeParams({ shape: [3, 11, 11, 12], size: [22, 22], mode: 'bilinear' });
const warp = { batch: 3, height: 10, width: 10, channels: 16, outHeight: 19, outWidth: 20, matrices: 1, fill: 0 };
const turn = { ...at, matrix: () => [0.5, -0.2, 1, 0.2, 0.5, 1] };
const rows = { rows: 3000, channels: 24 };
const all = { count, alpha: 1, beta: 2 };
const list = { samples: 50, steps: 20, batch: 15 };
const wide = binaryParams([1800, 40], [40])?.params;
const box = binaryParams([180, 10, 40], [180, 1, 40])?.params;
const integers = { shape: [180, 10], strideA: [10, 1], strideB: [1, 0] };
const same = whereParams([count], [count], [count])?.params;

type Case = readonly [kernel: AnyKernel, params: unknown, contents?: object, variants?: readonly string[]];

/** Workgroups of 64 elements fill such a grid long before those of 4,096 need to be folded. */
const bySize = (kernel: AnyKernel, params: object): Case[] => [
  [kernel, { ...params, count: 7001 }, undefined, ['naive']],
  [kernel, { ...params, count }, undefined, ['vectors']],
];

const cases: readonly Case[] = [
  ...bySize(unaryKernels.exp, all),
  ...bySize(unaryGradientKernels.relu as AnyKernel, all),
  [binaryKernels.add, wide],
  [binaryKernels.sub, box],
  [where, same],
  [integerKernels.sub, integers],
  [integerKernels.less, integers],
  [integerReductionKernels.sum, { outer: 3000, reduce: 5, inner: 2 }],
  [integerReductionKernels.max, { outer: 40, reduce: 200, inner: 3 }],
  [copy, permuteParams([64, 40, 28], [2, 1, 0])],
  [copy, permuteParams([41, 40, 44], [1, 0, 2])],
  [copy, copyParams({ shape: [72_000], strideX: [1] })],
  [copyInto, copyParams({ shape: [210, 340], strideX: [340, 1], strideY: [350, 1], offsetY: 3 })],
  ...bySize(fill, { bits: 7 }),
  [castF32ToI32, { count }],
  [castF32ToU32, { count }, { x: positive }],
  [castI32ToU32, { count }],
  [castU32ToI32, { count }, { x: below(2 ** 32) }],
  [castI32ToF32, { count }, { x: below(1000) }],
  [castU32ToF32, { count }, { x: below(1000) }],
  [pad, { shapeX: [298, 230], shape: [300, 240], before: [1, 3], value: 1 }],
  [reductionKernels.sum, { outer: 1, reduce: 290_000, inner: 1 }],
  [reductionKernels.max, { outer: 2000, reduce: 9, inner: 1 }],
  [reductionKernels.mean, { outer: 8, reduce: 500, inner: 24 }],
  [reductionKernels.sum, { outer: 20, reduce: 3000, inner: 1 }],
  [argmax, { outer: 6, reduce: 2000, inner: 5 }],
  [softmax, { rows: 2000, classes: 7 }],
  [softmax, { rows: 40, classes: 130 }],
  [logSoftmaxGradient, { rows: 40, classes: 130 }],
  [crossEntropy, { rows: 2000, classes: 8, scale: 1 }, { labels: below(8) }],
  [maxPool, pool],
  [maxPoolGradient, pool, { winners: below(1) }],
  [averagePool, pool],
  [averagePoolGradient, pool],
  [resize, bilinear],
  [resize, double],
  [resizeGradient, bilinear],
  [resizeGradient, double],
  [affineWarp, warp, turn],
  [affineWarpGradient, warp, turn],
  [batchNormStatistics, rows],
  [batchNorm, { ...rows, epsilon: 1e-5, relu: 1 }],
  [batchNormRunning, { rows: 9, channels: 2000, momentum: 0.1 }],
  [batchNormGradient, { ...rows, epsilon: 1e-5, training: 1, relu: 0 }],
  [layerNorm, { rows: 2000, features: 5, epsilon: 1e-3 }],
  [layerNorm, { rows: 30, features: 300, epsilon: 1e-3 }],
  [layerNormGradient, { rows: 2000, features: 12, epsilon: 1e-3 }],
  [layerNormGradient, { rows: 30, features: 300, epsilon: 1e-3 }],
  [randomUniform, { count, draw: 0, low: 0, high: 1 }],
  [randomNormal, { count, draw: 0, mean: 0, std: 1 }],
  [randomBernoulli, { count, draw: 0, p: 0.3 }],
  [dropout, { count, draw: 1, p: 0.3 }],
  [dropoutChannels, { count: 72_000, draw: 1, p: 0.3, channels: 12, plane: 480 }],
  [gather, { outer: 2, extent: 50, inner: 12, count: 900, missing: 0 }, { index: below(50) }],
  [gatherGradient, { outer: 3, extent: 150, inner: 12, count: 30 }, { index: below(50) }],
  [oneHot, { count: 600, classes: 10 }, { index: below(10) }],
  [gatherImages, { ...list, length: 1200, channels: 3, mean: [0.5], std: [0.5] }],
  [gatherRows, { ...list, length: 1200 }],
  [sgd, { count }],
  [sgdMomentum, { count }],
  [adam, { count }],
  [clipByNorm, { count, maxNorm: 1 }, { squares: () => [4] }],
];

describe('folded grids', () => {
  it.each(cases.map(([kernel, ...rest], k) => [`${k} ${kernel.name}`, kernel, ...rest] as const))(
    '%s',
    async (_, kernel, params, contents, variants) => {
      const options = { contents: { ...at, ...contents }, folded: true, rtol: 1e-4, atol: 1e-3 };
      await expectAgreement(kernel, params, { ...options, ...(variants ? { variants } : {}) });
    },
  );
});
