/** The devices that this machine has: the reference and WebAssembly always, WebGPU where there is an adapter. */
import { openDevice } from '../../../engine/device/init.ts';
import type { RecordingDevice } from '../../../engine/device/recording-device.ts';
import { NoWebGPUError } from '../../../engine/errors.ts';

export async function availableDevices(): Promise<readonly (readonly [name: string, device: RecordingDevice])[]> {
  const always = [
    ['cpu', await openDevice('cpu')],
    ['wasm', await openDevice('wasm')],
  ] as const;
  try {
    return [...always, ['webgpu', await openDevice('webgpu')]];
  } catch (error) {
    // Without an adapter the reference device is still tested; CI installs a software adapter and asks for it by name.
    if (!(error instanceof NoWebGPUError) || process.env.CI) throw error;
    return always;
  }
}

/**
 * The devices that compute on the processor: for tests of methods that train or compile much. What runs below them is tested on WebGPU
 * too (conformance, core, train), and a software adapter needs many times their time.
 */
export async function processorDevices(): Promise<readonly (readonly [name: string, device: RecordingDevice])[]> {
  return [
    ['cpu', await openDevice('cpu')],
    ['wasm', await openDevice('wasm')],
  ];
}
