/** Every operation on tensors. */
export type { Activation } from './activation.ts';
export { affineWarp, similarity, type WarpOptions } from './affine-warp.ts';
export type { AxisArgument, AxisOption, Pair } from './arguments.ts';
export { type BatchNormOptions, batchNorm } from './batch-norm.ts';
export {
  add,
  div,
  equal,
  greater,
  greaterEqual,
  less,
  lessEqual,
  maximum,
  minimum,
  mul,
  pow,
  sub,
  where,
} from './binary.ts';
export { type Conv2dOptions, type ConvTranspose2dOptions, conv2d, convTranspose2d } from './conv2d.ts';
export { inverseRealDft2 } from './dft.ts';
export { argmax, argmin, indexAdd, indexSelect, oneHot } from './gather.ts';
export { layerNorm } from './layer-norm.ts';
export {
  bceWithLogits,
  type CrossEntropyOptions,
  crossEntropy,
  type LossOptions,
  l1Loss,
  mseLoss,
  type Reduction,
} from './loss.ts';
export { linear, matmul } from './matmul.ts';
export { avgPool2d, globalAvgPool2d, maxPool2d, type PoolOptions } from './pool.ts';
export {
  DeviceGenerator,
  dropout,
  dropout2d,
  type RandomOption,
  randomBernoulli,
  randomNormal,
  randomUniform,
} from './random.ts';
export { max, mean, min, type ReduceArgument, type ReduceOptions, sum, sumTo, variance } from './reduce.ts';
export { type InterpolationOptions, resize2d, upsample2d } from './resize.ts';
export { broadcastTo, concat, embed, flatten, type Padding, pad2d, permute, reshape, slice, transpose } from './shape.ts';
export { logSoftmax, softmax } from './softmax.ts';
export { percentile, sort } from './sort.ts';
export { cast, type Operand } from './types.ts';
export {
  abs,
  affine,
  ceil,
  clamp,
  cos,
  elu,
  erf,
  exp,
  floor,
  gelu,
  leakyRelu,
  log,
  neg,
  powScalar,
  reciprocal,
  relu,
  round,
  rsqrt,
  sigmoid,
  sign,
  silu,
  sin,
  softplus,
  sqrt,
  square,
  tan,
  tanh,
} from './unary.ts';
