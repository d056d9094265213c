/** Values that never change, made once per device: numbers as tensors of one element, and tables. */
import type { Device } from './device/device.ts';
import { RecordingDevice } from './device/recording-device.ts';
import { keep, Storage } from './memory.ts';
import { type DType, type Shape, sizeOf, Tensor } from './tensor.ts';

const made = new WeakMap<Device, Map<string | number, Tensor>>();

/** Memory outside of any scope and of any recording, also when it is made inside one. Its content is arbitrary until it is written. */
export function lastingTensor(shape: Shape, madeBy: string, device: Device, dtype: DType = 'f32'): Tensor {
  const backend = device instanceof RecordingDevice ? device.backend : device;
  const buffer = backend.allocate(4 * sizeOf(shape), madeBy);
  return keep(new Tensor(new Storage(device, buffer), shape, dtype, { madeBy }));
}

/**
 * A tensor that lives as long as its device; also inside a recorded step, which must not own it.
 * @param key names the values: the same key must always stand for the same values
 */
export function constantTable(
  key: string | number,
  device: Device,
  shape: Shape,
  values: () => ArrayLike<number>,
  dtype: DType = 'f32',
): Tensor {
  const own = made.get(device) ?? new Map<string | number, Tensor>();
  made.set(device, own);
  let table = own.get(key);
  if (!table) {
    table = lastingTensor(shape, 'constant', device, dtype);
    table.write(values());
    own.set(key, table);
  }
  return table;
}

/** A number as a tensor. */
export function constant(value: number, device: Device, dtype: DType = 'f32'): Tensor {
  // A map takes 0 and −0 for one key.
  const key = dtype === 'f32' && !Object.is(value, -0) ? value : `${dtype} ${Object.is(value, -0) ? '-0' : value}`;
  return constantTable(key, device, [], () => [value], dtype);
}

/** Whether a tensor is that number: the one constant of its device, by any of its aliases. */
export function isConstant(tensor: Tensor, value: number): boolean {
  return tensor.buffer('isConstant') === constant(value, tensor.device).buffer('isConstant');
}
