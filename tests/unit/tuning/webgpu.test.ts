/** The tuner on the machine's own adapter: what it chooses computes the same. */
import { describe, expect, it } from 'vitest';
import type { DeviceBuffer } from '../../../engine/device/device.ts';
import { openDevice } from '../../../engine/device/init.ts';
import type { RecordingDevice } from '../../../engine/device/recording-device.ts';
import { candidatesOf } from '../../../engine/device/tuning/candidates.ts';
import { tuneDevice } from '../../../engine/device/tuning/tune.ts';
import { NoWebGPUError } from '../../../engine/errors.ts';
import { NO_EPILOGUE } from '../../../engine/kernels/epilogue.ts';
import type { AnyKernel } from '../../../engine/kernels/kernel.ts';
import { matmul } from '../../../engine/kernels/matmul.ts';
import { reductionKernels } from '../../../engine/kernels/reduction.ts';
import { expectClose, randomSource } from '../../conformance/kernels/harness.ts';

const device = await openDevice('webgpu').catch((error: unknown) => {
  if (!(error instanceof NoWebGPUError) || process.env.CI) throw error;
  return undefined;
});

const cases: readonly (readonly [AnyKernel, Readonly<Record<string, number>>])[] = [
  [matmul as AnyKernel, { batch: 1, M: 70, N: 52, K: 90, aBatchStride: 0, bBatchStride: 0, ...NO_EPILOGUE }],
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
    const [kernel, params] = cases[0] as (typeof cases)[number];
    const { buffers, y, expected } = prepare(on, kernel, params);
    const recording = on.record(() => on.run(kernel, buffers, params));
    const choices = on.choices ?? expect.fail('WebGPU has choices');
    for (const wanted of ['naive', 'vec4', 'register-tile-4x1']) {
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
