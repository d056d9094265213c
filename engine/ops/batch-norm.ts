/** Batch normalisation over the last axis (Ioffe & Szegedy 2015, algorithm 1), with ReLU in the same kernel where wanted. */
import { defineOperation, isRecording } from '../autodiff.ts';
import { ShapeError } from '../errors.ts';
import { batchNormGradient, batchNorm as batchNormKernel, batchNormRunning, batchNormStatistics } from '../kernels/batch-norm.ts';
import { emptyTensor, type Tensor, zeros } from '../tensor.ts';
import { greater, mul, sub, where } from './binary.ts';
import { mean, sum } from './reduce.ts';
import { compute, run } from './run.ts';
import { affine, rsqrt, square } from './unary.ts';

/** Of a batch, for each channel [C]. */
interface BatchStatistics {
  readonly mean: Tensor;
  /** The biased one: Σ(x − μ)² / M. */
  readonly variance: Tensor;
}

export interface BatchNormOptions {
  /** True: statistics of this batch, and the running ones are updated. False: the running statistics. */
  readonly training: boolean;
  /** [C]; needed in evaluation, updated in place in training. */
  readonly runningMean?: Tensor;
  readonly runningVariance?: Tensor;
  /** Added to the variance; default 1e-5. */
  readonly eps?: number;
  /** Weight of the new batch in the running statistics; default 0.1. */
  readonly momentum?: number;
  readonly activation?: 'none' | 'relu';
}

interface Attrs {
  readonly training: boolean;
  readonly eps: number;
  readonly momentum: number;
  readonly relu: 0 | 1;
  readonly runningMean: Tensor | undefined;
  readonly runningVariance: Tensor | undefined;
  /** The statistics used, kept for the gradient. */
  statistics?: BatchStatistics;
}

const sizes = (x: Tensor) => {
  const channels = x.shape.at(-1) as number;
  return { rows: x.size / channels, channels };
};

function batchStatistics(x: Tensor): BatchStatistics {
  const { rows, channels } = sizes(x);
  const made = (): Tensor => emptyTensor([channels], 'batchNorm', 'f32', x.device);
  const statistics = { mean: made(), variance: made() };
  run(batchNormStatistics, { x, ...statistics }, { rows, channels });
  return statistics;
}

const batchNormOp = defineOperation<Attrs>({
  name: 'batchNorm',
  equation: batchNormKernel.equation,
  saves: 'both',
  forward([input, gamma, beta], attrs) {
    const x = input as Tensor;
    const { rows, channels } = sizes(x);
    let statistics = { mean: attrs.runningMean as Tensor, variance: attrs.runningVariance as Tensor };
    if (attrs.training) {
      statistics = batchStatistics(x);
      if (attrs.runningMean && attrs.runningVariance) {
        const running = { runningMean: attrs.runningMean, runningVariance: attrs.runningVariance };
        run(batchNormRunning, { ...statistics, ...running }, { rows, channels, momentum: attrs.momentum });
        for (const updated of Object.values(running)) updated.overwritten();
      }
    }
    attrs.statistics = statistics;
    const parameters = { gamma: gamma as Tensor, beta: beta as Tensor };
    return compute(batchNormKernel, { x, ...statistics, ...parameters }, x.shape, {
      rows,
      channels,
      epsilon: attrs.eps,
      relu: attrs.relu,
    });
  },
  gradient(gy, { inputs: [input, gamma, beta], output, attrs, needs }) {
    const x = input as Tensor;
    if (isRecording()) return composedGradient(gy, x, gamma as Tensor, output, attrs, needs);
    const { rows, channels } = sizes(x);
    const made = (): Tensor => emptyTensor([channels], 'batchNormGradient', 'f32', x.device);
    // Sums over no rows.
    if (x.size === 0) return [x.shape, [channels], [channels]].map((shape) => zeros(shape, { device: x.device }));
    const [gx, ggamma, gbeta] = [emptyTensor(x.shape, 'batchNormGradient', 'f32', x.device), made(), made()];
    const statistics = attrs.statistics as BatchStatistics;
    const params = { rows, channels, epsilon: attrs.eps, training: attrs.training ? 1 : 0, relu: attrs.relu } as const;
    const given = { x, gy, ...statistics, gamma: gamma as Tensor, beta: beta as Tensor };
    run(batchNormGradient, { ...given, gx, ggamma, gbeta }, params);
    return [gx, ggamma, gbeta];
  },
});

/** The same gradients made of operations, so that they can be differentiated again. */
function composedGradient(
  gy: Tensor,
  x: Tensor,
  gamma: Tensor,
  y: Tensor,
  attrs: Attrs,
  needs: readonly boolean[],
): (Tensor | null)[] {
  const g = attrs.relu ? where(greater(y.detach(), 0), gy, 0) : gy;
  const rows = x.shape.map((_, d) => d).slice(0, -1);
  const statistics = attrs.statistics as BatchStatistics;
  const centred = sub(x, attrs.training ? mean(x, { axes: rows, keepDims: true }) : statistics.mean);
  const variance = attrs.training ? mean(square(centred), { axes: rows, keepDims: true }) : statistics.variance;
  const inverse = rsqrt(affine(variance, 1, attrs.eps));
  const normalised = mul(centred, inverse);
  const scale = mul(gamma, inverse);
  const common = attrs.training
    ? sub(
        sub(g, mean(g, { axes: rows, keepDims: true })),
        mul(normalised, mean(mul(g, normalised), { axes: rows, keepDims: true })),
      )
    : g;
  return [
    needs[0] ? mul(scale, common) : null,
    needs[1] ? sum(mul(g, normalised), { axes: rows }) : null,
    needs[2] ? sum(g, { axes: rows }) : null,
  ];
}

/**
 * Normalises each channel (the last axis) over all other axes: [N, H, W, C] or [N, C].
 * @param gamma [C] scale γ
 * @param beta [C] shift β
 * @throws ShapeError for training on a single row, whose variance is nothing
 */
export function batchNorm(x: Tensor, gamma: Tensor, beta: Tensor, options: BatchNormOptions): Tensor {
  const { training, runningMean, runningVariance, eps = 1e-5, momentum = 0.1, activation = 'none' } = options;
  const channels = x.shape.at(-1) ?? 0;
  const perChannel = [gamma, beta, runningMean, runningVariance].filter((tensor) => tensor !== undefined);
  if (x.rank < 2 || perChannel.some((p) => p.rank !== 1 || p.shape[0] !== channels)) {
    throw new ShapeError(
      'batchNorm',
      [x.shape, ...perChannel.map((p) => p.shape)],
      `all parameters must be [${channels}], the channels of x`,
    );
  }
  if (training && x.size / channels < 2) {
    throw new ShapeError('batchNorm', [x.shape], 'training needs at least two values per channel');
  }
  if (!training && !(runningMean && runningVariance)) {
    throw new ShapeError('batchNorm', [x.shape], 'evaluation needs runningMean and runningVariance');
  }
  // In evaluation the gradient reads the running statistics: as inputs, the tape sees when a training pass has changed them since.
  const read = !training && runningMean && runningVariance ? [runningMean, runningVariance] : [];
  return batchNormOp([x, gamma, beta, ...read], {
    training,
    eps,
    momentum,
    relu: activation === 'relu' ? 1 : 0,
    runningMean,
    runningVariance,
  });
}
