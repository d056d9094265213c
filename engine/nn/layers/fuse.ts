/** What a list of layers computes in one kernel. */
import { hasGradientOverride } from '../../autodiff.ts';
import type { Tensor } from '../../tensor.ts';
import type { Module } from '../module.ts';
import { type Activation, Elementwise } from './activation.ts';
import { Conv2d } from './convolution.ts';
import { Linear } from './linear.ts';
import { BatchNorm } from './normalisation.ts';

/** The activation behind a layer, where kernels can apply it and nobody has replaced its gradient. */
function activationOf(next: Module | undefined): Activation | undefined {
  const activation = next instanceof Elementwise ? next.fusable : undefined;
  return activation && !hasGradientOverride(activation.activation) ? activation : undefined;
}

/**
 * The kernel that computes a layer together with the next one, or undefined where there is none: a linear layer or a convolution with a
 * (leaky) ReLU, and a batch normalisation with a ReLU.
 */
export function fuse(layer: Module, next: Module | undefined): ((x: Tensor) => Tensor) | undefined {
  const activation = activationOf(next);
  if (!activation) return undefined;
  if (layer instanceof Conv2d || layer instanceof Linear) return (x) => layer.apply(x, activation);
  if (activation.activation !== 'relu' || !(layer instanceof BatchNorm)) return undefined;
  return (x) => layer.apply(x, { activation: 'relu' });
}
