/**
 * What the tracer runs of each kernel: the device check's cases, but for kernels of many multiplications small ones of their own, at
 * sizes at which tiles and vectors do not come out even.
 */
import { casesOf, type KernelCase } from '../../../../engine/conformance/cases.ts';
import { binaryParams } from '../../../../engine/kernels/binary.ts';
import { conv2dSizes } from '../../../../engine/kernels/conv2d-sizes.ts';
import type { AnyKernel } from '../../../../engine/kernels/kernel.ts';

const epilogue = { hasBias: 1, activation: 1, slope: 0 };
const bare = { hasBias: 0, activation: 2, slope: 0.1 };

/** Odd channels, strides and groups; 36 channels for workgroup tiles; one channel per group. */
const convolutions = [
  { ...conv2dSizes([1, 5, 3, 3], [3, 3, 3, 5], { padding: 1 }), ...bare },
  { ...conv2dSizes([2, 3, 4, 36], [1, 2, 36, 36], { padding: 'same' }), ...epilogue },
  { ...conv2dSizes([1, 5, 5, 8], [2, 3, 4, 12], { stride: 2, groups: 2, padding: [1, 0] }), ...epilogue },
  { ...conv2dSizes([1, 6, 5, 24], [1, 1, 24, 24], {}), ...bare },
  { ...conv2dSizes([1, 2, 3, 23], [1, 1, 23, 23], {}), ...epilogue },
  { ...conv2dSizes([1, 4, 7, 8], [3, 3, 1, 8], { groups: 8, stride: 2, padding: 1 }), ...epilogue },
  { ...conv2dSizes([1, 1, 1, 1], [1, 1, 1, 1], {}), ...epilogue },
];
const plain = convolutions.map(({ activation: _, slope: __, ...rest }) => rest);
const products = [
  { batch: 1, M: 33, N: 37, K: 5, aBatchStride: 0, bBatchStride: 0 },
  { batch: 2, M: 32, N: 40, K: 8, aBatchStride: 32 * 8, bBatchStride: 0 },
  { batch: 1, M: 3, N: 10, K: 131, aBatchStride: 0, bBatchStride: 0 },
  { batch: 1, M: 1, N: 1, K: 1, aBatchStride: 0, bBatchStride: 0 },
];
const boxes = [
  { outer: 3, reduce: 131, inner: 1 },
  { outer: 2, reduce: 37, inner: 12 },
  { outer: 3, reduce: 67, inner: 2 },
  { outer: 1, reduce: 1, inner: 1 },
];

const own: Readonly<Record<string, readonly object[]>> = {
  conv2d: convolutions,
  conv2dInputGradient: convolutions,
  conv2dWeightGradient: plain,
  matmul: products.map((p, i) => ({ ...p, ...(i % 2 ? bare : epilogue) })),
  matmulNT: products,
  matmulTN: products.map((p) => ({ ...p, aBatchStride: p.aBatchStride && p.M * p.K })),
  tsneRepulsion: [{ N: 67 }, { N: 130 }, { N: 1 }],
  ...Object.fromEntries(['sum', 'mean', 'max', 'min', 'prod', 'sumSquares', 'sumAbs'].map((name) => [name, boxes])),
};

/** Counts that are no multiple of a workgroup or vector, and 1. */
const counts = [1, 5, 257];

export function tracedCases(kernel: AnyKernel): readonly KernelCase[] {
  const given = casesOf(kernel);
  const first = given[0] as KernelCase;
  const withParams = (params: object): KernelCase => ({ ...first, params });
  if (own[kernel.name]) return [first, ...(own[kernel.name] ?? []).map(withParams)];
  const { example } = kernel;
  if (Object.keys(example)[0] === 'count' && !('plane' in example))
    return counts.map((count) => withParams({ ...example, count }));
  if ('strideA' in example && 'alpha' in example) {
    const shapes = [
      binaryParams([3, 7], [7], 0.75, -1.5),
      binaryParams([2, 3, 8], [2, 1, 8], 0.75, -1.5),
      binaryParams([1], [1]),
    ];
    return shapes.flatMap((made) => (made ? [withParams(made.params)] : []));
  }
  return given;
}
