import { elu, gelu, leakyRelu, logSoftmax, relu, sigmoid, silu, softmax, softplus, tanh } from '../../ops/index.ts';
import type { Shape, Tensor } from '../../tensor.ts';
import type { LayerDefinition } from '../definition.ts';
import { Module } from '../module.ts';

/** An activation that convolution and linear kernels can apply themselves; `activation` is also the operation's name. */
export interface Activation {
  readonly activation: 'relu' | 'leakyRelu';
  readonly negativeSlope?: number;
}

/** A function of each element, or softmax over the last axis. */
export class Elementwise extends Module {
  readonly type: string;
  /** Set where the layer before this one can compute it. */
  readonly fusable: Activation | undefined;
  readonly #apply: (x: Tensor) => Tensor;

  constructor(type: string, inputShape: Shape, apply: (x: Tensor) => Tensor, fusable?: Activation) {
    super(inputShape, inputShape);
    this.type = type;
    this.fusable = fusable;
    this.#apply = apply;
  }

  protected override compute(x: Tensor): Tensor {
    return this.#apply(x);
  }
}

/** max(x, 0). */
export class Relu extends Elementwise {
  constructor(inputShape: Shape) {
    super('relu', inputShape, relu, { activation: 'relu' });
  }
}

/** The activation layer of a definition, or undefined for other types. */
export function activationLayer(definition: LayerDefinition, inputShape: Shape): Module | undefined {
  const make = (apply: (x: Tensor) => Tensor) => new Elementwise(definition.type, inputShape, apply);
  switch (definition.type) {
    case 'relu':
      return new Relu(inputShape);
    case 'leakyrelu': {
      const slope = definition.slope ?? 0.01;
      // With a slope of 0 or below, y no longer tells the sign of x, which the fused gradient needs.
      const fusable = slope > 0 ? ({ activation: 'leakyRelu', negativeSlope: slope } as const) : undefined;
      return new Elementwise('leakyrelu', inputShape, (x) => leakyRelu(x, slope), fusable);
    }
    case 'elu': {
      const alpha = definition.alpha ?? 1;
      return make((x) => elu(x, alpha));
    }
    case 'gelu': {
      const approximate = definition.approximate ?? 'none';
      return make((x) => gelu(x, { approximate }));
    }
    case 'tanh':
      return make(tanh);
    case 'sigmoid':
      return make(sigmoid);
    case 'silu':
      return make(silu);
    case 'softplus':
      return make(softplus);
    case 'softmax':
      return make((x) => softmax(x, { axis: -1 }));
    case 'logsoftmax':
      return make((x) => logSoftmax(x, { axis: -1 }));
    case 'identity':
      return make((x) => x);
    default:
      return undefined;
  }
}
