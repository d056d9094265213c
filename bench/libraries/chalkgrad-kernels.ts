/** The workloads as calls of the engine's kernels. */
import { batchNorm, batchNormGradient, batchNormStatistics } from '../../engine/kernels/batch-norm.ts';
import { binaryKernels, binaryParams } from '../../engine/kernels/binary.ts';
import { conv2d } from '../../engine/kernels/conv2d.ts';
import { conv2dInputGradient } from '../../engine/kernels/conv2d-input-gradient.ts';
import type { Conv2dSizes } from '../../engine/kernels/conv2d-sizes.ts';
import { conv2dWeightGradient } from '../../engine/kernels/conv2d-weight-gradient.ts';
import { NO_EPILOGUE } from '../../engine/kernels/epilogue.ts';
import type { AnyKernel } from '../../engine/kernels/kernel.ts';
import { matmul } from '../../engine/kernels/matmul.ts';
import { adam, adamHyper } from '../../engine/kernels/optimizer.ts';
import { maxPool } from '../../engine/kernels/pooling.ts';
import { reductionKernels, reductionSteps } from '../../engine/kernels/reduction.ts';
import { unaryKernels } from '../../engine/kernels/unary.ts';
import { type ConvShape, convOutput, type Workload } from '../cases/case.ts';
import { ADAM, BATCH_NORM_EPSILON } from '../cases/operands.ts';

export interface KernelCall {
  readonly kernel: AnyKernel;
  readonly params: unknown;
  /** Kernel buffer to benchmark buffer, where the names differ. */
  readonly names?: Readonly<Record<string, string>>;
  /** Content of buffers that are no operands of the workload. */
  readonly data?: Readonly<Record<string, Float32Array>>;
  /** The benchmark buffer that holds the compared result. */
  readonly result: string;
  /** This call's variants are the ladder of the workload. */
  readonly ladder?: true;
}

export function kernelCalls(workload: Workload): KernelCall[] {
  switch (workload.type) {
    case 'matmul':
      return [matmulCall(workload)];
    case 'conv2d':
      return [convCall(workload)];
    case 'add': {
      const shape = [workload.count];
      return [call(binaryKernels.add, binaryParams(shape, shape)?.params, 'y')];
    }
    case 'relu':
      return [call(unaryKernels.relu, { count: workload.count, alpha: 0, beta: 0 }, 'y')];
    case 'sum': {
      const [params] = reductionSteps([workload.count], [0]);
      return [call(reductionKernels.sum, params, 'y', true)];
    }
    case 'max-pool':
      return [maxPoolCall(workload)];
    case 'batch-norm':
      return batchNormCalls(workload);
    case 'adam':
      return [adamCall(workload.count)];
    default:
      throw new Error(`no kernel for '${workload.type}'`);
  }
}

function call(kernel: unknown, params: unknown, result: string, ladder = false): KernelCall {
  return { kernel: kernel as AnyKernel, params, result, ...(ladder ? { ladder } : {}) };
}

function matmulCall({ m, k, n }: Extract<Workload, { type: 'matmul' }>): KernelCall {
  const sizes = { batch: 1, M: m, N: n, K: k, aBatchStride: 0, bBatchStride: 0 };
  return call(matmul, { ...sizes, ...NO_EPILOGUE }, 'y', true);
}

function convCall(workload: Extract<Workload, { type: 'conv2d' }>): KernelCall {
  const sizes = convSizes(workload);
  const names = { w: 'weight', gy: 'dy' };
  if (workload.pass === 'forward') return { ...call(conv2d, { ...sizes, ...NO_EPILOGUE }, 'y', true), names };
  if (workload.pass === 'weight-gradient') return call(conv2dWeightGradient, { ...sizes, hasBias: 0 }, 'gw', true);
  return { ...call(conv2dInputGradient, { ...sizes, ...NO_EPILOGUE }, 'gx', true), names };
}

function convSizes(shape: ConvShape): Conv2dSizes {
  const [Ho, Wo] = convOutput(shape);
  return {
    ...{ N: shape.n, H: shape.h, W: shape.w, Ci: shape.c, Ho, Wo, Co: shape.o, kh: shape.kernel, kw: shape.kernel },
    ...{ strideY: 1, strideX: 1, padTop: shape.padding, padLeft: shape.padding, dilationY: 1, dilationX: 1, groups: 1 },
  };
}

function maxPoolCall({ n, h, w, c }: Extract<Workload, { type: 'max-pool' }>): KernelCall {
  const sizes = { batch: n, height: h, width: w, channels: c, outHeight: h >> 1, outWidth: w >> 1 };
  return call(maxPool, { ...sizes, kernelHeight: 2, kernelWidth: 2, strideY: 2, strideX: 2, padY: 0, padX: 0 }, 'y');
}

function batchNormCalls({ rows, c, pass }: Extract<Workload, { type: 'batch-norm' }>): KernelCall[] {
  const shape = { rows, channels: c };
  const forward = [
    call(batchNormStatistics, shape, 'mean'),
    call(batchNorm, { ...shape, epsilon: BATCH_NORM_EPSILON, relu: 0 }, 'y'),
  ];
  if (pass === 'forward') return forward;
  const gradient = call(batchNormGradient, { ...shape, epsilon: BATCH_NORM_EPSILON, training: 1, relu: 0 }, 'gx');
  return [...forward, { ...gradient, names: { gy: 'dy' } }];
}

function adamCall(count: number): KernelCall {
  const { learningRate, beta1, beta2, epsilon, t } = ADAM;
  const hyper = adamHyper({ lr: learningRate, betas: [beta1, beta2], eps: epsilon }, t);
  return { ...call(adam, { count }, 'theta'), names: { p: 'theta' }, data: { hyper } };
}
