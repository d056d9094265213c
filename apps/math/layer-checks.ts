/** What *Verify* compares for the cards of normalisation, residual blocks and pooling, on values that a lab took from its network. */
import { add, getDevice, globalAvgPool2d, maxPool2d, batchNorm as normalise, type Tensor } from '../../engine/index.ts';
import { batchNorm, batchNormGradient, batchNormStatistics } from '../../engine/kernels/batch-norm.ts';
import { binaryKernels } from '../../engine/kernels/binary.ts';
import { maxPool, maxPoolGradient, type PoolParams } from '../../engine/kernels/pooling.ts';
import { reductionKernels } from '../../engine/kernels/reduction.ts';
import { referenceOf } from '../../engine/kernels/references.ts';
import type { Verification } from './card.ts';
import { on, type Values } from './checks.ts';
import { verifyGradient, verifyKernel } from './verify.ts';

const SUMS = 1e-4;
/** Central differences: a step of ε in single precision, on a few elements. */
const FEW = { epsilon: 1e-2, maxElements: 16 };

/** Input, parameters and output gradient of a batch normalisation: x and gy [rows…, channels], gamma and beta [channels]. */
export interface NormalisationValues {
  readonly x: Values;
  readonly gamma: Values;
  readonly beta: Values;
  readonly gy: Values;
  readonly epsilon: number;
}

/** The cards `batch-norm` and `batch-norm-gradient`, with the statistics of these rows as in training. */
export async function batchNormChecks(card: string, of: NormalisationValues): Promise<Verification[]> {
  const { x, gamma, beta, gy, epsilon } = of;
  const channels = gamma.data.length;
  const rows = x.data.length / channels;
  const device = getDevice();
  const statistics = { mean: new Float32Array(channels), variance: new Float32Array(channels) };
  referenceOf(batchNormStatistics)({ x: x.data }, statistics, { rows, channels });
  const affine = { ...statistics, gamma: gamma.data, beta: beta.data };
  const tape = (): Promise<Verification> =>
    on([x, gamma, beta], (...tensors) =>
      verifyGradient(
        '∂y/∂(x, γ, β)',
        (u, g, b) => normalise(u as Tensor, g as Tensor, b as Tensor, { eps: epsilon, training: true }),
        tensors,
        FEW,
      ),
    );
  if (card === 'batch-norm-gradient') {
    const given = { x: x.data, gy: gy.data, ...affine };
    const params = { rows, channels, epsilon, training: 1, relu: 0 };
    const kernel = await verifyKernel(device, batchNormGradient, given, params, { shapes: { gx: x.shape }, tolerance: SUMS });
    return [...kernel, await tape()];
  }
  return [
    ...(await verifyKernel(device, batchNormStatistics, { x: x.data }, { rows, channels }, { tolerance: SUMS })),
    ...(await verifyKernel(
      device,
      batchNorm,
      { x: x.data, ...affine },
      { rows, channels, epsilon, relu: 0 },
      { shapes: { y: x.shape }, tolerance: SUMS },
    )),
    await tape(),
  ];
}

/** The card `residual`: what the shortcut and the body of a block put out, of one shape. */
export async function residualChecks(shortcut: Values, body: Values): Promise<Verification[]> {
  const count = shortcut.data.length;
  const params = { shape: [count], strideA: [1], strideB: [1], alpha: 1, beta: 1 };
  const kernel = await verifyKernel(getDevice(), binaryKernels.add, { a: shortcut.data, b: body.data }, params);
  const tape = on([shortcut, body], (...tensors) =>
    verifyGradient('∂y/∂(B, F): 1 for both', (b, f) => add(b as Tensor, f as Tensor), tensors, FEW),
  );
  return [...kernel, await tape];
}

function windows(x: Values): PoolParams {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const window = { kernelHeight: 2, kernelWidth: 2, strideY: 2, strideX: 2, padY: 0, padX: 0 };
  return { batch, height, width, channels, outHeight: Math.floor(height / 2), outWidth: Math.floor(width / 2), ...window };
}

/** Away from ties: noise makes every window's maximum single. */
const noisy = ({ shape, data }: Values): Values => ({ shape, data: data.map((v, i) => v + ((i * 0.618034) % 1) * 2) });

/**
 * The card `max-pool-gradient`: windows of 2 × 2.
 * @param x [N, H, W, C]; its own values stand for the gradient that arrives
 */
export async function maxPoolGradientChecks(x: Values): Promise<Verification[]> {
  const params = windows(x);
  const count = params.batch * params.outHeight * params.outWidth * params.channels;
  const winners = new Uint32Array(Math.ceil(count / 4));
  referenceOf(maxPool)({ x: x.data }, { y: new Float32Array(count), winners }, params);
  const gy = x.data.slice(0, count);
  const kernel = await verifyKernel(getDevice(), maxPoolGradient, { gy, winners }, params, { shapes: { gx: x.shape } });
  const tape = on([noisy(x)], (...tensors) =>
    verifyGradient('∂y/∂x of max pooling', (v) => maxPool2d(v as Tensor, { kernel: 2 }), tensors, {
      epsilon: 1e-3,
      maxElements: 24,
    }),
  );
  return [...kernel, await tape];
}

/** The card `global-average-pool`: the mean of each map. x [N, H, W, C]. */
export async function globalAverageChecks(x: Values): Promise<Verification[]> {
  const [batch, height, width, channels] = x.shape as [number, number, number, number];
  const params = { outer: batch, reduce: height * width, inner: channels };
  const kernel = await verifyKernel(getDevice(), reductionKernels.mean, { x: x.data }, params, {
    shapes: { y: [batch, channels] },
  });
  const tape = on([x], (...tensors) =>
    verifyGradient('∂y/∂x: 1/HW everywhere', (v) => globalAvgPool2d(v as Tensor), tensors, FEW),
  );
  return [...kernel, await tape];
}
