import { conv2d, convTranspose2d } from '../../ops/index.ts';
import type { Shape, Tensor } from '../../tensor.ts';
import { kernelBorder, sameBorder } from '../border.ts';
import { type Conv2dDefinition, type ConvTranspose2dDefinition, pair } from '../definition.ts';
import { arriving, LayerError, Module, ParameterSlot } from '../module.ts';
import type { Activation } from './activation.ts';

/** @throws LayerError unless the input is a map, with as many channels as are stated */
export function mapAxes(
  inputShape: Shape,
  stated: number | undefined,
): readonly [height: number, width: number, channels: number] {
  if (inputShape.length !== 3) {
    throw new LayerError(`needs a map [H, W, ${stated ?? 'C'}], but its input is [${inputShape.join(', ')}]`);
  }
  arriving(inputShape, 'in', stated);
  return inputShape as readonly [number, number, number];
}

function checkGroups(inputs: number, outputs: number, groups: number): void {
  if (inputs % groups !== 0 || outputs % groups !== 0) {
    throw new LayerError(`groups = ${groups} must divide in = ${inputs} and out = ${outputs}`);
  }
}

/** Two-dimensional cross-correlation; weights HWIO inside, OIHW in files. */
export class Conv2d extends Module {
  readonly type = 'conv2d';
  readonly weight: ParameterSlot;
  readonly bias: ParameterSlot | undefined;
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly groups: number;

  constructor(definition: Conv2dDefinition, inputShape: Shape) {
    const { out: outputs, groups = 1 } = definition;
    const [height, width, inputs] = mapAxes(inputShape, definition.in);
    checkGroups(inputs, outputs, groups);
    const kernel = pair(definition.kernel);
    const stride = pair(definition.stride ?? 1);
    const dilation = pair(definition.dilation ?? 1);
    const reach = [dilation[0] * (kernel[0] - 1), dilation[1] * (kernel[1] - 1)] as const;
    let padding: readonly [number, number];
    if (definition.padding === 'same') {
      if (stride[0] !== 1 || stride[1] !== 1) throw new LayerError("padding 'same' needs stride 1");
      if (reach[0] % 2 !== 0 || reach[1] % 2 !== 0)
        throw new LayerError("padding 'same' needs an odd kernel (or an even dilation)");
      padding = [reach[0] / 2, reach[1] / 2];
    } else padding = pair(definition.padding ?? 0);
    const side = (size: number, axis: 0 | 1) => Math.floor((size + 2 * padding[axis] - reach[axis] - 1) / stride[axis]) + 1;
    const shape = [side(height, 0), side(width, 1), outputs];
    if ((shape[0] as number) < 1 || (shape[1] as number) < 1) {
      throw new LayerError(`its kernel of ${kernel.join('×')} does not fit into its input of ${height}×${width}`);
    }
    super(inputShape, shape);
    this.stride = stride;
    this.padding = padding;
    this.dilation = dilation;
    this.groups = groups;
    const inner = [kernel[0], kernel[1], inputs / groups, outputs] as const;
    const area = kernel[0] * kernel[1];
    const fans = { fanIn: (inputs / groups) * area, fanOut: outputs * area };
    this.weight = new ParameterSlot({ name: 'weight', role: 'weight', shape: inner, border: () => kernelBorder(inner), ...fans });
    this.ownParameters.push(this.weight);
    if (definition.bias ?? true) {
      const border = () => sameBorder([outputs]);
      this.bias = new ParameterSlot({ name: 'bias', role: 'bias', shape: [outputs], border, ...fans });
      this.ownParameters.push(this.bias);
    }
  }

  protected override compute(x: Tensor): Tensor {
    return this.apply(x);
  }

  /** The layer, with an activation behind it in the same kernel. */
  apply(x: Tensor, activation?: Activation): Tensor {
    const { stride, padding, dilation, groups } = this;
    return conv2d(x, this.weight.tensor, this.bias?.tensor ?? null, { stride, padding, dilation, groups, ...activation });
  }
}

/** The transpose of a convolution: the gradient of `conv2d` with respect to its input. Weights are HW(out)(in) inside, IOHW in files. */
export class ConvTranspose2d extends Module {
  readonly type = 'convtranspose2d';
  readonly weight: ParameterSlot;
  readonly bias: ParameterSlot | undefined;
  readonly #options: Parameters<typeof convTranspose2d>[3];

  constructor(definition: ConvTranspose2dDefinition, inputShape: Shape) {
    const { out: outputs, groups = 1 } = definition;
    const [height, width, inputs] = mapAxes(inputShape, definition.in);
    checkGroups(inputs, outputs, groups);
    const kernel = pair(definition.kernel);
    const stride = pair(definition.stride ?? 1);
    const padding = pair(definition.padding ?? 0);
    const outputPadding = pair(definition.outputPadding ?? 0);
    const dilation = pair(definition.dilation ?? 1);
    for (const axis of [0, 1] as const) {
      if (outputPadding[axis] >= Math.max(stride[axis], dilation[axis])) {
        throw new LayerError('outputPadding must be smaller than the stride or the dilation');
      }
    }
    const side = (size: number, axis: 0 | 1) =>
      (size - 1) * stride[axis] - 2 * padding[axis] + dilation[axis] * (kernel[axis] - 1) + outputPadding[axis] + 1;
    const shape = [side(height, 0), side(width, 1), outputs];
    if ((shape[0] as number) < 1 || (shape[1] as number) < 1) throw new LayerError('its padding leaves nothing of its output');
    super(inputShape, shape);
    this.#options = { stride, padding, outputPadding, dilation, groups };
    const inner = [kernel[0], kernel[1], outputs / groups, inputs] as const;
    const area = kernel[0] * kernel[1];
    // PyTorch takes the fan-in from the second axis of the weight, which here is the output's.
    const fans = { fanIn: (outputs / groups) * area, fanOut: inputs * area };
    this.weight = new ParameterSlot({ name: 'weight', role: 'weight', shape: inner, border: () => kernelBorder(inner), ...fans });
    this.ownParameters.push(this.weight);
    if (definition.bias ?? true) {
      const border = () => sameBorder([outputs]);
      this.bias = new ParameterSlot({ name: 'bias', role: 'bias', shape: [outputs], border, ...fans });
      this.ownParameters.push(this.bias);
    }
  }

  protected override compute(x: Tensor): Tensor {
    return convTranspose2d(x, this.weight.tensor, this.bias?.tensor ?? null, this.#options);
  }
}
