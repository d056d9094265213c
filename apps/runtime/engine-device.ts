/** The engine's device for a run: opened once per thread, opened anew after it was lost or when another kind is wanted. */
import { init } from '../../engine/device/init.ts';
// The tape adds gradients with it; a build drops what nobody asks for.
import '../../engine/ops/binary.ts';
import type { RanKernel, RecordingDevice } from '../../engine/device/recording-device.ts';
import type { TuningStore } from '../../engine/device/tuning/store.ts';
import type { DeviceWishes } from './device-wishes.ts';
import type { DeviceInfo, DevicePreference, TuneMode } from './experiment.ts';

interface Opened {
  readonly device: RecordingDevice;
  readonly preference: DevicePreference;
  readonly tune: TuneMode;
  readonly large: boolean;
}

let current: Opened | undefined;
let attended = true;

/** Tells whether the run may be measured: not while it is paused, as it is in a hidden tab. */
export function attendEngine(attending: boolean): void {
  attended = attending;
}

/** Destroys the device, as a driver reset would. */
export function loseEngine(): void {
  current?.device.destroy();
}

/** The kernels of the run so far; see RecordingDevice.ranKernels. */
export function engineKernels(): readonly RanKernel[] {
  return current?.device.ranKernels() ?? [];
}

/**
 * @param tune whether trainers measure variants of kernels before their first recorded step
 * @param large the run deserves the fastest adapter; else the one that saves power will do
 * @param store where measured choices are kept
 * @param wishes what the machine asks of a device
 * @throws NoWebGPUError for `webgpu` where there is none
 */
export async function openEngine(
  preference: DevicePreference,
  tune: TuneMode = 'off',
  large = true,
  store?: TuningStore,
  wishes: DeviceWishes = {},
): Promise<DeviceInfo> {
  // One that is open and faster than need be serves; and only GPUs come faster and slower.
  const weak = large && current?.large === false && current.device.info.kind === 'webgpu';
  if (!current || current.device.isLost || current.preference !== preference || current.tune !== tune || weak) {
    const tuning = tune === 'off' ? undefined : { mode: tune, store, mayMeasure: () => attended };
    const device = await init({
      device: preference,
      ...(tuning && { tuning }),
      ...wishes,
      powerPreference: large ? 'high-performance' : 'low-power',
    });
    current = { device, preference, tune, large };
  }
  current.device.forgetKernels();
  const { kind, name, software, passedOver } = current.device.info;
  return { kind, name, software, ...(passedOver && { passedOver }) };
}
