/** What a list of layers computes in one kernel: the table of it, and what flows from layer to layer. */
import { hasGradientOverride } from '../../autodiff.ts';
import type { BatchStatistics } from '../../ops/index.ts';
import type { Tensor } from '../../tensor.ts';
import type { ForwardPass, Module } from '../module.ts';
import { type Activation, Elementwise } from './activation.ts';
import { Conv2d, type JoinedMaps } from './convolution.ts';
import { Linear } from './linear.ts';
import { BatchNorm } from './normalisation.ts';

/** What a layer is given, and what it puts out. */
export interface Flow {
  /** Maps that are not concatenated yet: only a convolution takes them. */
  readonly x: Tensor | JoinedMaps;
  /** Of x, where the layer before has summed them up for a batch normalisation. */
  readonly statistics?: BatchStatistics;
}

/** One kernel, or one layer. */
export interface Step {
  /** Layers that it stands for: this one, or this one and the next. */
  readonly layers: 1 | 2;
  run(flow: Flow): Flow;
}

const tensorOf = ({ x }: Flow): Tensor => {
  if ('maps' in x) throw new Error('only a convolution can take maps that are not concatenated');
  return x;
};

/** The activation behind a layer, where kernels can apply it and nobody has replaced its gradient. */
function activationOf(next: Module | undefined): Activation | undefined {
  const activation = next instanceof Elementwise ? next.fusable : undefined;
  return activation && !hasGradientOverride(activation.activation) ? activation : undefined;
}

/**
 * The kernel that computes a layer together with what the next one needs, or undefined where there is none:
 *
 * | layer                | next                     | in one kernel                          |
 * | -------------------- | ------------------------ | -------------------------------------- |
 * | linear, convolution  | (leaky) ReLU             | both                                   |
 * | batch normalisation  | ReLU                     | both                                   |
 * | convolution          | batch norm that trains   | the layer, and the next one's statistics |
 *
 * @param wanted the layer's own output is wanted, so the next layer cannot run in its kernel
 */
export function fuse(layer: Module, next: Module | undefined, wanted: boolean): Step | undefined {
  const activation = wanted ? undefined : activationOf(next);
  if (activation && (layer instanceof Linear || layer instanceof Conv2d)) {
    const run = (flow: Flow) =>
      layer instanceof Conv2d ? layer.apply(flow.x, activation) : layer.apply(tensorOf(flow), activation);
    return { layers: 2, run: (flow) => ({ x: run(flow) }) };
  }
  if (activation?.activation === 'relu' && layer instanceof BatchNorm) {
    return { layers: 2, run: (flow) => ({ x: layer.apply(tensorOf(flow), { activation: 'relu', ...statisticsOf(flow) }) }) };
  }
  if (layer instanceof Conv2d && next instanceof BatchNorm && next.training) {
    return { layers: 1, run: (flow) => ('maps' in flow.x ? { x: layer.apply(flow.x) } : layer.applyWithStatistics(flow.x)) };
  }
  return undefined;
}

const statisticsOf = ({ statistics }: Flow) => (statistics ? { statistics } : {});

/** A layer by itself. */
export function alone(layer: Module, pass: ForwardPass): Step {
  const run = (flow: Flow): Tensor => {
    if (layer instanceof Conv2d) return layer.apply(flow.x);
    if (layer instanceof BatchNorm) return layer.apply(tensorOf(flow), statisticsOf(flow));
    return layer.forward(tensorOf(flow), pass);
  };
  return { layers: 1, run: (flow) => ({ x: run(flow) }) };
}
