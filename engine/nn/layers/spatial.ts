import { avgPool2d, flatten, globalAvgPool2d, maxPool2d, upsample2d } from '../../ops/index.ts';
import { type Shape, sizeOf, type Tensor } from '../../tensor.ts';
import { type FeatureOrder, featureOrder } from '../border.ts';
import { type PoolDefinition, pair, type Upsample2dDefinition } from '../definition.ts';
import { LayerError, Module } from '../module.ts';

function mapOf(inputShape: Shape): readonly [number, number, number] {
  if (inputShape.length !== 3) throw new LayerError(`needs a map [H, W, C], but its input is [${inputShape.join(', ')}]`);
  return inputShape as readonly [number, number, number];
}

/** Maximum or mean over windows; a window that does not fit is dropped. */
export class Pool extends Module {
  readonly type: 'maxpool2d' | 'avgpool2d';
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly padding: readonly [number, number];

  constructor(definition: PoolDefinition, inputShape: Shape) {
    const [height, width, channels] = mapOf(inputShape);
    const kernel = pair(definition.kernel);
    const stride = pair(definition.stride ?? definition.kernel);
    const padding = pair(definition.padding ?? 0);
    if (2 * padding[0] > kernel[0] || 2 * padding[1] > kernel[1])
      throw new LayerError('padding must be at most half of the kernel');
    const side = (size: number, axis: 0 | 1) => Math.floor((size + 2 * padding[axis] - kernel[axis]) / stride[axis]) + 1;
    const shape = [side(height, 0), side(width, 1), channels];
    if ((shape[0] as number) < 1 || (shape[1] as number) < 1) {
      throw new LayerError(`its kernel of ${kernel.join('×')} does not fit into its input of ${height}×${width}`);
    }
    super(inputShape, shape);
    this.type = definition.type;
    this.kernel = kernel;
    this.stride = stride;
    this.padding = padding;
  }

  protected override compute(x: Tensor): Tensor {
    const { kernel, stride, padding } = this;
    return (this.type === 'maxpool2d' ? maxPool2d : avgPool2d)(x, { kernel, stride, padding });
  }
}

/** The mean of each channel, as a map of 1×1. */
export class GlobalAvgPool extends Module {
  readonly type = 'globalavgpool2d';

  constructor(inputShape: Shape) {
    const [, , channels] = mapOf(inputShape);
    super(inputShape, [1, 1, channels]);
  }

  protected override compute(x: Tensor): Tensor {
    return globalAvgPool2d(x);
  }
}

/** Enlarges a map by a whole factor. */
export class Upsample extends Module {
  readonly type = 'upsample2d';
  readonly scale: number;
  readonly mode: 'nearest' | 'bilinear';
  readonly alignCorners: boolean;

  constructor(definition: Upsample2dDefinition, inputShape: Shape) {
    const [height, width, channels] = mapOf(inputShape);
    super(inputShape, [height * definition.scale, width * definition.scale, channels]);
    this.scale = definition.scale;
    this.mode = definition.mode ?? 'nearest';
    this.alignCorners = definition.alignCorners ?? false;
  }

  protected override compute(x: Tensor): Tensor {
    const { scale, mode, alignCorners } = this;
    return upsample2d(x, { scale, mode, alignCorners });
  }
}

/** [H, W, C] → [H·W·C]; what follows knows the order for the border. */
export class Flatten extends Module {
  readonly type = 'flatten';

  constructor(inputShape: Shape) {
    super(inputShape, [sizeOf(inputShape)]);
  }

  protected override compute(x: Tensor): Tensor {
    return x.rank === 2 ? x : flatten(x);
  }

  override featureOrder(input: FeatureOrder | null): FeatureOrder | null {
    return this.inputShape.length === 1 ? input : featureOrder(this.inputShape);
  }
}
