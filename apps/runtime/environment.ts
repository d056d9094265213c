/** What a run stands on: where its data comes from, and the device it computes on. */
import type { DataSource } from '../../engine/data/source.ts';
import type { RanKernel } from '../../engine/device/recording-device.ts';
import type { DeviceInfo, DevicePreference, TuneMode } from './experiment.ts';

/** The device of a run. */
export interface OpenDevice {
  readonly info: DeviceInfo;
  /** Does work on it, which makes its tensors there; absent where there are none. See device-turns.ts. */
  compute?<T>(work: () => T | Promise<T>): Promise<T>;
  /** The kernels that have run so far, with the variant of each: what cards show as the code that ran. */
  kernels?(): readonly RanKernel[];
  /** Destroys it, as a driver reset would: for tests of what a page does then. */
  lose?(): void;
}

/** Opened once per run, and again after a device is lost. */
export interface Environment {
  readonly data: DataSource;
  /**
   * @param large the run deserves the fastest adapter there is; others ask for the one that saves power
   * @throws NoWebGPUError and the like, shown to the reader as they are
   */
  open(preference: DevicePreference, tune?: TuneMode, large?: boolean): Promise<OpenDevice>;
  /** Told whether the run goes and is seen: else nothing may be measured. */
  attend?(attending: boolean): void;
}
