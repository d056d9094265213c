import { type BatchNormOptions, batchNorm, layerNorm } from '../../ops/index.ts';
import type { Shape, Tensor } from '../../tensor.ts';
import { type Border, type FeatureOrder, vectorBorder } from '../border.ts';
import type { BatchNormDefinition, LayerNormDefinition } from '../definition.ts';
import { arriving, BufferSlot, LayerError, Module, ParameterSlot } from '../module.ts';

/** A learned scale and shift over the last axis, which may hold flattened features. */
abstract class Affine extends Module {
  readonly scale: ParameterSlot;
  readonly shift: ParameterSlot;
  #order: FeatureOrder | null = null;

  constructor(inputShape: Shape, features: number) {
    super(inputShape, inputShape);
    const border = () => this.border();
    this.scale = new ParameterSlot({ name: 'weight', role: 'scale', shape: [features], border });
    this.shift = new ParameterSlot({ name: 'bias', role: 'shift', shape: [features], border });
    this.ownParameters.push(this.scale, this.shift);
  }

  protected border(): Border {
    return vectorBorder(this.inputShape.at(-1) as number, this.#order);
  }

  override featureOrder(input: FeatureOrder | null): FeatureOrder | null {
    this.#order = input;
    return input;
  }

  override demandFeatureOrder(order: FeatureOrder | null): boolean {
    this.#order = order;
    return false;
  }
}

/** Batch normalisation (Ioffe & Szegedy 2015) over all axes but the last; running statistics as in PyTorch. */
export class BatchNorm extends Affine {
  readonly type: 'batchnorm1d' | 'batchnorm2d';
  readonly runningMean: BufferSlot;
  readonly runningVariance: BufferSlot;
  readonly eps: number;
  readonly momentum: number;

  constructor(definition: BatchNormDefinition, inputShape: Shape) {
    const { type } = definition;
    const rank = type === 'batchnorm2d' ? 3 : 1;
    if (inputShape.length !== rank) {
      const wanted = rank === 3 ? `a map [H, W, ${definition.features ?? 'C'}]` : `a vector [${definition.features ?? 'F'}]`;
      throw new LayerError(`needs ${wanted}, but its input is [${inputShape.join(', ')}]`);
    }
    const features = arriving(inputShape, 'features', definition.features);
    super(inputShape, features);
    this.type = type;
    this.eps = definition.eps ?? 1e-5;
    this.momentum = definition.momentum ?? 0.1;
    const border = () => this.border();
    this.runningMean = new BufferSlot('running_mean', [features], 0, border);
    this.runningVariance = new BufferSlot('running_var', [features], 1, border);
    this.ownBuffers.push(this.runningMean, this.runningVariance);
  }

  protected override compute(x: Tensor): Tensor {
    return this.apply(x);
  }

  /** The layer; with a ReLU behind it in the same kernel. */
  apply(x: Tensor, options?: Pick<BatchNormOptions, 'activation'>): Tensor {
    return batchNorm(x, this.scale.tensor, this.shift.tensor, {
      training: this.training,
      eps: this.eps,
      momentum: this.momentum,
      runningMean: this.runningMean.tensor,
      runningVariance: this.runningVariance.tensor,
      ...options,
    });
  }
}

/** Layer normalisation over the last axis (Ba et al. 2016). */
export class LayerNorm extends Affine {
  readonly type = 'layernorm';
  readonly eps: number;

  constructor(definition: LayerNormDefinition, inputShape: Shape) {
    super(inputShape, arriving(inputShape, 'features', definition.features));
    this.eps = definition.eps ?? 1e-5;
  }

  protected override compute(x: Tensor): Tensor {
    return layerNorm(x, this.scale.tensor, this.shift.tensor, { eps: this.eps });
  }
}
