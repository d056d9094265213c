/** The operations of the fixtures: which operands cross the border how, and which engine function stands for them. */
import * as ops from '../../engine/ops/index.ts';
import { ones, type Tensor, zeros } from '../../engine/tensor.ts';
import type { Layout } from './fixture-layouts.ts';

/** Attributes as PyTorch means them, in camelCase. */
export type Attrs = Readonly<Record<string, unknown>>;

export interface FixtureOp {
  /** Layout of each input; the last one holds for all that follow. */
  readonly inputs: readonly Layout[];
  readonly output: Layout;
  run(inputs: readonly Tensor[], attrs: Attrs): Tensor;
}

type Run = FixtureOp['run'];
const plain = (run: Run): FixtureOp => ({ inputs: ['plain'], output: 'plain', run });
const image = (run: Run): FixtureOp => ({ inputs: ['image', 'plain'], output: 'image', run });

const number = (attrs: Attrs, name: string, otherwise: number): number => (attrs[name] as number | null | undefined) ?? otherwise;
const flag = (attrs: Attrs, name: string, otherwise: boolean): boolean =>
  (attrs[name] as boolean | null | undefined) ?? otherwise;
const pairOf = (attrs: Attrs, name: string, otherwise: ops.Pair): ops.Pair =>
  (attrs[name] as ops.Pair | null | undefined) ?? otherwise;

const unary = (f: (x: Tensor) => Tensor): FixtureOp => plain(([x]) => f(x as Tensor));
const binary = (f: (a: Tensor, b: Tensor) => Tensor): FixtureOp => plain(([a, b]) => f(a as Tensor, b as Tensor));

function axes(attrs: Attrs): { axes: readonly number[] | null; keepDims: boolean } {
  const given = (attrs.axes ?? attrs.axis ?? null) as readonly number[] | number | null;
  return { axes: typeof given === 'number' ? [given] : given, keepDims: flag(attrs, 'keepDims', false) };
}

type Reducer = (x: Tensor, options: { axes: readonly number[] | null; keepDims: boolean }) => Tensor;
const reduction = (f: Reducer): FixtureOp => plain(([x], attrs) => f(x as Tensor, axes(attrs)));

type Loss = (x: Tensor, t: Tensor, options: { reduction: ops.Reduction }) => Tensor;
const loss = (f: Loss): FixtureOp =>
  plain(([x, t], attrs) => f(x as Tensor, t as Tensor, { reduction: (attrs.reduction as ops.Reduction | undefined) ?? 'mean' }));

const axis = (attrs: Attrs, otherwise: number): number => number(attrs, 'axis', otherwise);

function pooling(f: typeof ops.maxPool2d): FixtureOp {
  return image(([x], attrs) => {
    const kernel = pairOf(attrs, 'kernel', 2);
    return f(x as Tensor, { kernel, stride: pairOf(attrs, 'stride', kernel), padding: pairOf(attrs, 'padding', 0) });
  });
}

const batchNorm: FixtureOp = image(([x, gamma, beta, mean, variance], attrs) => {
  const shape = (gamma as Tensor).shape;
  const { device } = x as Tensor;
  return ops.batchNorm(x as Tensor, gamma as Tensor, beta as Tensor, {
    training: flag(attrs, 'training', false),
    eps: number(attrs, 'eps', 1e-5),
    momentum: number(attrs, 'momentum', 0.1),
    runningMean: mean ?? zeros(shape, { device }),
    runningVariance: variance ?? ones(shape, { device }),
  });
});

/** PyTorch normalises over as many trailing axes as the weight has; the engine over the last. */
const layerNorm: FixtureOp = plain(([x, gamma, beta], attrs) => {
  const input = x as Tensor;
  const weight = gamma as Tensor;
  const rows = input.shape.slice(0, input.rank - weight.rank);
  const last = (t: Tensor) => (t.rank === 1 ? t : ops.reshape(t, [t.size]));
  const flat = weight.rank === 1 ? input : ops.reshape(input, [...rows, weight.size]);
  const y = ops.layerNorm(flat, last(weight), last(beta as Tensor), { eps: number(attrs, 'eps', 1e-5) });
  return weight.rank === 1 ? y : ops.reshape(y, input.shape);
});

const resize: FixtureOp = image(([x], attrs) =>
  ops.resize2d(x as Tensor, {
    size: attrs.size as readonly [number, number],
    mode: (attrs.mode as 'bilinear' | 'nearest' | undefined) ?? 'nearest',
    alignCorners: flag(attrs, 'alignCorners', false),
  }),
);

const upsample: FixtureOp = image(([x], attrs) =>
  ops.upsample2d(x as Tensor, {
    scale: attrs.scale as ops.Pair,
    mode: (attrs.mode as 'bilinear' | 'nearest' | undefined) ?? 'nearest',
    alignCorners: flag(attrs, 'alignCorners', false),
  }),
);

const convolution = (attrs: Attrs) => ({
  stride: pairOf(attrs, 'stride', 1),
  padding: pairOf(attrs, 'padding', 0),
  dilation: pairOf(attrs, 'dilation', 1),
  groups: number(attrs, 'groups', 1),
});

export const fixtureOps: Readonly<Record<string, FixtureOp>> = {
  add: binary(ops.add),
  sub: binary(ops.sub),
  mul: binary(ops.mul),
  div: binary(ops.div),
  maximum: binary(ops.maximum),
  minimum: binary(ops.minimum),
  greater: binary(ops.greater),
  less: binary(ops.less),
  equal: binary(ops.equal),
  pow: plain(([x, y], attrs) => ops.pow(x as Tensor, y ?? number(attrs, 'exponent', 1))),
  neg: unary(ops.neg),
  exp: unary(ops.exp),
  log: unary(ops.log),
  sqrt: unary(ops.sqrt),
  rsqrt: unary(ops.rsqrt),
  reciprocal: unary(ops.reciprocal),
  tanh: unary(ops.tanh),
  sigmoid: unary(ops.sigmoid),
  relu: unary(ops.relu),
  abs: unary(ops.abs),
  square: unary(ops.square),
  sign: unary(ops.sign),
  softplus: unary(ops.softplus),
  sin: unary(ops.sin),
  cos: unary(ops.cos),
  tan: unary(ops.tan),
  erf: unary(ops.erf),
  silu: unary(ops.silu),
  gelu: plain(([x], attrs) =>
    ops.gelu(x as Tensor, { approximate: (attrs.approximate as 'tanh' | 'none' | undefined) ?? 'tanh' }),
  ),
  elu: plain(([x], attrs) => ops.elu(x as Tensor, number(attrs, 'alpha', 1))),
  leakyRelu: plain(([x], attrs) => ops.leakyRelu(x as Tensor, number(attrs, 'negativeSlope', 0.01))),
  clamp: plain(([x], attrs) =>
    ops.clamp(x as Tensor, (attrs.min as number | null) ?? undefined, (attrs.max as number | null) ?? undefined),
  ),
  sum: reduction(ops.sum),
  mean: reduction(ops.mean),
  max: reduction(ops.max),
  min: reduction(ops.min),
  variance: plain(([x], attrs) => ops.variance(x as Tensor, { ...axes(attrs), correction: number(attrs, 'correction', 1) })),
  reshape: plain(([x], attrs) => ops.reshape(x as Tensor, attrs.shape as number[])),
  flatten: plain(([x], attrs) => ops.flatten(x as Tensor, number(attrs, 'startAxis', 1))),
  permute: plain(([x], attrs) => ops.permute(x as Tensor, attrs.axes as number[])),
  concat: plain((xs, attrs) => ops.concat(xs, axis(attrs, 0))),
  slice: plain(([x], attrs) => ops.slice(x as Tensor, attrs.starts as number[], attrs.ends as number[])),
  gather: plain(([x, indices], attrs) => ops.indexSelect(x as Tensor, indices as Tensor, axis(attrs, 0))),
  pad2d: image(([x], attrs) =>
    ops.pad2d(x as Tensor, {
      left: number(attrs, 'left', 0),
      right: number(attrs, 'right', 0),
      top: number(attrs, 'top', 0),
      bottom: number(attrs, 'bottom', 0),
      value: number(attrs, 'value', 0),
    }),
  ),
  matmul: plain(([a, b]) => ops.matmul(a as Tensor, b as Tensor)),
  linear: {
    inputs: ['plain', 'linear', 'plain'],
    output: 'plain',
    run: ([x, w, b]) => {
      const input = x as Tensor;
      const rows = input.rank === 2 ? input : ops.reshape(input, [-1, input.shape.at(-1) as number]);
      const y = ops.linear(rows, w as Tensor, b ?? null);
      return input.rank === 2 ? y : ops.reshape(y, [...input.shape.slice(0, -1), y.shape[1] as number]);
    },
  },
  conv2d: {
    inputs: ['image', 'kernel', 'plain'],
    output: 'image',
    run: ([x, w, b], attrs) => ops.conv2d(x as Tensor, w as Tensor, b ?? null, convolution(attrs)),
  },
  convTranspose2d: {
    inputs: ['image', 'kernel', 'plain'],
    output: 'image',
    run: ([x, w, b], attrs) =>
      ops.convTranspose2d(x as Tensor, w as Tensor, b ?? null, {
        ...convolution(attrs),
        outputPadding: pairOf(attrs, 'outputPadding', 0),
      }),
  },
  maxPool2d: pooling(ops.maxPool2d),
  avgPool2d: pooling(ops.avgPool2d),
  globalAvgPool2d: image(([x]) => ops.globalAvgPool2d(x as Tensor)),
  upsample2d: upsample,
  resize2d: resize,
  batchNorm2d: batchNorm,
  batchNorm1d: batchNorm,
  layerNorm,
  softmax: plain(([x], attrs) => ops.softmax(x as Tensor, { axis: axis(attrs, -1) })),
  logSoftmax: plain(([x], attrs) => ops.logSoftmax(x as Tensor, { axis: axis(attrs, -1) })),
  crossEntropy: loss(ops.crossEntropy),
  mseLoss: loss(ops.mseLoss),
  l1Loss: loss(ops.l1Loss),
  bceWithLogits: loss(ops.bceWithLogits),
};
