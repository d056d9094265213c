/** Sizes of two-dimensional convolutions: the record all three kernels share, and the rules of the shapes. */
import { ShapeError } from '../errors.ts';

/** Activations are [N,H,W,Ci] and [N,Ho,Wo,Co], weights [kh,kw,Ci/groups,Co], all contiguous. */
export type Conv2dSizes = {
  /** Images. */
  readonly N: number;
  /** Height, width and channels of the input. */
  readonly H: number;
  readonly W: number;
  readonly Ci: number;
  /** Height, width and channels of the output. */
  readonly Ho: number;
  readonly Wo: number;
  readonly Co: number;
  /** Height and width of the kernel. */
  readonly kh: number;
  readonly kw: number;
  readonly strideY: number;
  readonly strideX: number;
  /** Rows and columns of zeros before the input; those behind follow from Ho and Wo. */
  readonly padTop: number;
  readonly padLeft: number;
  readonly dilationY: number;
  readonly dilationX: number;
  /** Channels fall into groups: outputs of a group see the inputs of that group only. Divides Ci and Co. */
  readonly groups: number;
};

/** [vertical, horizontal], or one number for both. */
export type Pair = number | readonly [number, number];

export interface Conv2dOptions {
  readonly stride?: Pair;
  /** Zeros around the input; 'same' keeps ceil(size / stride), with the odd zero behind. */
  readonly padding?: Pair | 'same' | 'valid';
  readonly dilation?: Pair;
  readonly groups?: number;
}

export interface ConvTranspose2dOptions extends Conv2dOptions {
  readonly padding?: Pair;
  /** Rows and columns added behind the output: tells apart the input sizes that a stride maps to one output size. */
  readonly outputPadding?: Pair;
}

const pair = (value: Pair): readonly [number, number] => (typeof value === 'number' ? [value, value] : value);

/**
 * Positions that a kernel of size `k` takes along an axis of length `size` with `padding` zeros on both ends together:
 * floor((size + padding − dilation·(k − 1) − 1) / stride) + 1.
 */
export function conv2dOutputSize(size: number, k: number, stride: number, padding: number, dilation: number): number {
  return Math.floor((size + padding - dilation * (k - 1) - 1) / stride) + 1;
}

/** Length of an axis after a transposed convolution: (size − 1)·stride − padding + dilation·(k − 1) + outputPadding + 1. */
export function convTranspose2dOutputSize(
  size: number,
  k: number,
  stride: number,
  padding: number,
  dilation: number,
  outputPadding: number,
): number {
  return (size - 1) * stride - padding + dilation * (k - 1) + outputPadding + 1;
}

/**
 * Sizes of y = conv2d(x, w).
 * @param x [N,H,W,Ci]
 * @param w [kh,kw,Ci/groups,Co]
 * @throws ShapeError
 */
export function conv2dSizes(x: readonly number[], w: readonly number[], options: Conv2dOptions = {}, op = 'conv2d'): Conv2dSizes {
  const shapes = [x, w];
  const [N, H, W, Ci, kh, kw, channels, Co] = checkRanks(op, x, w);
  const { stride, dilation, groups } = readOptions(op, shapes, options);
  if (Ci % groups !== 0 || Co % groups !== 0) {
    throw new ShapeError(op, shapes, `${groups} groups must divide the ${Ci} input and ${Co} output channels`);
  }
  if (channels !== Ci / groups) {
    throw new ShapeError(op, shapes, `the weights [kh,kw,channels/groups,out] must have ${Ci / groups} input channels`);
  }
  const axis = (size: number, k: number, d: 0 | 1) => {
    const { padding = 0 } = options;
    if (padding === 'same') {
      const out = Math.ceil(size / stride[d]);
      const total = Math.max(0, (out - 1) * stride[d] + dilation[d] * (k - 1) + 1 - size);
      return { out, before: Math.floor(total / 2) };
    }
    const before = padding === 'valid' ? 0 : pair(padding)[d];
    if (!Number.isInteger(before) || before < 0)
      throw new ShapeError(op, shapes, `padding must be a whole number ≥ 0, not ${before}`);
    return { out: conv2dOutputSize(size, k, stride[d], 2 * before, dilation[d]), before };
  };
  const y = axis(H, kh, 0);
  const z = axis(W, kw, 1);
  if (y.out < 1 || z.out < 1) {
    throw new ShapeError(op, shapes, `the kernel ${kh}×${kw} with its dilation must fit into the padded input ${H}×${W}`);
  }
  return {
    ...{ N, H, W, Ci, Ho: y.out, Wo: z.out, Co, kh, kw },
    ...{ strideY: stride[0], strideX: stride[1], padTop: y.before, padLeft: z.before },
    ...{ dilationY: dilation[0], dilationX: dilation[1], groups },
  };
}

/**
 * Sizes of the convolution whose input gradient is y = convTranspose2d(x, w): its output is `x`, its input is `y` ([N,H,W,Ci]).
 * @param x [N,Ho,Wo,Co]
 * @param w [kh,kw,Ci/groups,Co]
 * @throws ShapeError
 */
export function convTranspose2dSizes(
  x: readonly number[],
  w: readonly number[],
  options: ConvTranspose2dOptions = {},
  op = 'convTranspose2d',
): Conv2dSizes {
  const shapes = [x, w];
  const [N, Ho, Wo, Co, kh, kw, channels, outputs] = checkRanks(op, x, w);
  const { stride, dilation, groups } = readOptions(op, shapes, options);
  const padding = pair(options.padding ?? 0);
  const extra = pair(options.outputPadding ?? 0);
  if (Co !== outputs || Co % groups !== 0) {
    throw new ShapeError(op, shapes, `the last axis of both must be the input channels, a multiple of the ${groups} groups`);
  }
  for (const d of [0, 1] as const) {
    if (!Number.isInteger(padding[d]) || padding[d] < 0)
      throw new ShapeError(op, shapes, `padding must be whole and ≥ 0, not ${padding[d]}`);
    if (!Number.isInteger(extra[d]) || extra[d] < 0 || extra[d] >= Math.max(stride[d], dilation[d])) {
      throw new ShapeError(op, shapes, `outputPadding ${extra[d]} must be whole, ≥ 0 and less than the stride or the dilation`);
    }
  }
  const H = convTranspose2dOutputSize(Ho, kh, stride[0], 2 * padding[0], dilation[0], extra[0]);
  const W = convTranspose2dOutputSize(Wo, kw, stride[1], 2 * padding[1], dilation[1], extra[1]);
  if (H < 1 || W < 1) throw new ShapeError(op, shapes, `the padding ${padding.join('×')} must leave something of the output`);
  return {
    ...{ N, H, W, Ci: channels * groups, Ho, Wo, Co, kh, kw },
    ...{ strideY: stride[0], strideX: stride[1], padTop: padding[0], padLeft: padding[1] },
    ...{ dilationY: dilation[0], dilationX: dilation[1], groups },
  };
}

type Eight = [number, number, number, number, number, number, number, number];

function checkRanks(op: string, x: readonly number[], w: readonly number[]): Eight {
  if (x.length !== 4) throw new ShapeError(op, [x, w], 'the input must be [images,height,width,channels]');
  if (w.length !== 4) throw new ShapeError(op, [x, w], 'the weights must have four axes: kernel height, width, and channels');
  if ([...x, ...w].some((extent) => extent < 1)) throw new ShapeError(op, [x, w], 'no axis may be empty');
  return [...x, ...w] as Eight;
}

function readOptions(op: string, shapes: readonly (readonly number[])[], options: Conv2dOptions) {
  const stride = pair(options.stride ?? 1);
  const dilation = pair(options.dilation ?? 1);
  const groups = options.groups ?? 1;
  for (const [name, value] of [
    ['stride', stride[0]],
    ['stride', stride[1]],
    ['dilation', dilation[0]],
    ['dilation', dilation[1]],
    ['groups', groups],
  ] as const) {
    if (!Number.isInteger(value) || value < 1)
      throw new ShapeError(op, shapes, `${name} must be a whole number ≥ 1, not ${value}`);
  }
  return { stride, dilation, groups };
}

/** Elements of x, y and w. */
export const conv2dElements = (p: Conv2dSizes) => ({
  x: p.N * p.H * p.W * p.Ci,
  y: p.N * p.Ho * p.Wo * p.Co,
  w: p.kh * p.kw * (p.Ci / p.groups) * p.Co,
});

/** Whether any tap of any output reads outside the input. */
export function readsOutside(p: Conv2dSizes): boolean {
  const beyond = (out: number, stride: number, k: number, dilation: number, before: number, size: number) =>
    before > 0 || (out - 1) * stride + (k - 1) * dilation - before >= size;
  return beyond(p.Ho, p.strideY, p.kh, p.dilationY, p.padTop, p.H) || beyond(p.Wo, p.strideX, p.kw, p.dilationX, p.padLeft, p.W);
}

/** Legal sizes with strides, padding and odd channels, as the kernels' example. */
export const CONV2D_EXAMPLE: Conv2dSizes = {
  ...{ N: 2, H: 5, W: 4, Ci: 3, Ho: 3, Wo: 2, Co: 5, kh: 3, kw: 3 },
  ...{ strideY: 2, strideX: 2, padTop: 1, padLeft: 1, dilationY: 1, dilationX: 1, groups: 1 },
};
