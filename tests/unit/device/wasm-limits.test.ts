/** What the WebAssembly device does not hold is refused by name, and the device goes on. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDevice } from '../../../engine/device/init.ts';
import type { RecordingDevice } from '../../../engine/device/recording-device.ts';
import { LimitError, OutOfMemoryError } from '../../../engine/errors.ts';
import { scope } from '../../../engine/memory.ts';
import { add, matmul, sum } from '../../../engine/ops/index.ts';
import { ones, setDevice, tensor, zeros } from '../../../engine/tensor.ts';

let device: RecordingDevice;
beforeAll(async () => {
  device = await openDevice('wasm');
  setDevice(device);
});
afterAll(() => device.destroy());

it('a tensor larger than the memory may become is a LimitError, alone and as a result', async () => {
  expect(() => zeros([2 ** 29])).toThrow(LimitError);
  expect(() => zeros([2 ** 29])).toThrow(/2147483648|2,147,483,648/);
  const long = ones([2 ** 15, 1]);
  expect(() => scope(() => matmul(long, ones([1, 2 ** 14])))).toThrow(LimitError);
  expect(await sum(add(tensor([1, 2]), 1)).item()).toBe(5);
});

it('buffers that do not fit together are an OutOfMemoryError, and what is given back can be had again', async () => {
  const half = 2 ** 29;
  const held = [device.allocate(half), device.allocate(half), device.allocate(half)];
  expect(() => device.allocate(half)).toThrow(OutOfMemoryError);
  expect(await sum(add(tensor([1, 2]), 1)).item()).toBe(5);
  for (const buffer of held) device.release(buffer);
  const again = device.allocate(2 * half);
  device.release(again);
  expect(await sum(add(tensor([1, 2]), 1)).item()).toBe(5);
});
