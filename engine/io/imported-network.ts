import type { StateTensor } from '../nn/border.ts';
import type { NetworkDefinition } from '../nn/definition.ts';

/** A network that somebody else trained: layers, values under PyTorch's names ('0.weight', '1.running_mean' …), input [height, width, channels]. */
export interface ImportedNetwork {
  readonly network: NetworkDefinition;
  readonly state: ReadonlyMap<string, StateTensor>;
  readonly inputShape: readonly [number, number, number];
}
