/** The number of threads changes nothing but the time. */
import { afterAll, describe, expect, it } from 'vitest';
import { RecordingDevice } from '../../../engine/device/recording-device.ts';
import { WasmDevice } from '../../../engine/device/wasm/wasm-device.ts';
import { abs, exp, log, max, mul, relu, sub, sum } from '../../../engine/ops/index.ts';
import { setDevice, type Tensor, tensor } from '../../../engine/tensor.ts';
import { trainedBits } from './training-bits.ts';

const opened: RecordingDevice[] = [];
afterAll(() => {
  for (const device of opened) device.destroy();
});

async function open(threads: number, sharedFrom?: number): Promise<RecordingDevice> {
  const device = new RecordingDevice(await WasmDevice.open({ threads, sharedFrom }));
  opened.push(device);
  setDevice(device);
  return device;
}

describe('threads of the WebAssembly device', () => {
  it('give the same bits after 100 recorded steps as one thread', async () => {
    const one = await trainedBits(1);
    expect(one.bits.length).toBeGreaterThan(15_000);
    for (const threads of [2, 3]) expect(await trainedBits(threads)).toEqual({ threads, bits: one.bits });
  });

  it('take modules that are compiled after they have begun to work', async () => {
    const device = await open(2, 0);
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
