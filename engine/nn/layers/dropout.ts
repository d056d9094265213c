import { dropout, dropout2d } from '../../ops/index.ts';
import type { DeviceGenerator } from '../../ops/random.ts';
import type { Shape, Tensor } from '../../tensor.ts';
import type { DropoutDefinition } from '../definition.ts';
import { LayerError, Module } from '../module.ts';

/** Drops elements (`dropout`) or whole channels (`dropout2d`) with probability p in training and scales the rest by 1/(1−p). */
export class Dropout extends Module {
  readonly type: 'dropout' | 'dropout2d';
  readonly p: number;
  /** Set by the network: the random numbers of its dropout layers. */
  rng: DeviceGenerator | undefined;

  constructor(definition: DropoutDefinition, inputShape: Shape) {
    if (definition.type === 'dropout2d' && inputShape.length !== 3) {
      throw new LayerError(`needs a map [H, W, C], but its input is [${inputShape.join(', ')}]`);
    }
    super(inputShape, inputShape);
    this.type = definition.type;
    this.p = definition.p ?? 0.5;
  }

  protected override compute(x: Tensor): Tensor {
    if (!this.training || this.p === 0) return x;
    if (!this.rng) throw new Error(`dropout at '${this.path}' has no random numbers: build its network with buildNetwork()`);
    return (this.type === 'dropout' ? dropout : dropout2d)(x, { p: this.p, rng: this.rng });
  }
}
