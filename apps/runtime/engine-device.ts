/** The engine's device for a run: opened once per thread and kind, opened anew after it was lost or where a faster one is wanted. */
import { openDevice } from '../../engine/device/init.ts';
// The tape adds gradients with it; a build drops what nobody asks for.
import '../../engine/ops/binary.ts';
import type { RecordingDevice } from '../../engine/device/recording-device.ts';
import type { TuningStore } from '../../engine/device/tuning/store.ts';
import { onDevice } from './device-turns.ts';
import type { DeviceWishes } from './device-wishes.ts';
import type { OpenDevice } from './environment.ts';
import type { DevicePreference, TuneMode } from './experiment.ts';

interface Opened {
  readonly device: RecordingDevice;
  readonly tune: TuneMode;
  readonly large: boolean;
}

/** One for each preference: where workers are not to be had, labs on different devices share the page's thread. */
const opened = new Map<DevicePreference, Opened>();
/** One after the other, so that labs that start together share one device. */
let opening: Promise<unknown> = Promise.resolve();
let attended = true;

/** Tells whether the run may be measured: not while it is paused, as it is in a hidden tab. */
export function attendEngine(attending: boolean): void {
  attended = attending;
}

async function deviceFor(
  preference: DevicePreference,
  tune: TuneMode,
  large: boolean,
  store: TuningStore | undefined,
  wishes: DeviceWishes,
): Promise<RecordingDevice> {
  const known = opened.get(preference);
  // One that is open and faster than need be serves; and only GPUs come faster and slower.
  const weak = large && known?.large === false && known.device.info.kind === 'webgpu';
  if (known && !known.device.isLost && known.tune === tune && !weak) return known.device;
  const tuning = tune === 'off' ? undefined : { mode: tune, store, mayMeasure: () => attended };
  const powerPreference = large ? 'high-performance' : 'low-power';
  const device = await openDevice(preference, { ...wishes, tuning, powerPreference });
  opened.set(preference, { device, tune, large });
  return device;
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
): Promise<OpenDevice> {
  const asked = opening.then(() => deviceFor(preference, tune, large, store, wishes));
  opening = asked.catch(() => undefined);
  const device = await asked;
  await onDevice(device, () => device.forgetKernels());
  const { kind, name, software, passedOver } = device.info;
  return {
    info: { kind, name, software, ...(passedOver && { passedOver }) },
    compute: (work) => onDevice(device, work),
    kernels: () => device.ranKernels(),
    lose: () => device.destroy(),
  };
}
