/**
 * Parameters side by side in one buffer, weights first and then biases and affine parameters, so that one optimiser dispatch
 * updates all of them (or two, where only weights decay). Gradients and moments lie in arenas of the same layout.
 */
import { alignedLength } from '../device/device.ts';
import type { RecordingDevice } from '../device/recording-device.ts';
import { keep } from '../memory.ts';
import { arena, getDevice, sizeOf, type Tensor } from '../tensor.ts';
import { BufferSlot, type Module, type ParameterSlot } from './module.ts';

/** Where a parameter lies. */
export interface ArenaRange {
  readonly arena: ParameterArena;
  /** First element within the flat buffer. */
  readonly offset: number;
  /** Elements including the padding behind it (which stays zero). */
  readonly length: number;
}

const ranges = new WeakMap<Tensor, ArenaRange>();

/** Where `parameter` lies, or undefined when it has memory of its own. */
export function arenaRange(parameter: Tensor): ArenaRange | undefined {
  return ranges.get(parameter);
}

export class ParameterArena {
  readonly flat: Tensor;
  readonly tensors: readonly Tensor[];

  constructor(shapes: readonly (readonly number[])[], madeBy: string, device?: RecordingDevice) {
    const { flat, ranges: tensors } = arena(shapes, madeBy, device ?? getDevice());
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

/** Gives the parameters and buffers below `root` memory on `device`. */
export function allocateModule(root: Module, device?: RecordingDevice): { parameters: ParameterArena; buffers: ParameterArena } {
  const named = [...root.parameterSlots()];
  const inOrder = [...named.filter(([, slot]) => slot.role === 'weight'), ...named.filter(([, slot]) => slot.role !== 'weight')];
  const assign = (slots: readonly (readonly [string, ParameterSlot | BufferSlot, Module])[], madeBy: string): ParameterArena => {
    const memory = new ParameterArena(
      slots.map(([, slot]) => slot.shape),
      madeBy,
      device,
    );
    slots.forEach(([name, slot], index) => {
      const tensor = memory.tensors[index] as Tensor;
      tensor.name = name;
      tensor.requiresGrad = !(slot instanceof BufferSlot);
      slot.tensor = tensor;
    });
    return memory;
  };
  return { parameters: assign(inOrder, 'parameters'), buffers: assign([...root.bufferSlots()], 'buffers') };
}
