import { beforeEach, describe, expect, it } from 'vitest';
import { ArgumentError, DisposedTensorError } from '../../../engine/errors.ts';
import { copy, copyInto, copyParams, permuteParams } from '../../../engine/kernels/copy.ts';
import { scope } from '../../../engine/memory.ts';
import { add, mul } from '../../../engine/ops/binary.ts';
import { run } from '../../../engine/ops/run.ts';
import { exp, square } from '../../../engine/ops/unary.ts';
import { arena, setDevice, type Tensor, tensor } from '../../../engine/tensor.ts';
import { availableDevices } from './devices.ts';

const place = (x: Tensor, y: Tensor) => run(copy, { x, y }, copyParams({ shape: [x.size], strideX: [1] }));
const numbers = async (x: Tensor) => [...(await x.data())];

describe.each(await availableDevices())('a recording on %s', (_, device) => {
  beforeEach(() => setDevice(device));

  it('lets a result be written where it would be copied to', async () => {
    const { ranges } = arena([[3], [2]], 'gradients');
    const [a, b] = ranges as [Tensor, Tensor];
    const x = tensor([1, 2, 3]);
    const y = tensor([4, 5]);
    const recording = device.record(() =>
      scope(() => {
        place(mul(x, 10), a);
        place(square(y), b);
      }),
    );
    expect(recording.dispatches).toBe(2);
    recording.execute();
    expect(await numbers(a)).toEqual([10, 20, 30]);
    expect(await numbers(b)).toEqual([16, 25]);
    recording.dispose();
  });

  it('knows a whole copy by what the kernel declares of its parameters', () => {
    expect(copy.copies?.(copyParams({ shape: [2, 3], strideX: [3, 1] }))).toBe(6);
    expect(copy.copies?.(permuteParams([2, 3], [1, 0]))).toBeUndefined();
    expect(copy.copies?.(copyParams({ shape: [6], strideX: [1], offsetX: 2 }))).toBeUndefined();
    expect(copy.copies?.(copyParams({ shape: [6], strideX: [-1], offsetX: 5 }))).toBeUndefined();
    expect(copyInto.copies).toBeUndefined();
  });

  it('keeps a copy whose target is read in between, or whose source is used again', async () => {
    const target = tensor([7, 7]);
    const x = tensor([1, 2]);
    const recording = device.record(() =>
      scope(() => {
        const made = mul(x, 3);
        const old = add(target, 0);
        place(made, target);
        return { old, twice: mul(made, 2) };
      }),
    );
    recording.execute();
    expect(await numbers(recording.result.old)).toEqual([7, 7]);
    expect(await numbers(target)).toEqual([3, 6]);
    expect(await numbers(recording.result.twice)).toEqual([6, 12]);
    recording.dispose();
  });

  it('keeps constants made inside, over many executions', async () => {
    const x = tensor([1, 2]);
    const recording = device.record(() =>
      scope(() => {
        const first = mul(tensor([10, 20]), x);
        return exp(mul(add(first, tensor([1, 1])), 0));
      }),
    );
    for (let i = 0; i < 3; i++) {
      recording.execute();
      expect(await numbers(recording.result)).toEqual([1, 1]);
    }
    recording.dispose();
  });

  it('leaves the outer state alone when the function throws, and refuses read-backs', async () => {
    const x = tensor([1]);
    expect(() =>
      device.record(() => {
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(device.isRecording).toBe(false);
    let read: Promise<unknown> = Promise.resolve();
    device.record(() => {
      read = x.data();
    });
    await expect(read).rejects.toThrow(/cannot read/);
    expect(await numbers(add(x, 1))).toEqual([2]);
  });

  it('returns its memory', () => {
    const x = tensor(new Float32Array(1000), [1000]);
    const once = () => device.record(() => scope(() => square(exp(mul(x, 2))))).dispose();
    once();
    const before = device.memory();
    for (let i = 0; i < 5; i++) once();
    expect(device.memory().bytes).toBe(before.bytes);
  });

  it('keeps alive what it reads, until it is disposed', async () => {
    const before = device.memory();
    const x = tensor([1, 2, 3]);
    const recording = device.record(() => scope(() => mul(x, 10)));
    x.dispose();
    // Would lie where x was.
    const stains = Array.from({ length: 8 }, () => tensor([7, 7, 7]));
    recording.execute();
    expect(await numbers(recording.result)).toEqual([10, 20, 30]);
    recording.result.dispose();
    recording.dispose();
    for (const stain of stains) stain.dispose();
    expect(device.memory()).toMatchObject({ bytes: before.bytes, buffers: before.buffers });
  });

  it('keeps the results of another alive, and gives each piece of memory back once', async () => {
    const before = device.memory();
    const x = tensor([1, 2]);
    const first = device.record(() => scope(() => mul(x, 2)));
    const second = device.record(() => scope(() => mul(first.result, 5)));
    first.execute();
    second.execute();
    first.dispose();
    const stains = Array.from({ length: 8 }, () => tensor([7, 7]));
    second.execute();
    expect(await numbers(second.result)).toEqual([10, 20]);
    second.dispose();
    second.dispose();
    for (const t of [...stains, x, first.result, second.result]) t.dispose();
    expect(device.memory()).toMatchObject({ bytes: before.bytes, buffers: before.buffers });
  });

  it('refuses to run or to be read after it has been disposed', async () => {
    const x = tensor([1]);
    const recording = device.record(() => scope(() => mul(x, 2)));
    recording.execute();
    recording.dispose();
    expect(() => recording.execute()).toThrow(ArgumentError);
    await expect(recording.result.data()).rejects.toThrow(DisposedTensorError);
    expect(() => mul(recording.result, 2)).toThrow(DisposedTensorError);
  });

  it('gives back what was made when its function throws', () => {
    const before = device.memory();
    const x = tensor([1]);
    const fail = () =>
      scope(() => {
        tensor([1, 2]);
        x.dispose();
        throw new Error('no');
      });
    expect(() => device.record(fail)).toThrow('no');
    expect(device.memory()).toMatchObject({ bytes: before.bytes, buffers: before.buffers });
    expect(device.isRecording).toBe(false);
  });
});
