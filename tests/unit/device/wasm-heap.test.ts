import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Heap, pooledSize } from '../../../engine/device/wasm/heap.ts';
import { WorkQueue } from '../../../engine/device/wasm/work-queue.ts';
import { LimitError, OutOfMemoryError } from '../../../engine/errors.ts';

describe('the memory of the WebAssembly device', () => {
  it('gives ranges at multiples of 256 that never overlap, whatever is allocated and released', () => {
    const step = fc.record({ bytes: fc.integer({ min: 0, max: 300_000 }), release: fc.integer({ min: 0, max: 20 }) });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const heap = new Heap(false);
        const live: { address: number; bytes: number }[] = [];
        for (const { bytes, release } of steps) {
          const address = heap.allocate(bytes);
          expect(address % 256).toBe(0);
          expect(address).toBeGreaterThan(0);
          expect(address + pooledSize(bytes)).toBeLessThanOrEqual(heap.bytes.byteLength);
          for (const other of live) {
            const apart = address + pooledSize(bytes) <= other.address || other.address + pooledSize(other.bytes) <= address;
            expect(apart).toBe(true);
          }
          live.push({ address, bytes });
          const [gone] = live.splice(release, 1);
          if (gone) heap.release(gone.address, gone.bytes);
        }
        expect(heap.memoryInfo().buffers).toBe(live.length);
        for (const { address, bytes } of live) heap.release(address, bytes);
        expect(heap.memoryInfo()).toMatchObject({ bytes: 0, buffers: 0 });
      }),
      { numRuns: 50 },
    );
  });

  it('stays as large as what was used at once', () => {
    const heap = new Heap(false);
    let size = 0;
    for (let i = 0; i < 1000; i++) {
      const a = heap.allocate(100_000);
      const b = heap.allocate(5000);
      heap.release(a, 100_000);
      heap.release(b, 5000);
      if (i === 10) size = heap.bytes.byteLength;
    }
    expect(heap.bytes.byteLength).toBe(size);
  });

  it('makes one large range of small ones that were released, and says when there is no room', () => {
    const heap = new Heap(false);
    const most = heap.maximumPages * 65536;
    expect(() => heap.allocate(most + 1)).toThrow(LimitError);
    const quarter = most / 4;
    const three = [heap.allocate(quarter), heap.allocate(quarter), heap.allocate(quarter)];
    expect(() => heap.allocate(quarter)).toThrow(OutOfMemoryError);
    for (const address of three) heap.release(address, quarter);
    expect(() => heap.allocate(2 * quarter)).not.toThrow();
  });
});

describe('the queue of work', () => {
  it('does work at once where nobody waits for the thread', () => {
    const done: string[] = [];
    const queue = new WorkQueue(true);
    queue.push(() => done.push('a') > 0);
    expect(done).toEqual(['a']);
  });

  it('gives the page its turn between slices, keeps the order, and goes on with work that was cut off', async () => {
    const queue = new WorkQueue(false);
    const order: string[] = [];
    let parts = 0;
    queue.push((deadline) => {
      while (performance.now() < deadline) parts++;
      order.push('slice');
      return order.length === 3;
    });
    queue.push(() => order.push('next') > 0);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    expect(order).toEqual([]);
    await queue.settle();
    clearInterval(timer);
    expect(order).toEqual(['slice', 'slice', 'slice', 'next']);
    expect(turns).toBeGreaterThan(0);
    expect(parts).toBeGreaterThan(0);
  });

  it('goes on after work that throws', async () => {
    const queue = new WorkQueue(false);
    queue.push(() => {
      throw new Error('broken');
    });
    await expect(queue.settle()).rejects.toThrow('broken');
    let ran = false;
    queue.push(() => {
      ran = true;
      return true;
    });
    await queue.settle();
    expect(ran).toBe(true);
  });
});
