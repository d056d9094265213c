/** The engine's device for a run: opened once per thread, opened anew after it was lost or when another kind is wanted. */
import type { Device } from '../../engine/device/device.ts';
import { init } from '../../engine/device/init.ts';
import type { TuningStore } from '../../engine/device/tuning/store.ts';
import type { DeviceInfo, DevicePreference, TuneMode } from './experiment.ts';

let current: { readonly device: Device; readonly preference: DevicePreference; readonly tune: TuneMode } | undefined;
let attended = true;

/** Tells whether the run may be measured: not while it is paused, as it is in a hidden tab. */
export function attendEngine(attending: boolean): void {
  attended = attending;
}

/** Destroys the device, as a driver reset would. */
export function loseEngine(): void {
  current?.device.destroy();
}

/**
 * @param tune whether trainers measure variants of kernels before their first recorded step
 * @param store where measured choices are kept
 * @throws NoWebGPUError for `webgpu` where there is none
 */
export async function openEngine(preference: DevicePreference, tune: TuneMode = 'off', store?: TuningStore): Promise<DeviceInfo> {
  if (!current || current.device.isLost || current.preference !== preference || current.tune !== tune) {
    const tuning = { mode: tune, store, mayMeasure: () => attended };
    current = { device: await init(tune === 'off' ? { device: preference } : { device: preference, tuning }), preference, tune };
  }
  const { kind, name, software, passedOver } = current.device.info;
  return { kind, name, software, ...(passedOver && { passedOver }) };
}
