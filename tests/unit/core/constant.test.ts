/** Numbers used with tensors: kept on the device for the next use, but not for ever. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { grad } from '../../../engine/autodiff.ts';
import { constant } from '../../../engine/constant.ts';
import { memory, scope } from '../../../engine/memory.ts';
import { div, sum } from '../../../engine/ops/index.ts';
import { setDevice, type Tensor, tensor } from '../../../engine/tensor.ts';
import { processorDevices } from './devices.ts';

setFlagsFromString('--expose-gc');
const collect: () => void = runInNewContext('gc');

const opened = await processorDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});
const numbers = async (x: Tensor | undefined) => [...(await (x as Tensor).data())];

describe.each(opened)('constants on %s', (_, device) => {
  beforeEach(() => setDevice(device));

  test('are given back when they are no longer used, except where a tape or a recording needs them', async () => {
    const t = tensor([1, 2], undefined, { requiresGrad: true });
    const y = scope(() => div(t, 4));
    const recording = device.record(() => scope(() => div(t, 8)));
    const zero = constant(0, device);
    const before = memory(device);
    for (let i = 1; i <= 1000; i++) {
      scope(() => void div(t, 1 + i * 0.001));
      // In use all the time, so it stays the same.
      expect(constant(0, device)).toBe(zero);
    }
    expect(memory(device).tensors - before.tensors).toBeLessThanOrEqual(256);
    const buffers = async () => {
      collect();
      await new Promise((resolve) => setTimeout(resolve));
      return memory(device).buffers - before.buffers;
    };
    await expect.poll(buffers, { timeout: 5000 }).toBeLessThanOrEqual(256);
    expect(await numbers(grad(sum(y), [t])[0])).toEqual([0.25, 0.25]);
    // What was given back is written anew before the recording reads its own.
    for (let i = 0; i < 1000; i++) constant(-i, device);
    recording.execute();
    expect(await numbers(recording.result)).toEqual([0.125, 0.25]);
    recording.dispose();
  });
});
