/** In a window all work waits for the page's turn: whatever is written to the memory must wait with it. */
import { afterEach, expect, test, vi } from 'vitest';
import { openDevice } from '../../../engine/device/init.ts';
import { keep, scope } from '../../../engine/memory.ts';
import { add, mul, tanh } from '../../../engine/ops/index.ts';
import { setDevice, tensor } from '../../../engine/tensor.ts';

afterEach(() => vi.unstubAllGlobals());

const values = (of: (i: number) => number, length = 64) => Float32Array.from({ length }, (_, i) => of(i));

test('a step recorded while work waits on released memory computes as it does alone', async () => {
  vi.stubGlobal('document', {});
  const device = await openDevice('wasm');
  setDevice(device);
  const [x, y] = [tensor(values((i) => i)), tensor(values(() => 2))];
  scope(() => {
    let t = x;
    for (let i = 0; i < 8; i++) t = tanh(mul(t, y));
  });
  const recording = device.record(() => keep(scope(() => add(mul(x, y), y))));
  recording.execute();
  expect(await recording.result.data()).toEqual(values((i) => 2 * i + 2));
  recording.dispose();
  device.destroy();
});

test('an execution that waits when its recording is disposed computes, whatever is recorded next', async () => {
  vi.stubGlobal('document', {});
  const device = await openDevice('wasm');
  setDevice(device);
  // Tensors of another size than argument blocks, so that only a block takes a block's place.
  const [x, y] = [tensor(values((i) => i, 1000)), tensor(values(() => 2, 1000))];
  const first = device.record(() => keep(scope(() => add(x, y))));
  first.execute();
  const sums = first.result.data();
  first.dispose();
  const second = device.record(() => keep(scope(() => mul(y, y))));
  second.execute();
  expect(await second.result.data()).toEqual(values(() => 4, 1000));
  expect(await sums).toEqual(values((i) => i + 2, 1000));
  second.dispose();
  device.destroy();
});
