/**
 * Convolution of inputs joined along their channels, without the tensor that would hold them all (virtual concatenation), and of
 * inputs up-sampled by 2 without the enlarged tensor. Convolution is linear in each input, so with C1 channels in the first
 *
 *     conv(concat(x1, x2), w) = conv(x1, w[:, :, :C1, :]) + conv(x2, w[:, :, C1:, :])
 *
 * and each gradient falls into the same two parts: ∂x1 and ∂x2 from the same ∂y and their channels of w, ∂w into disjoint rows.
 *
 * Nearest up-sampling only changes where a convolution reads. Bilinear up-sampling would make it load and blend four values for
 * each one, at every kernel offset: 36 loads instead of 9 for 3×3, where the enlarged tensor costs some 13 vector accesses for 16
 * values, once. With 16 output channels that is about a tenth of the convolution's own time, and the extra loads would more than
 * double it. So bilinear up-sampling stays an operation of its own.
 */
import { defineOperation, isRecording, type Operation } from '../autodiff.ts';
import { constant } from '../constant.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import {
  type Conv2dPartParams,
  conv2dJoinedWeightGradient,
  conv2dPartInputGradient,
  type JoinedSizes,
  conv2dJoined as joinedKernel,
} from '../kernels/conv2d-joined.ts';
import { conv2dSizes } from '../kernels/conv2d-sizes.ts';
import { type Epilogue, NO_EPILOGUE } from '../kernels/epilogue.ts';
import { resizeGradient, resizeParams } from '../kernels/resize.ts';
import { emptyTensor, sameShape, type Tensor } from '../tensor.ts';
import { activationGradient, epilogueOf } from './activation.ts';
import { type Conv2dOptions, checkBias, inputGradientOp, weightGradientOp } from './conv2d.ts';
import { avgPool2d } from './pool.ts';
import { sum } from './reduce.ts';
import { upsample2d } from './resize.ts';
import { compute, run } from './run.ts';
import { concat, slice } from './shape.ts';
import { affine } from './unary.ts';

interface JoinedAttrs {
  readonly sizes: JoinedSizes;
  readonly epilogue: Epilogue;
}

/** One input: its channels, and the sizes of its own convolution. */
interface Part {
  readonly doubled: boolean;
  readonly sizes: Conv2dPartParams;
}

function partsOf({ C1, doubled1, doubled2, ...sizes }: JoinedSizes): Part[] {
  const wChannels = sizes.Ci;
  const first = { doubled: doubled1 === 1, sizes: { ...sizes, Ci: C1, wChannels, wFirst: 0 } };
  if (C1 === wChannels) return [first];
  return [first, { doubled: doubled2 === 1, sizes: { ...sizes, Ci: wChannels - C1, wChannels, wFirst: C1 } }];
}

const joinedOp: Operation<JoinedAttrs> = defineOperation<JoinedAttrs>({
  name: 'conv2dJoined',
  equation: joinedKernel.equation,
  saves: 'both',
  forward(inputs, { sizes, epilogue }) {
    const { x1, x2, w, b } = named(inputs, sizes);
    const y = emptyTensor([sizes.N, sizes.Ho, sizes.Wo, sizes.Co], 'conv2dJoined', 'f32', w.device);
    const none = constant(0, w.device);
    run(joinedKernel, { x1, x2: x2 ?? none, w, bias: b ?? none, y }, { ...sizes, ...epilogue });
    return y;
  },
  gradient(g, { inputs, output, attrs: { sizes, epilogue }, needs }) {
    const { x1, x2, w, b } = named(inputs, sizes);
    const xs = x2 ? [x1, x2] : [x1];
    const parts = partsOf(sizes);
    const gy = activationGradient(g, output, epilogue);
    const gradientOf = isRecording() ? inputGradientOnTape : inputGradient;
    const gxs = parts.map((part, i) => (needs[i] ? gradientOf(gy, w, part) : null));
    const [needsW, needsB] = [needs[parts.length], b !== undefined && needs[parts.length + 1]];
    const rest = (gw: Tensor | null, gbias: Tensor | null) => (b ? [...gxs, gw, gbias] : [...gxs, gw]);
    if (isRecording()) return rest(needsW ? weightGradientOnTape(xs, gy, parts) : null, needsB ? biasGradient(gy) : null);
    if (!needsW) return rest(null, needsB ? biasGradient(gy) : null);
    const gw = emptyTensor(w.shape, 'conv2dJoinedWeightGradient', 'f32', gy.device);
    const gbias = emptyTensor([needsB ? sizes.Co : 4], 'conv2dJoinedWeightGradient', 'f32', gy.device);
    const buffers = { x1, x2: x2 ?? constant(0, gy.device), gy, gw, gbias };
    run(conv2dJoinedWeightGradient, buffers, { ...sizes, hasBias: needsB ? 1 : 0 });
    if (needsB) return rest(gw, gbias);
    gbias.dispose();
    return rest(gw, null);
  },
});

function named(inputs: readonly Tensor[], { C1, Ci }: JoinedSizes) {
  const [x1, ...rest] = inputs;
  const x2 = C1 < Ci ? rest.shift() : undefined;
  const [w, b] = rest;
  return { x1: x1 as Tensor, x2, w: w as Tensor, b };
}

const biasGradient = (gy: Tensor): Tensor => sum(gy, { axes: [0, 1, 2] });

/** ∂x of one input, of its own size. */
function inputGradient(gy: Tensor, w: Tensor, { doubled, sizes }: Part): Tensor {
  const { N, H, W, Ci } = sizes;
  const gx = emptyTensor([N, H, W, Ci], 'conv2dPartInputGradient', 'f32', gy.device);
  run(conv2dPartInputGradient, { gy, w, bias: constant(0, gy.device), gx }, sizes);
  if (!doubled) return gx;
  const shape = [N, H / 2, W / 2, Ci] as const;
  const sums = compute(resizeGradient, { gy: gx }, shape, resizeParams({ shape, size: [H, W], scale: [2, 2], mode: 'nearest' }));
  gx.dispose();
  return sums;
}

/** The same from operations, for a gradient that will be differentiated: the channels of w, and four times the mean of 2 × 2. */
function inputGradientOnTape(gy: Tensor, w: Tensor, { doubled, sizes: { wChannels, wFirst, ...sizes } }: Part): Tensor {
  const own = slice(w, [0, 0, wFirst], [sizes.kh, sizes.kw, wFirst + sizes.Ci]);
  const gx = inputGradientOp([gy, own], { sizes, epilogue: NO_EPILOGUE });
  return doubled ? affine(avgPool2d(gx, { kernel: 2 }), 4, 0) : gx;
}

function weightGradientOnTape(xs: readonly Tensor[], gy: Tensor, parts: readonly Part[]): Tensor {
  const gws = parts.map(({ doubled, sizes: { wChannels, wFirst, ...sizes } }, i) => {
    const x = xs[i] as Tensor;
    return weightGradientOp([doubled ? upsample2d(x, { scale: 2 }) : x, gy], { sizes, epilogue: NO_EPILOGUE });
  });
  return gws.length === 1 ? (gws[0] as Tensor) : concat(gws, 2);
}

export type Conv2dJoinedOptions = Omit<Conv2dOptions, 'groups'> & {
  /** For each input, whether each of its values stands for 2 × 2 (nearest up-sampling). Default: for none. */
  readonly doubled?: readonly boolean[];
};

/**
 * conv2d(concat(inputs, −1), w, b), where inputs that are `doubled` are up-sampled first; neither tensor is made.
 * @param inputs one or two of [N, H, W, C1] and [N, H, W, C2]; half of H and W where doubled
 * @param w [kernel height, kernel width, C1 + C2, out]
 * @param b [out], or null for none
 * @param options as for `conv2d`, without groups
 * @throws ShapeError, ConfigError
 */
export function conv2dJoined(
  inputs: readonly Tensor[],
  w: Tensor,
  b: Tensor | null = null,
  options: Conv2dJoinedOptions = {},
): Tensor {
  const { doubled = [], ...rest } = options;
  const [x1, x2] = inputs;
  if (!x1 || inputs.length > 2) throw new ConfigError('conv2dJoined.inputs', `must be one or two tensors, not ${inputs.length}.`);
  const shapes = inputs.map(({ shape }, i) => {
    const [n = 0, height = 0, width = 0, channels = 0] = shape;
    if (shape.length !== 4)
      throw new ShapeError('conv2dJoined', [shape, w.shape], 'inputs must be [images,height,width,channels]');
    return doubled[i] ? [n, 2 * height, 2 * width, channels] : [n, height, width, channels];
  });
  const [first, second] = shapes as [number[], number[] | undefined];
  if (second && !sameShape(first.slice(0, 3), second.slice(0, 3))) {
    throw new ShapeError('conv2dJoined', shapes, 'the inputs must differ in their channels only (sizes as after doubling)');
  }
  const C1 = first[3] as number;
  const sizes: JoinedSizes = {
    ...conv2dSizes([...first.slice(0, 3), C1 + (second?.[3] ?? 0)], w.shape, rest, 'conv2dJoined'),
    C1,
    doubled1: doubled[0] ? 1 : 0,
    doubled2: x2 && doubled[1] ? 1 : 0,
  };
  if (sizes.groups !== 1) throw new ConfigError('conv2dJoined.groups', 'must be 1: every output channel sees all inputs.');
  checkBias('conv2dJoined', x1, w, b, sizes.Co);
  return joinedOp([...inputs, w, ...(b ? [b] : [])], { sizes, epilogue: epilogueOf(options, b !== null) });
}
