/** Memory that copies to the host pass through: bounded, counted, and given back whatever happens. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { openDevice } from '../../../engine/device/init.ts';
import * as adapter from '../../../engine/device/webgpu/adapter.ts';
import { stagingSize } from '../../../engine/device/webgpu/staging.ts';
import type { WebGpuDevice } from '../../../engine/device/webgpu/webgpu-device.ts';
import { ArgumentError, DeviceLostError, NoWebGPUError } from '../../../engine/errors.ts';
import { init } from '../../../engine/index.ts';
import { full, zeros } from '../../../engine/tensor.ts';
import { availableDevices } from './devices.ts';

const webgpu = (await availableDevices()).some(([name]) => name === 'webgpu');
afterEach(() => vi.restoreAllMocks());

it('sizes', () => {
  expect([1, 256, 257, 5000].map(stagingSize)).toEqual([256, 256, 512, 8192]);
  expect(stagingSize(2 ** 24 + 1)).toBe(2 ** 24 + 256);
});

describe.runIf(webgpu)('read-back on WebGPU', () => {
  it('is counted while it is under way and kept within a bound', async () => {
    const device = await openDevice('webgpu');
    const x = full([1000], 2, { device });
    const before = device.memory();
    const pending = Promise.all([x.data(), x.data()]);
    expect(device.memory()).toMatchObject({ bytes: before.bytes + 2 * 4096, buffers: before.buffers + 2 });
    await pending;
    expect(device.memory()).toEqual({ ...before, pooledBytes: before.pooledBytes + 2 * 4096 });
    const large = [20, 21, 22, 23].map((exponent) => zeros([2 ** exponent], { device }));
    await Promise.all(large.flatMap((t) => [t.data(), t.data()]));
    for (const t of large) t.dispose();
    const { bytes, pooledBytes } = device.memory();
    expect(bytes).toBe(before.bytes);
    const tensors = large.reduce((sum, t) => sum + 4 * t.size, 0);
    expect(pooledBytes - tensors).toBeLessThanOrEqual(2 ** 26 + before.pooledBytes);
    device.destroy();
  });

  it('is given back when a read throws', async () => {
    const device = await openDevice('webgpu');
    const { gpuDevice } = device.backend as WebGpuDevice;
    const x = full([8], 3, { device });
    await x.data();
    const before = device.memory();
    for (let i = 0; i < 2; i++) {
      // A copy that is out of bounds: an error of the queue, seen by the read behind it.
      const [from, to] = [64, 16].map((size) =>
        gpuDevice.createBuffer({ size, usage: GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST }),
      );
      const encoder = gpuDevice.createCommandEncoder();
      encoder.copyBufferToBuffer(from as GPUBuffer, 0, to as GPUBuffer, 0, 64);
      gpuDevice.queue.submit([encoder.finish()]);
      await gpuDevice.queue.onSubmittedWorkDone();
      await expect(x.data()).rejects.toThrow(/WebGPU/);
    }
    expect([...(await x.data())]).toEqual(new Array(8).fill(3));
    expect(device.memory()).toEqual(before);
    const pending = x.data();
    gpuDevice.destroy();
    await expect(pending).rejects.toThrow(DeviceLostError);
    expect(device.memory()).toMatchObject({ bytes: before.bytes, buffers: before.buffers });
  });
});

describe('openDevice', () => {
  it("takes another device for 'auto' where there is no adapter, and nowhere else", async () => {
    const open = vi.spyOn(adapter, 'openAdapter');
    open.mockRejectedValue(new NoWebGPUError('none here'));
    expect((await openDevice('auto')).info.kind).toBe('wasm');
    await expect(openDevice('webgpu')).rejects.toThrow(NoWebGPUError);
    for (const error of [new DeviceLostError('no device'), new TypeError('a bug')]) {
      open.mockRejectedValue(error);
      await expect(openDevice('auto')).rejects.toBe(error);
      await expect(init()).rejects.toBe(error);
    }
  });

  it('says what init takes', async () => {
    await expect(init('cpu' as never)).rejects.toThrow(ArgumentError);
    await expect(init('cpu' as never)).rejects.toThrow("not the string 'cpu'");
  });
});
