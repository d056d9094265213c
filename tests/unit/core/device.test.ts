import { afterEach, describe, expect, it } from 'vitest';
import { openDevice } from '../../../engine/device/init.ts';
import type { RecordingDevice } from '../../../engine/device/recording-device.ts';
import { pooledSize } from '../../../engine/device/webgpu/buffer-pool.ts';
import type { WebGpuDevice } from '../../../engine/device/webgpu/webgpu-device.ts';
import { ConfigError, DeviceLostError, LimitError, ShapeError } from '../../../engine/errors.ts';
import { keep, memory, scope } from '../../../engine/memory.ts';
import { add, mul } from '../../../engine/ops/binary.ts';
import { sum } from '../../../engine/ops/reduce.ts';
import { getDevice, ones, setDevice, tensor, zeros } from '../../../engine/tensor.ts';
import { availableDevices } from './devices.ts';

const devices = await availableDevices();
const webgpu = devices.find(([name]) => name === 'webgpu')?.[1];

afterEach(() => setDevice(devices[0]?.[1]));

describe.each(devices)('on %s', (_, device) => {
  it('round-trips every element type, and parts of a buffer', async () => {
    setDevice(device);
    expect([...(await tensor(new Int32Array([-1, 2, 3]), [3]).data('i32'))]).toEqual([-1, 2, 3]);
    expect([...(await tensor(new Uint32Array([4_000_000_000]), [1]).data('u32'))]).toEqual([4_000_000_000]);
    const buffer = device.allocate(12);
    device.write(buffer, new Uint8Array([1, 2, 3, 4, 5, 6, 7]));
    expect([...new Uint8Array(await device.read(buffer, 2, 4))]).toEqual([3, 4, 5, 6]);
    device.release(buffer);
  });

  it('sees writes in the order of the calls', async () => {
    setDevice(device);
    const x = tensor([1]);
    const before = add(x, 0);
    x.write([5]);
    const after = add(x, 0);
    expect([await before.item(), await after.item()]).toEqual([1, 5]);
  });

  it('does not let a released buffer disturb work that still reads it', async () => {
    setDevice(device);
    const results = Array.from({ length: 50 }, (_unused, i) => scope(() => sum(mul(ones([300]), i))));
    expect(await Promise.all(results.map((r) => r.item()))).toEqual(results.map((_unused, i) => 300 * i));
  });

  it('checks what it is given', async () => {
    setDevice(device);
    expect(() => tensor([[1, 2], [3]])).toThrow(ShapeError);
    expect(() => tensor([1, 2, 3], [2])).toThrow(/must hold the 3 given values/);
    expect(() => zeros([2, -1])).toThrow(ShapeError);
    expect(() => zeros([2]).write([1, 2, 3])).toThrow(ShapeError);
    await expect(zeros([2]).item()).rejects.toThrow(ShapeError);
    expect(() => add(zeros([2]), zeros([3]))).toThrow(/add: got \[2\] and \[3\]/);
  });

  it('reports memory', () => {
    setDevice(device);
    const before = memory(device);
    const x = zeros([1000]);
    expect(memory(device).tensors).toBe(before.tensors + 1);
    expect(memory(device).bytes).toBeGreaterThanOrEqual(before.bytes + 4000);
    x.dispose();
    expect(memory(device).bytes).toBe(before.bytes);
  });

  it('refuses to mix devices', async () => {
    const other = await openDevice('cpu');
    expect(() => add(zeros([1], { device }), zeros([1], { device: other }))).toThrow(/different devices/);
  });
});

describe.runIf(webgpu)('WebGPU', () => {
  it('refuses a tensor that no binding can hold, naming the limit', () => {
    setDevice(webgpu);
    const most = (webgpu as RecordingDevice & { backend: WebGpuDevice }).backend.gpuDevice.limits.maxStorageBufferBindingSize;
    expect(() => zeros([most])).toThrow(LimitError);
    expect(() => zeros([most])).toThrow(/allows/);
  });

  it('says that the device was lost, wherever it is noticed', async () => {
    const device = await openDevice('webgpu');
    setDevice(device);
    const x = ones([4]);
    const pending = mul(x, 2).data();
    (device.backend as WebGpuDevice).gpuDevice.destroy();
    await expect(pending).rejects.toThrow(DeviceLostError);
    await device.lost;
    expect(device.isLost).toBe(true);
    expect(() => add(x, 1)).toThrow(DeviceLostError);
    await expect(x.data()).rejects.toThrow(DeviceLostError);
    await expect(device.sync()).rejects.toThrow(DeviceLostError);
    expect(() => x.dispose()).not.toThrow();
  });

  it('submits many dispatches in few batches', async () => {
    setDevice(webgpu);
    const backend = webgpu?.backend as WebGpuDevice;
    const x = ones([8]);
    const { dispatches, submits } = backend.counters;
    scope(() => {
      for (let i = 0; i < 300; i++) mul(x, i);
    });
    await webgpu?.sync();
    expect(backend.counters.dispatches - dispatches).toBe(300);
    expect(backend.counters.submits - submits).toBeLessThanOrEqual(4);
  });

  it('compiles what a recording needs ahead of its first execution', async () => {
    const device = await openDevice('webgpu');
    const { gpuDevice } = device.backend as WebGpuDevice;
    let synchronous = 0;
    const create = gpuDevice.createComputePipeline.bind(gpuDevice);
    gpuDevice.createComputePipeline = (descriptor) => {
      synchronous++;
      return create(descriptor);
    };
    const x = tensor([1, 2, 3], undefined, { device });
    const recording = device.record(() => keep(scope(() => sum(mul(x, x)))));
    await device.prepare(recording.runs);
    recording.execute();
    expect(await recording.result.item()).toBe(14);
    expect(synchronous).toBe(0);
    recording.dispose();
    device.destroy();
  });
});

it('wastes at most an eighth in the buffer pool', () => {
  for (const bytes of [1, 300, 65536, 70000, 1e6, 123_456_789]) {
    expect(pooledSize(bytes)).toBeGreaterThanOrEqual(bytes);
    if (bytes > 65536) expect(pooledSize(bytes)).toBeLessThanOrEqual(bytes * 1.126);
  }
});

it('names devices that do not exist', async () => {
  await expect(openDevice('cuda' as 'cpu')).rejects.toThrow(ConfigError);
  setDevice(undefined);
  expect(() => getDevice()).toThrow(/init/);
});
