/** Opens a device and makes it the default one. */
import { ArgumentError, ConfigError, kindOf, NoWebGPUError } from '../errors.ts';
import { setDevice } from '../tensor.ts';
import { ReferenceDevice } from './cpu/reference-device.ts';
import { RecordingDevice } from './recording-device.ts';
import { type TuningOptions, tuneDevice, tunes } from './tuning/tune.ts';
import { openAdapter } from './webgpu/adapter.ts';
import { WebGpuDevice } from './webgpu/webgpu-device.ts';

export type DeviceChoice = 'auto' | 'webgpu' | 'cpu';

/**
 * Opens a device without making it the default one. 'auto' takes the reference where there is no adapter, and only there.
 * @throws NoWebGPUError for 'webgpu' where there is none; DeviceLostError where an adapter gives no device
 */
export async function openDevice(choice: DeviceChoice = 'auto'): Promise<RecordingDevice> {
  if (choice === 'cpu') return new RecordingDevice(new ReferenceDevice());
  if (choice !== 'auto' && choice !== 'webgpu') {
    throw new ConfigError('device', `'${choice}' is not a device; use 'auto', 'webgpu' or 'cpu'.`);
  }
  try {
    return new RecordingDevice(new WebGpuDevice(await openAdapter()));
  } catch (error) {
    // Whatever else goes wrong must be seen.
    if (choice === 'webgpu' || !(error instanceof NoWebGPUError)) throw error;
    return new RecordingDevice(new ReferenceDevice());
  }
}

/**
 * Opens a device and makes it the one on which new tensors are made.
 * @param options.device 'auto' takes WebGPU where it is and the TypeScript reference otherwise
 * @param options.tuning how trainers on it choose variants of kernels; choices in its store are taken over at once. Default: not measured
 */
export async function init(options: { device?: DeviceChoice; tuning?: TuningOptions } = {}): Promise<RecordingDevice> {
  if (typeof options !== 'object' || options === null) {
    throw new ArgumentError('init', `its options must be an object such as { device: 'cpu' }, not ${kindOf(options)}`);
  }
  const device = await openDevice(options.device ?? 'auto');
  const { tuning } = options;
  device.tuning = tuning;
  const mode = tuning?.mode ?? 'measure';
  if (tuning?.store && mode !== 'force' && tunes(device, mode)) await tuneDevice(device, [], { ...tuning, mode: 'stored' });
  setDevice(device);
  return device;
}
