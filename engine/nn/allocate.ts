/** Memory for the parameters and buffers of a network: weights first, then biases and affine parameters, all in one arena. */
import { TensorArena } from '../arena.ts';
import type { Device } from '../device/device.ts';
import type { Tensor } from '../tensor.ts';
import { BufferSlot, type Module, type ParameterSlot } from './module.ts';

/** Gives the parameters and buffers below `root` memory on `device`. */
export function allocateModule(root: Module, device?: Device): { parameters: TensorArena; buffers: TensorArena } {
  const named = [...root.parameterSlots()];
  const inOrder = [...named.filter(([, slot]) => slot.role === 'weight'), ...named.filter(([, slot]) => slot.role !== 'weight')];
  const assign = (slots: readonly (readonly [string, ParameterSlot | BufferSlot, Module])[], madeBy: string): TensorArena => {
    const memory = new TensorArena(
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
