/** Opens a device and makes it the default one. */
import { ArgumentError, ConfigError, kindOf, NoWebAssemblyError, NoWebGPUError, OutOfMemoryError } from '../errors.ts';
import { setDevice } from '../tensor.ts';
import type { Device } from './device.ts';
import { RecordingDevice } from './recording-device.ts';
import { type TuningOptions, tuneDevice, tunes } from './tuning/tune.ts';
import { openAdapter } from './webgpu/adapter.ts';
import { WebGpuDevice } from './webgpu/webgpu-device.ts';

export type DeviceChoice = 'auto' | 'webgpu' | 'wasm' | 'cpu';

export interface OpenOptions {
  /** Threads of the `wasm` device; see WasmOptions. */
  readonly threads?: number | undefined;
  /** Which of several GPUs; see the WebGPU specification, §4.2.2 GPURequestAdapterOptions. Default: 'high-performance'. */
  readonly powerPreference?: GPUPowerPreference | undefined;
  /** Most bytes of memory for tensors, of the `webgpu` and the `wasm` device; beyond it an allocation throws OutOfMemoryError. */
  readonly memoryLimit?: number | undefined;
  /** How trainers on it choose variants of kernels; choices in its store are taken over at once. Default: not measured. */
  readonly tuning?: TuningOptions | undefined;
}

/** Loaded only where no GPU serves: it brings a compiler along. */
async function openWasm(options: OpenOptions, passedOver?: readonly string[]): Promise<Device> {
  const { WasmDevice } = await import('./wasm/wasm-device.ts');
  return WasmDevice.open({ ...options, passedOver });
}

/** Loaded only where nothing else serves. */
async function openReference(passedOver?: readonly string[]): Promise<Device> {
  const { ReferenceDevice } = await import('./cpu/reference-device.ts');
  return new ReferenceDevice(passedOver);
}

async function openGpu({ powerPreference, memoryLimit }: OpenOptions, hardwareOnly = false): Promise<Device> {
  return new WebGpuDevice(await openAdapter({ hardwareOnly, ...(powerPreference && { powerPreference }) }), memoryLimit);
}

/** A GPU, else WebAssembly, else the reference; never a software adapter. Only what is missing is passed over, faults are raised. */
async function openBest(options: OpenOptions): Promise<Device> {
  const passedOver: string[] = [];
  try {
    return await openGpu(options, true);
  } catch (error) {
    if (!(error instanceof NoWebGPUError)) throw error;
    passedOver.push(error.message);
  }
  try {
    return await openWasm(options, passedOver);
  } catch (error) {
    if (!(error instanceof NoWebAssemblyError || error instanceof OutOfMemoryError)) throw error;
    passedOver.push(error.message);
    return openReference(passedOver);
  }
}

async function openChosen(choice: DeviceChoice, options: OpenOptions): Promise<Device> {
  switch (choice) {
    case 'auto':
      return openBest(options);
    case 'webgpu':
      return openGpu(options);
    case 'wasm':
      return openWasm(options);
    case 'cpu':
      return openReference();
    default:
      throw new ConfigError('device', `'${choice}' is not a device; use 'auto', 'webgpu', 'wasm' or 'cpu'.`);
  }
}

/**
 * Opens a device without making it the default one.
 * @param choice `auto`: a GPU, else WebAssembly, else the TypeScript reference; what was passed over and why is in `info.passedOver`
 * @throws NoWebGPUError for 'webgpu' and NoWebAssemblyError for 'wasm' where there is none
 */
export async function openDevice(choice: DeviceChoice = 'auto', options: OpenOptions = {}): Promise<RecordingDevice> {
  const device = new RecordingDevice(await openChosen(choice, options));
  const { tuning } = options;
  device.tuning = tuning;
  const mode = tuning?.mode ?? 'measure';
  if (tuning?.store && mode !== 'force' && tunes(device, mode)) await tuneDevice(device, [], { ...tuning, mode: 'stored' });
  return device;
}

/**
 * Opens a device and makes it the one on which new tensors are made.
 * @param options.device 'auto' takes a GPU where there is one, else WebAssembly, else the TypeScript reference
 * @param options threads of the WebAssembly device and the like: see OpenOptions
 */
export async function init(options: OpenOptions & { device?: DeviceChoice } = {}): Promise<RecordingDevice> {
  if (typeof options !== 'object' || options === null) {
    throw new ArgumentError('init', `its options must be an object such as { device: 'cpu' }, not ${kindOf(options)}`);
  }
  const device = await openDevice(options.device ?? 'auto', options);
  setDevice(device);
  return device;
}
