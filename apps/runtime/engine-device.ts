/** The engine's device for a run: opened once per thread, opened anew after it was lost or when another kind is wanted. */
import type { Device } from '../../engine/device/device.ts';
import { init } from '../../engine/device/init.ts';
import type { DeviceInfo, DevicePreference } from './experiment.ts';

let current: { readonly device: Device; readonly preference: DevicePreference } | undefined;

/** Destroys the device, as a driver reset would. */
export function loseEngine(): void {
  current?.device.destroy();
}

/** @throws NoWebGPUError for `webgpu` where there is none */
export async function openEngine(preference: DevicePreference): Promise<DeviceInfo> {
  if (!current || current.device.isLost || current.preference !== preference) {
    current = { device: await init({ device: preference }), preference };
  }
  const { kind, name, software } = current.device.info;
  return { kind, name, software };
}
