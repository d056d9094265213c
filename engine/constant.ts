/** Values that never change, kept on the device while they are in use: numbers as tensors of one element, and tables. */
import type { Device } from './device/device.ts';
import { RecordingDevice } from './device/recording-device.ts';
import { keep, Storage, trackDisposed } from './memory.ts';
import { type DType, type Shape, sizeOf, Tensor } from './tensor.ts';

/** Constants that a device keeps for the next use. A step needs a few dozen. */
const KEPT = 256;

/** Of each device, the one used last at the end. */
const made = new WeakMap<Device, Map<string | number, Tensor>>();

/** Memory outside of any scope and of any recording, also when it is made inside one. Its content is arbitrary until it is written. */
export function lastingTensor(shape: Shape, madeBy: string, device: Device, dtype: DType = 'f32'): Tensor {
  const backend = device instanceof RecordingDevice ? device.backend : device;
  const buffer = backend.allocate(4 * sizeOf(shape), madeBy);
  return keep(new Tensor(new Storage(device, buffer), shape, dtype, { madeBy }));
}

/**
 * A tensor that is made once and lives as long as anybody uses it; also inside a recorded step, which must not own it.
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
  if (table) own.delete(key);
  else {
    table = lastingTensor(shape, 'constant', device, dtype);
    table.write(values());
  }
  own.set(key, table);
  if (own.size > KEPT) forgetOldest(own);
  return table;
}

/** Not disposed: a tape may hold it still. Its memory goes back when nobody does, with the tensor's collection. */
function forgetOldest(own: Map<string | number, Tensor>): void {
  for (const [key, table] of own) {
    own.delete(key);
    trackDisposed(table);
    return;
  }
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
