/** Numbers as tensors of one element, made once per device. */
import type { Device } from '../device/device.ts';
import { RecordingDevice } from '../device/recording-device.ts';
import { keep, Storage } from '../memory.ts';
import { Tensor } from '../tensor.ts';

const made = new WeakMap<Device, Map<number, Tensor>>();

/** A scalar that lives as long as its device; also inside a recorded step, which must not own it. */
export function constant(value: number, device: Device): Tensor {
  const own = made.get(device) ?? new Map<number, Tensor>();
  made.set(device, own);
  let scalar = own.get(value);
  if (!scalar) {
    const backend = device instanceof RecordingDevice ? device.backend : device;
    scalar = keep(new Tensor(new Storage(device, backend.allocate(4, 'constant')), [], 'f32', { madeBy: 'constant' }));
    scalar.write([value]);
    own.set(value, scalar);
  }
  return scalar;
}
