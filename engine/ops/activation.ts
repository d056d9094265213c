/** The activation that a convolution or linear layer computes in its tail. */
import { isRecording } from '../autodiff.ts';
import { ConfigError } from '../errors.ts';
import { ACTIVATION, type Epilogue } from '../kernels/epilogue.ts';
import { unaryGradientKernels } from '../kernels/unary.ts';
import type { Tensor } from '../tensor.ts';
import { checkChoice } from './arguments.ts';
import { greater, mul, where } from './binary.ts';
import { compute } from './run.ts';
import { affine } from './unary.ts';

export interface Activation {
  readonly activation?: 'none' | 'relu' | 'leakyRelu';
  /** Factor of negative values in leakyRelu, at least 0; default 0.01. */
  readonly negativeSlope?: number;
}

export function epilogueOf({ activation = 'none', negativeSlope = 0.01 }: Activation, hasBias: boolean): Epilogue {
  checkChoice('activation', 'it', activation, Object.keys(ACTIVATION));
  // The gradient reads the sign of the input from the output. Not `< 0`, which lets NaN pass.
  if (activation === 'leakyRelu' && !(negativeSlope >= 0))
    throw new ConfigError(
      'negativeSlope',
      `must be a number of at least 0, got ${negativeSlope}. Call leakyRelu() on the result instead.`,
    );
  return { hasBias: hasBias ? 1 : 0, activation: ACTIVATION[activation], slope: activation === 'leakyRelu' ? negativeSlope : 0 };
}

/** ∂L/∂(pre-activation) from ∂L/∂y and y: both activations keep the sign, so y tells where the input was positive. */
export function activationGradient(gy: Tensor, y: Tensor, { activation, slope }: Epilogue): Tensor {
  if (activation === ACTIVATION.none) return gy;
  if (isRecording()) {
    const open = greater(y.detach(), 0);
    return activation === ACTIVATION.relu ? where(open, gy, 0) : mul(gy, affine(open, 1 - slope, slope));
  }
  const kernel = unaryGradientKernels[activation === ACTIVATION.relu ? 'relu' : 'leakyRelu'];
  if (!kernel) throw new Error('activation without a gradient');
  return compute(kernel, { gy, saved: y }, gy.shape, { count: gy.size, alpha: slope, beta: 0 });
}
