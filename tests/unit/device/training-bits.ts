/** A training run whose every bit counts: the same in Node and in every browser, on one thread and on several. */
import { RecordingDevice } from '../../../engine/device/recording-device.ts';
import { WasmDevice } from '../../../engine/device/wasm/wasm-device.ts';
import { keep, scope } from '../../../engine/memory.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { crossEntropy } from '../../../engine/ops/index.ts';
import { createOptimiser } from '../../../engine/optim/optimiser.ts';
import { Generator } from '../../../engine/random.ts';
import { setDevice, type Tensor, tensor } from '../../../engine/tensor.ts';

/** Convolutions, batch norm, pooling, activations with exponentials, dropout: what rounding and order could tell apart. */
const definition: NetworkDefinition = [
  { type: 'conv2d', in: 2, out: 8, kernel: 3, padding: 1 },
  { type: 'batchnorm2d', features: 8 },
  { type: 'gelu' },
  { type: 'maxpool2d', kernel: 2 },
  { type: 'conv2d', in: 8, out: 16, kernel: 3, padding: 1 },
  { type: 'silu' },
  { type: 'dropout2d', p: 0.2 },
  { type: 'flatten' },
  { type: 'linear', in: 576, out: 32 },
  { type: 'tanh' },
  { type: 'linear', in: 32, out: 5 },
];

export interface TrainedBits {
  /** Threads that computed. */
  readonly threads: number;
  /** Bits of the last loss and of all parameters. */
  readonly bits: readonly number[];
}

/** `steps` recorded steps of Adam on random images, on a WebAssembly device of its own with that many threads. */
export async function trainedBits(threads: number, steps = 100): Promise<TrainedBits> {
  // However small a dispatch is, the threads share it.
  const backend = await WasmDevice.open({ threads, sharedFrom: 0 });
  const device = new RecordingDevice(backend);
  setDevice(device);
  const rng = new Generator(3, 'bits');
  const x = keep(tensor(rng.normal(16 * 288, 0, 1), [16, 12, 12, 2]));
  const labels = keep(tensor(Int32Array.from(rng.integers(16, 5)), [16], { dtype: 'i32' }));
  const network = buildNetwork(definition, { inputShape: [12, 12, 2], rng: 1 }).train();
  const optimiser = createOptimiser(network, { type: 'adam', lr: 1e-3 });
  const recording = device.record(() =>
    keep(
      scope(() => {
        const loss = crossEntropy(network.forward(x), labels);
        optimiser.apply(optimiser.gradients(loss));
        return loss;
      }),
    ),
  );
  for (let step = 0; step < steps; step++) {
    optimiser.prepare();
    recording.execute();
  }
  const bits: number[] = [];
  for (const values of [recording.result, ...network.parameters()] as Tensor[]) {
    const { buffer, byteOffset, length } = await values.data();
    for (const word of new Uint32Array(buffer, byteOffset, length)) bits.push(word);
  }
  recording.dispose();
  device.destroy();
  return { threads: backend.threads, bits };
}
