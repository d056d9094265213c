/** The number of threads changes nothing but the time. */
import { afterAll, describe, expect, it } from 'vitest';
import { openDevice } from '../../../engine/device/init.ts';
import type { RecordingDevice } from '../../../engine/device/recording-device.ts';
import type { WasmDevice } from '../../../engine/device/wasm/wasm-device.ts';
import { keep, scope } from '../../../engine/memory.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { abs, crossEntropy, exp, log, max, mul, relu, sub, sum } from '../../../engine/ops/index.ts';
import { createOptimiser } from '../../../engine/optim/optimiser.ts';
import { Generator } from '../../../engine/random.ts';
import { setDevice, type Tensor, tensor } from '../../../engine/tensor.ts';
import { small } from '../train/setup.ts';

const opened: RecordingDevice[] = [];
afterAll(() => {
  for (const device of opened) device.destroy();
});

async function open(threads: number): Promise<RecordingDevice> {
  const device = await openDevice('wasm', { threads });
  opened.push(device);
  setDevice(device);
  return device;
}

/** A recorded step of a small network on random data, `steps` times. */
async function train(device: RecordingDevice, steps: number): Promise<Uint32Array> {
  const rng = new Generator(3, 'threads');
  const x = keep(tensor(rng.normal(16 * 72, 0, 1), [16, 6, 6, 2]));
  const labels = keep(tensor(Int32Array.from(rng.integers(16, 3)), [16], { dtype: 'i32' }));
  const network = buildNetwork(small, { inputShape: [6, 6, 2], rng: 1 }).train();
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
    bits.push(...new Uint32Array((await values.data()).buffer as ArrayBuffer));
  }
  recording.dispose();
  return Uint32Array.from(bits);
}

describe('threads of the WebAssembly device', () => {
  it('give the same bits after 100 recorded steps as one thread', async () => {
    const one = await train(await open(1), 100);
    for (const threads of [2, 3]) {
      const device = await open(threads);
      expect((device.backend as WasmDevice).threads).toBe(threads);
      expect(await train(device, 100)).toEqual(one);
    }
  });

  it('take modules that are compiled after they have begun to work', async () => {
    const device = await open(2);
    const values = Float32Array.from({ length: 100_000 }, (_, i) => (i % 17) - 4);
    const x = tensor(values);
    const item = async (y: Tensor) => (await y.data())[0];
    const total = (f: (v: number) => number) => values.reduce((sum, v) => sum + f(v), 0);
    expect(await item(sum(mul(x, x)))).toBe(total((v) => v * v));
    expect(await item(sum(relu(x)))).toBe(total((v) => Math.max(0, v)));
    expect(await item(max(abs(sub(log(exp(x)), x))))).toBeLessThan(2e-6);
    expect(device.memory().buffers).toBeGreaterThan(0);
  });
});
