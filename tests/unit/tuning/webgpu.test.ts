/** The tuner on the machine's own adapter: what it chooses computes the same. */
import { describe, expect, it } from 'vitest';
import type { DeviceBuffer } from '../../../engine/device/device.ts';
import { openDevice } from '../../../engine/device/init.ts';
import { RecordingDevice } from '../../../engine/device/recording-device.ts';
import { candidatesOf } from '../../../engine/device/tuning/candidates.ts';
import type { TuningRecord } from '../../../engine/device/tuning/record.ts';
import { type TuneMode, tuneDevice } from '../../../engine/device/tuning/tune.ts';
import { openAdapter } from '../../../engine/device/webgpu/adapter.ts';
import { WebGpuDevice } from '../../../engine/device/webgpu/webgpu-device.ts';
import { NoWebGPUError } from '../../../engine/errors.ts';
import { NO_EPILOGUE } from '../../../engine/kernels/epilogue.ts';
import type { AnyKernel } from '../../../engine/kernels/kernel.ts';
import { matmul } from '../../../engine/kernels/matmul.ts';
import { reductionKernels } from '../../../engine/kernels/reduction.ts';
import { softmax } from '../../../engine/kernels/softmax.ts';
import { Network } from '../../../engine/nn/network.ts';
import { setDevice } from '../../../engine/tensor.ts';
import { Trainer } from '../../../engine/train/trainer.ts';
import { expectClose, randomSource } from '../../conformance/kernels/harness.ts';
import { blobs, small } from '../train/setup.ts';
import { memoryStore } from './fake.ts';

const device = await openDevice('webgpu').catch((error: unknown) => {
  if (!(error instanceof NoWebGPUError) || process.env.CI) throw error;
  return undefined;
});

const product = { batch: 1, M: 70, N: 52, K: 90, aBatchStride: 0, bBatchStride: 0, ...NO_EPILOGUE };
const cases: readonly (readonly [AnyKernel, Readonly<Record<string, number>>])[] = [
  [softmax as AnyKernel, { rows: 70, classes: 52 }],
  [reductionKernels.sum as AnyKernel, { outer: 3, reduce: 1030, inner: 8 }],
];

/** Buffers with random inputs, and what the reference makes of them. */
function prepare(on: RecordingDevice, kernel: AnyKernel, params: unknown) {
  const random = randomSource(7);
  const arrays = Object.fromEntries(
    Object.entries(kernel.sizes(params)).map(([name, count]) => [
      name,
      Float32Array.from({ length: count }, () => random() - 0.5),
    ]),
  );
  const buffers: Record<string, DeviceBuffer> = {};
  for (const [name, values] of Object.entries(arrays)) {
    buffers[name] = on.allocate(values.byteLength, name);
    on.write(buffers[name], values);
  }
  kernel.reference(arrays, arrays, params);
  const y = async () => new Float32Array(await on.read(buffers.y as DeviceBuffer));
  return { buffers, y, expected: arrays.y as Float32Array };
}

/** The adapter as if it were hardware: what a site does there, tiles with workgroup barriers included. */
async function pretender(): Promise<RecordingDevice> {
  const { info, caps, ...opened } = await openAdapter();
  return new RecordingDevice(
    new WebGpuDevice({ ...opened, info: { ...info, software: false }, caps: { ...caps, software: false } }),
  );
}

describe.skipIf(!device)('a hardware adapter', () => {
  it('is measured at its first training, and the next session takes the choices from the store', async () => {
    const store = memoryStore();
    const tuning = { store, budgetMs: 60_000, warn: (message: string) => expect.fail(message) };
    const train = async (on: RecordingDevice, tune?: TuneMode) => {
      const trainer = new Trainer({
        network: new Network(small, [6, 6, 2], on, 1),
        data: blobs(32),
        loss: 'crossEntropy',
        optimiser: { type: 'adam', lr: 0.01 },
        steps: 3,
        batchSize: 16,
        ...(tune ? { tune } : {}),
      });
      const losses: number[] = [];
      for await (const event of trainer.run()) if (event.type === 'step') losses.push(event.loss);
      trainer.dispose();
      return losses;
    };
    const first = await pretender();
    setDevice(first);
    const plain = await train(first, 'off');
    expect(store.saved.size).toBe(0);
    first.tuning = tuning;
    const measured = await train(first);
    const [text = ''] = store.saved.values();
    const { entries } = JSON.parse(text) as TuningRecord;
    expect(Object.keys(entries).join()).toMatch(/mean@.*sum@|sum@.*mean@/s);
    for (const [i, loss] of measured.entries()) expect(loss).toBeCloseTo(plain[i] as number, 3);
    // Nothing is left to measure, so nothing is saved: the same bits as in the first session.
    const second = await pretender();
    setDevice(second);
    second.tuning = tuning;
    expect(await train(second)).toEqual(measured);
    expect([...store.saved.values()]).toEqual([text]);
    for (const on of [first, second]) on.destroy();
  });
});

describe.skipIf(!device)('a tuned device', () => {
  const on = device as RecordingDevice;

  it.each(cases)('computes %# as each of its variants does', async (kernel, params) => {
    on.tuning = undefined;
    const { buffers, y, expected } = prepare(on, kernel, params);
    const byVariant = new Map<string, Float32Array>();
    for (const { variant } of candidatesOf(kernel, params, on.caps)) {
      on.run(kernel, buffers, params, { variant: variant.id });
      byVariant.set(variant.id, await y());
      expectClose(byVariant.get(variant.id) as Float32Array, expected, variant.id);
    }
    expect(byVariant.size).toBeGreaterThan(1);
    const warnings: string[] = [];
    const work = [{ kernel, params }];
    const options = { mode: 'force', budgetMs: 20_000, warn: (message: string) => warnings.push(message) } as const;
    const { measured } = await tuneDevice(on, work, options);
    expect(warnings).toEqual([]);
    expect(measured.map(({ kernel: name }) => name)).toEqual([kernel.name]);
    expect(Object.keys(measured[0]?.times ?? {}).sort()).toEqual([...byVariant.keys()].sort());
    const { variant, by } = on.choices?.choose(kernel, params) ?? expect.fail('WebGPU has choices');
    expect([variant.id, by]).toEqual([measured[0]?.variant, 'measured']);
    on.run(kernel, buffers, params);
    expect(await y()).toEqual(byVariant.get(variant.id));
  });

  it('compiles recordings anew, and eager calls with them', async () => {
    const [kernel, params] = [matmul as AnyKernel, product];
    const { buffers, y, expected } = prepare(on, kernel, params);
    const recording = on.record(() => on.run(kernel, buffers, params));
    const choices = on.choices ?? expect.fail('WebGPU has choices');
    for (const wanted of ['naive', 'register-tile', 'naive']) {
      let asked = 0;
      choices.table = {
        lookup() {
          asked++;
          return wanted;
        },
      };
      recording.execute();
      expect(asked, 'the recording asks again').toBe(1);
      const recorded = await y();
      expectClose(recorded, expected, wanted);
      recording.execute();
      expect(asked, 'but only once').toBe(1);
      on.run(kernel, buffers, params);
      expect(await y()).toEqual(recorded);
      // Rows and columns that are no multiples of four are padded for the vector rungs.
      expect(recording.dispatches > 1).toBe(wanted !== 'naive');
    }
    choices.table = undefined;
    recording.dispose();
  });
});
