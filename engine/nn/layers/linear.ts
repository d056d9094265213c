import { linear } from '../../ops/index.ts';
import { type Shape, sizeOf, type Tensor } from '../../tensor.ts';
import { type FeatureOrder, linearBorder, vectorBorder } from '../border.ts';
import type { LinearDefinition } from '../definition.ts';
import { arriving, LayerError, Module, ParameterSlot } from '../module.ts';
import type { Activation } from './activation.ts';

/** y = x·W + b on [N, in]; W is [in, out] inside and [out, in] in files. */
export class Linear extends Module {
  readonly type = 'linear';
  readonly weight: ParameterSlot;
  readonly bias: ParameterSlot | undefined;
  #inputOrder: FeatureOrder | null = null;
  #outputOrder: FeatureOrder | null = null;

  constructor(definition: LinearDefinition, inputShape: Shape) {
    const { out: outputs } = definition;
    if (inputShape.length !== 1) {
      const assume = [definition.in ?? sizeOf(inputShape)];
      throw new LayerError(`needs a vector, but its input is [${inputShape.join(', ')}]; put a flatten before it`, assume);
    }
    const inputs = arriving(inputShape, 'in', definition.in);
    super(inputShape, [outputs]);
    const fans = { fanIn: inputs, fanOut: outputs };
    this.weight = new ParameterSlot({
      name: 'weight',
      role: 'weight',
      shape: [inputs, outputs],
      border: () => linearBorder(inputs, outputs, this.#inputOrder, this.#outputOrder),
      ...fans,
    });
    this.ownParameters.push(this.weight);
    if (definition.bias ?? true) {
      const border = () => vectorBorder(outputs, this.#outputOrder);
      this.bias = new ParameterSlot({ name: 'bias', role: 'bias', shape: [outputs], border, ...fans });
      this.ownParameters.push(this.bias);
    }
  }

  protected override compute(x: Tensor): Tensor {
    return this.apply(x);
  }

  /** The layer, with an activation behind it in the same kernel. */
  apply(x: Tensor, activation?: Activation): Tensor {
    return linear(x, this.weight.tensor, this.bias?.tensor ?? null, activation ?? {});
  }

  override featureOrder(input: FeatureOrder | null): FeatureOrder | null {
    this.#inputOrder = input;
    return this.#outputOrder;
  }

  override demandFeatureOrder(order: FeatureOrder | null): boolean {
    this.#outputOrder = order;
    return true;
  }
}
