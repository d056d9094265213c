/** Small problems to train on, and the devices to train on. */
import { type DeviceChoice, openDevice } from '../../../engine/device/init.ts';
import type { RecordingDevice } from '../../../engine/device/recording-device.ts';
import { NoWebGPUError } from '../../../engine/errors.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import { Generator } from '../../../engine/random.ts';
import { setDevice } from '../../../engine/tensor.ts';
import { arrayData, type TrainingData } from '../../../engine/train/data.ts';

/** The devices of this machine: the reference and WebAssembly always, WebGPU where there is an adapter. */
export async function devices(): Promise<[DeviceChoice, RecordingDevice][]> {
  const found: [DeviceChoice, RecordingDevice][] = [
    ['cpu', await openDevice('cpu')],
    ['wasm', await openDevice('wasm')],
  ];
  try {
    found.push(['webgpu', await openDevice('webgpu')]);
  } catch (error) {
    if (!(error instanceof NoWebGPUError)) throw error;
  }
  return found;
}

/** A device of its own kind, made the default one. */
export async function freshDevice(choice: DeviceChoice): Promise<RecordingDevice> {
  const device = await openDevice(choice);
  setDevice(device);
  return device;
}

/** Images of 6×6×2 in three classes that differ in where they are bright. */
export function blobs(count: number, seed = 1): TrainingData {
  const rng = new Generator(seed, 'blobs');
  const labels = Int32Array.from(rng.integers(count, 3));
  const values = rng.normal(count * 72, 0, 0.5);
  for (let n = 0; n < count; n++) {
    const row = 2 * (labels[n] as number);
    for (let p = 0; p < 12; p++) values[n * 72 + row * 12 + p] = (values[n * 72 + row * 12 + p] as number) + 1;
  }
  return arrayData({ values, shape: [6, 6, 2] }, { values: labels, shape: [] }, 3);
}

/** Convolution, batch norm, dropout, pooling, linear: everything that has state. */
export const small: NetworkDefinition = [
  { type: 'conv2d', in: 2, out: 6, kernel: 3, padding: 1 },
  { type: 'batchnorm2d', features: 6 },
  { type: 'relu' },
  { type: 'dropout2d', p: 0.2 },
  { type: 'maxpool2d', kernel: 2 },
  { type: 'flatten' },
  { type: 'linear', in: 54, out: 16 },
  { type: 'relu' },
  { type: 'dropout', p: 0.3 },
  { type: 'linear', in: 16, out: 3 },
];
