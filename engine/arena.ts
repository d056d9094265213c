/**
 * Tensors side by side in one buffer, so that one kernel can walk through all of them: parameters, and gradients and moments in
 * arenas of the same layout. One optimiser dispatch then updates a whole network.
 */

import type { Device } from './device/device.ts';
import { alignedLength } from './device/device.ts';
import { keep } from './memory.ts';
import { arena, getDevice, sizeOf, type Tensor } from './tensor.ts';

/** Where a tensor lies in an arena. */
export interface ArenaRange {
  readonly arena: TensorArena;
  /** First element within the flat buffer. */
  readonly offset: number;
  /** Elements including the padding behind it. */
  readonly length: number;
}

const ranges = new WeakMap<Tensor, ArenaRange>();

/** Where a tensor lies, or undefined when it has memory of its own. */
export function arenaRange(tensor: Tensor): ArenaRange | undefined {
  return ranges.get(tensor);
}

export class TensorArena {
  /** Everything, padding included. */
  readonly flat: Tensor;
  /** One for each shape, zero at first. */
  readonly tensors: readonly Tensor[];

  constructor(shapes: readonly (readonly number[])[], madeBy: string, device: Device = getDevice()) {
    const { flat, ranges: tensors } = arena(shapes, madeBy, device);
    this.flat = keep(flat);
    this.tensors = tensors.map((tensor) => keep(tensor));
    let offset = 0;
    for (const tensor of this.tensors) {
      const length = alignedLength(sizeOf(tensor.shape) * 4) / 4;
      ranges.set(tensor, { arena: this, offset, length });
      offset += length;
    }
  }

  /** Elements, padding included. */
  get length(): number {
    return this.flat.size;
  }

  dispose(): void {
    for (const tensor of this.tensors) tensor.dispose();
    this.flat.dispose();
  }
}
