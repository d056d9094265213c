/**
 * Fixed cases of every kernel for the device check: its own example, and sizes at which tiles and vectors do not come out even. The
 * tests add random ones. A kernel without an entry here is run on its example alone.
 */
import { binaryParams, whereParams } from '../kernels/binary.ts';
import { conv2dSizes } from '../kernels/conv2d-sizes.ts';
import { copyParams, permuteParams } from '../kernels/copy.ts';
import { integerNames, integerReductionKernels } from '../kernels/integer.ts';
import type { AnyKernel } from '../kernels/kernel.ts';
import { measureNames } from '../kernels/measures.ts';
import { adamHyper, sgdHyper } from '../kernels/optimizer.ts';
import { exampleOf } from '../kernels/references.ts';
import { resizeParams } from '../kernels/resize.ts';
import type { CompareOptions, Filler } from './compare.ts';

export interface KernelCase extends CompareOptions {
  readonly params: unknown;
}

type Numbers = Readonly<Record<string, number>>;

const uniform =
  (low: number, high: number): Filler =>
  (count, random) =>
    Float64Array.from({ length: count }, () => low + (high - low) * random());
const below =
  (bound: number): Filler =>
  (count, random) =>
    Uint32Array.from({ length: count }, () => Math.floor(random() * bound));
const is =
  (...values: number[]): Filler =>
  () =>
    values;

/** Contents of buffers whose values must make sense, by the buffer's name. */
function sensible(p: Numbers): Readonly<Record<string, Filler>> {
  const { N = 1, stride = 1, entries = 1, samples = 1, classes = 1, firstRow = 0 } = p;
  const joint: Filler = (count) =>
    Float64Array.from({ length: count }, (_, at) => {
      const [i, j] = [Math.floor(at / stride), at % stride];
      return i >= N || j >= N || i === j ? 0 : (1 + ((i + j) % 5)) / (9 * N * N);
    });
  return {
    indices: below(samples),
    images: below(2 ** 32),
    rows: below(2 ** 32),
    cursor: is(1),
    state: is(7, 8, 9, 0),
    variance: uniform(0.2, 1.2),
    runningVariance: uniform(0.2, 1.2),
    inverse: uniform(0.5, 1.5),
    v: uniform(0, 1),
    gain: uniform(0.02, 2),
    squares: is(4),
    labels: below(classes),
    index: below(p.extent ?? p.reduce ?? classes),
    winners: below(1),
    matrix: (count) => Array.from({ length: count }, (_, i) => [0.5, -0.2, 1, 0.2, 0.5, 1][i % 6] as number),
    near: (count, random) =>
      Float64Array.from({ length: count }, (_, at) => {
        const j = at % stride;
        return j >= N || j === firstRow + Math.floor(at / stride) ? -1 : 0.2 + random() ** 2;
      }),
    beta: uniform(7, 7),
    joint,
    rowStart: (count) => Array.from({ length: count }, (_, i) => Math.floor((i * entries) / N)),
    neighbour: below(N),
    Z: is(0.1, 0.2, N * (N - 1) * 0.3 + 0.5, 0),
  };
}

const positive = uniform(0.1, 2.5);
/** Any i32, small ones and neighbours often. */
const word: Filler = (count, random) =>
  Int32Array.from({ length: count }, (_, i) =>
    i % 3 === 0 ? Math.floor(random() * 5) - 2 : Math.floor((random() - 0.5) * 2 ** 32),
  );
const byKernel: Readonly<Record<string, Readonly<Record<string, Filler>>>> = {
  log: { x: positive },
  sqrt: { x: positive },
  rsqrt: { x: positive },
  reciprocal: { x: positive },
  powScalar: { x: positive },
  logGradient: { saved: positive },
  sqrtGradient: { saved: positive },
  rsqrtGradient: { saved: positive },
  reciprocalGradient: { saved: positive },
  powScalarGradient: { saved: positive },
  tan: { x: uniform(-1.2, 1.2) },
  castF32ToU32: { x: uniform(0, 200) },
  castI32ToF32: { x: below(2e6) },
  castU32ToF32: { x: below(2e6) },
  castI32ToU32: { x: word },
  castU32ToI32: { x: below(2 ** 32) },
  where: { a: below(2 ** 32), b: below(2 ** 32) },
  ...Object.fromEntries(integerNames.map((name) => [`${name}I32`, { a: word, b: word }])),
  ...Object.fromEntries(Object.keys(integerReductionKernels).map((name) => [`${name}I32`, { x: word }])),
  countNonFinite: { x: (count) => Array.from({ length: count }, (_, i) => (i % 3 === 0 ? 0x7f800000 : 0x3f800000)) },
  prod: { x: uniform(0.999, 1.001) },
  div: { b: positive },
  pow: { a: positive, b: positive },
  powGradientBase: { a: positive, b: positive },
  powGradientExponent: { a: positive, b: positive },
  copy: { x: below(2 ** 32) },
  copyInto: { x: below(2 ** 32), y: below(2 ** 32) },
  gather: { x: below(2 ** 32) },
  sgd: { hyper: () => sgdHyper({ lr: 0.1, momentum: 0.9, weightDecay: 0.01 }, 2) },
  sgdMomentum: { hyper: () => sgdHyper({ lr: 0.1, momentum: 0.9, weightDecay: 0.01 }, 2) },
  adam: { hyper: () => adamHyper({ lr: 0.01, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01 }, 3) },
  tsneUpdate: { hyper: is(12, 50, 0.5) },
  tsneSearch: { p: uniform(7, 7) },
};

const count = 1027;
const epilogue = { hasBias: 1, activation: 1, slope: 0 };
const convolutions = [
  conv2dSizes([2, 9, 8, 5], [3, 3, 5, 33], { padding: 1 }),
  conv2dSizes([1, 12, 11, 16], [2, 3, 16, 64], { stride: 2, padding: 'same' }),
  conv2dSizes([1, 7, 5, 8], [3, 1, 4, 68], { dilation: 2, groups: 2, padding: [2, 0] }),
  conv2dSizes([1, 6, 8, 24], [3, 3, 24, 24], { padding: 1 }),
  conv2dSizes([1, 5, 7, 37], [3, 2, 37, 10], { stride: [1, 2], padding: 1 }),
  conv2dSizes([2, 5, 11, 3], [3, 5, 3, 6], { padding: 'same' }),
  conv2dSizes([1, 6, 9, 8], [3, 3, 1, 8], { groups: 8, stride: 2, padding: 1 }),
].map((sizes) => ({ ...sizes, ...epilogue }));
const products = [
  { batch: 1, M: 33, N: 65, K: 31, aBatchStride: 0, bBatchStride: 0 },
  { batch: 2, M: 64, N: 40, K: 64, aBatchStride: 64 * 64, bBatchStride: 0 },
  { batch: 1, M: 3, N: 10, K: 701, aBatchStride: 0, bBatchStride: 0 },
  { batch: 1, M: 66, N: 256, K: 68, aBatchStride: 0, bBatchStride: 0 },
];
const boxes = [
  { outer: 3, reduce: 301, inner: 1 },
  { outer: 2, reduce: 37, inner: 12 },
  { outer: 3, reduce: 701, inner: 2 },
];
const window = { kernelHeight: 3, kernelWidth: 2, strideY: 2, strideX: 1, padY: 0, padX: 0 };
const windows = [
  { batch: 2, height: 9, width: 8, channels: 3, outHeight: 4, outWidth: 7, ...window },
  {
    ...{ batch: 2, height: 9, width: 6, channels: 12, outHeight: 4, outWidth: 3 },
    ...{ kernelHeight: 2, kernelWidth: 2, strideY: 2, strideX: 2, padY: 0, padX: 0 },
  },
];
const resizes = [
  resizeParams({ shape: [2, 5, 7, 3], size: [11, 4], mode: 'bilinear' }),
  resizeParams({ shape: [2, 4, 3, 8], size: [8, 6], mode: 'bilinear' }),
  resizeParams({ shape: [2, 4, 3, 8], size: [8, 6], mode: 'nearest' }),
];
const warps = [{ batch: 2, height: 7, width: 6, channels: 3, outHeight: 9, outWidth: 5, matrices: 1, fill: 0 }];
const features = [
  { rows: 301, channels: 12 },
  { rows: 65, channels: 3 },
];
const classes = [
  { rows: 67, classes: 10 },
  { rows: 9, classes: 130 },
  { rows: 21, classes: 12 },
];
const set = { batch: 5, samples: 20, steps: 9 };
const gathers = [{ outer: 2, extent: 9, inner: 12, count: 40 }];
const integers = [binaryParams([6, 20], [20]), binaryParams([3, 5, 8], [3, 1, 8])].flatMap((made) =>
  made ? [{ shape: made.params.shape, strideA: made.params.strideA, strideB: made.params.strideB }] : [],
);
const points = [
  { N: 65, stride: 72 },
  { N: 130, stride: 136 },
];

/** Sizes beside the example, by name; what is missing and maps over one count takes an odd one. */
const sizes: Readonly<Record<string, readonly object[]>> = {
  conv2d: convolutions,
  conv2dInputGradient: convolutions,
  conv2dWeightGradient: convolutions.map(({ activation: _, slope: __, ...rest }) => rest),
  matmul: products.map((p) => ({ ...p, ...epilogue })),
  matmulNT: products,
  matmulTN: products.map((p) => ({ ...p, aBatchStride: p.aBatchStride && p.M * p.K })),
  ...Object.fromEntries(
    ['sum', 'mean', 'max', 'min', 'prod', 'sumSquares', 'sumAbs', 'argmax', 'argmin'].map((name) => [name, boxes]),
  ),
  ...Object.fromEntries(['maxPool', 'maxPoolGradient', 'averagePool', 'averagePoolGradient'].map((name) => [name, windows])),
  resize: resizes,
  resizeGradient: resizes,
  affineWarp: warps,
  affineWarpGradient: warps,
  batchNormStatistics: features,
  batchNorm: features.map((p) => ({ ...p, epsilon: 1e-5, relu: 1 })),
  batchNormRunning: features.map((p) => ({ ...p, momentum: 0.1 })),
  batchNormGradient: features.map((p) => ({ ...p, epsilon: 1e-5, training: 1, relu: 0 })),
  layerNorm: classes.map((p) => ({ rows: p.rows, features: p.classes, epsilon: 1e-3 })),
  layerNormGradient: classes.map((p) => ({ rows: p.rows, features: p.classes, epsilon: 1e-3 })),
  ...Object.fromEntries(['softmax', 'logSoftmax', 'softmaxGradient', 'logSoftmaxGradient'].map((name) => [name, classes])),
  crossEntropy: classes.map((p) => ({ ...p, scale: 1 / p.rows })),
  where: [whereParams([7, 12], [7, 12], [7, 12])?.params ?? {}],
  copy: [
    permuteParams([8, 5, 12], [2, 0, 1]),
    permuteParams([4, 8, 16], [2, 1, 0]),
    copyParams({ shape: [2, 5], strideX: [5, -1], offsetX: 4 }),
    copyParams({ shape: [2, 8], strideX: [16, 1], offsetX: 4 }),
    copyParams({ shape: [4096], strideX: [1] }),
  ],
  copyInto: [
    copyParams({ shape: [6, 9], strideX: [9, 1], strideY: [13, 1], offsetY: 3 }),
    copyParams({ shape: [6, 8], strideX: [8, 1], strideY: [12, 1], offsetY: 4 }),
    copyParams({ shape: [8, 12], strideX: [1, 8], strideY: [16, 1], offsetY: 4 }),
    copyParams({ shape: [4096], strideX: [1], strideY: [1], offsetY: 8 }),
  ],
  pad: [{ shapeX: [5, 7], shape: [8, 4], before: [2, -1], value: -7.5 }],
  dropoutChannels: [{ count: 5 * 6 * 12, draw: 2, p: 0.4, channels: 12, plane: 72 }],
  ...Object.fromEntries(integerNames.map((name) => [`${name}I32`, integers])),
  ...Object.fromEntries(Object.keys(integerReductionKernels).map((name) => [`${name}I32`, boxes])),
  gather: gathers.map((p) => ({ ...p, missing: 0x7fc00000 })),
  gatherGradient: gathers,
  oneHot: [{ count: 50, classes: 10 }],
  gatherImages: [{ ...set, length: 36, channels: 3, mean: [0.49, 0.48, 0.45], std: [0.2, 0.21, 0.22] }],
  gatherRows: [{ ...set, length: 7 }],
  sortRows: [
    { rows: 67, length: 64 },
    { rows: 3, length: 785 },
    { rows: 2, length: 1 },
  ],
  ...Object.fromEntries(measureNames.map((name) => [`${name}Measure`, [{ rows: 67, length: 130, p: 3 }]])),
  tsneDistances: [{ N: 65, D: 36, firstRow: 3, rows: 40, stride: 72, perplexity: 0 }],
  tsneSearch: [{ N: 65, D: 0, firstRow: 3, rows: 40, stride: 72, perplexity: 9 }],
  tsneSymmetrise: points,
  tsneForces: points,
  tsneDenseDivergence: points,
  tsneRepulsion: [{ N: 257 }, { N: 1031 }],
  tsneAttraction: [{ N: 65, entries: 400 }],
  tsneDivergence: [{ N: 65, entries: 400 }],
  tsneUpdate: [{ N: 65 }],
  tsneRecentre: [{ N: 65 }],
};

function moreSizes(name: string, example: object): readonly object[] {
  const listed = sizes[name];
  if (listed) return listed;
  // Functions of two operands with broadcasting, and maps over a count.
  if ('strideA' in example && 'alpha' in example) {
    const shapes = [binaryParams([6, 20], [20], 0.75, -1.5), binaryParams([3, 5, 8], [3, 1, 8], 0.75, -1.5)];
    return shapes.flatMap((made) => (made ? [made.params] : []));
  }
  return Object.keys(example)[0] === 'count' ? [{ ...example, count }] : [];
}

/** Sums of hundreds of products and searches end within more than the last bits. */
function toleranceOf(name: string): { rtol: number; atol: number } {
  if (name === 'tsneSearch') return { rtol: 2e-3, atol: 1e-6 };
  if (/^(conv2d|matmul|tsne|batchNorm|layerNorm|sum|mean|prod)/.test(name)) return { rtol: 1e-4, atol: 5e-4 };
  return { rtol: 3e-5, atol: 3e-5 };
}

/** What is run of a kernel in the device check. */
export function casesOf(kernel: AnyKernel): readonly KernelCase[] {
  const example = exampleOf(kernel) as object;
  return [example, ...moreSizes(kernel.name, example)].map((params) => {
    const contents = { ...sensible(params as Numbers), ...byKernel[kernel.name] };
    return { params, contents, ...toleranceOf(kernel.name) };
  });
}
