/** One or a few representative calls for every ladder: every kernel that has more than one rung, or shares the WGSL of all its rungs with one. */
import { type AnyKernel, allKernels } from '../../engine/kernels/kernel.ts';

export interface RungCase {
  readonly kernel: AnyKernel;
  readonly params: unknown;
}

const square = { M: 256, N: 256, K: 256 };
/** Beyond the caches next to a core. */
const large = { M: 512, N: 512, K: 512 };
const layer = { N: 4, H: 14, W: 14, Ho: 14, Wo: 14, Ci: 32, Co: 32, strideY: 1, strideX: 1, hasBias: 0 };
const convolutions = [
  layer,
  // The first layer of a network on digits.
  { ...layer, H: 28, W: 28, Ho: 28, Wo: 28, Ci: 1, Co: 24, kh: 5, kw: 5, padTop: 2, padLeft: 2 },
  { ...layer, H: 28, W: 28, Ho: 28, Wo: 28, Ci: 64, Co: 64, groups: 64 },
];
/** A long reduction to one number, and one of many columns. */
const reductions = [
  { outer: 1, reduce: 2 ** 18, inner: 1 },
  { outer: 1, reduce: 1024, inner: 256 },
];
const halves = { batch: 16, height: 28, width: 28, channels: 32, outHeight: 14, outWidth: 14 };
/** Windows that overlap. */
const overlapping = { ...halves, outHeight: 13, outWidth: 13, kernelHeight: 3, kernelWidth: 3 };
const doubles = { batch: 16, height: 14, width: 14, channels: 32, outHeight: 28, outWidth: 28, ratioY: 0.5, ratioX: 0.5 };
const stretched = { ...doubles, outHeight: 20, outWidth: 20, ratioY: 0.7, ratioX: 0.7 };
const normalised = { rows: 12544, channels: 32 };
const warp = { batch: 8, height: 64, width: 64, outHeight: 64, outWidth: 64 };
const long = { count: 2 ** 18 };
const contiguous = { shape: [512, 512], strideA: [512, 1], strideB: [512, 1] };
const bias = { shape: [1024, 256], strideA: [256, 1], strideB: [0, 1] };
const scores = [
  { rows: 256, classes: 10 },
  { rows: 64, classes: 1000 },
];
const chosen = { outer: 64, extent: 256, inner: 64, count: 256 };
const plain = { shape: [512, 512], strideX: [512, 1], strideY: [512, 1] };

/** By kernel: what differs from the kernel's example. */
const DIFFERENCES: Readonly<Record<string, readonly object[]>> = {
  matmul: [square, large],
  matmulNT: [square],
  matmulTN: [square],
  conv2d: convolutions,
  conv2dInputGradient: convolutions,
  conv2dWeightGradient: convolutions,
  sum: reductions,
  argmax: reductions,
  sumI32: reductions,
  tsneRepulsion: [{ N: 1000 }],
  maxPool: [halves, overlapping],
  maxPoolGradient: [halves, overlapping],
  averagePool: [halves],
  averagePoolGradient: [halves],
  resize: [doubles, stretched],
  resizeGradient: [doubles, stretched],
  affineWarp: [warp],
  affineWarpGradient: [warp],
  batchNormStatistics: [normalised],
  batchNorm: [normalised],
  batchNormGradient: [normalised],
  layerNorm: [{ rows: 256, features: 256 }],
  layerNormGradient: [{ rows: 256, features: 256 }],
  softmax: scores,
  softmaxGradient: scores,
  crossEntropy: scores,
  add: [contiguous, bias],
  where: [{ shape: [512, 512], strideMask: [512, 1], strideA: [512, 1], strideB: [512, 1] }],
  // A transposition, and words in their order.
  copy: [{ ...plain, strideX: [1, 512] }, plain],
  fill: [long],
  gather: [chosen],
  gatherGradient: [chosen],
  gatherImages: [{ batch: 64, length: 784, samples: 1000, steps: 10 }],
  sgdMomentum: [long],
  adam: [long],
  dropout: [long],
  dropoutChannels: [{ count: 16 * 32 * 196, channels: 32, plane: 196 }],
  relu: [long],
  exp: [long],
  reluGradient: [long],
};

export const hasLadder = ({ variants }: AnyKernel): boolean => variants.length > 1;

/** All cases, ladder by ladder. */
export async function rungCases(): Promise<RungCase[]> {
  for (const load of Object.values(import.meta.glob('../../engine/kernels/*.ts'))) await load();
  return Object.entries(DIFFERENCES).flatMap(([name, all]) => {
    const kernel = allKernels().get(name);
    if (!kernel || !hasLadder(kernel)) throw new Error(`'${name}' has no ladder`);
    return all.map((differs): RungCase => ({ kernel, params: { ...kernel.example, ...differs } }));
  });
}
