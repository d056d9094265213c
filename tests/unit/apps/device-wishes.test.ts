import { describe, expect, it, vi } from 'vitest';
import { repositoryRoot } from '../../../apps/cli/root.ts';
import { deviceWishes, isLarge, isPhone, PHONE_MEMORY } from '../../../apps/runtime/device-wishes.ts';
import { type AnyDefinition, presetValues } from '../../../apps/runtime/experiment.ts';
import { defaults } from '../../../apps/runtime/schema.ts';
import { labFolders } from '../../../apps/shell/build/lab-folders.ts';
import { Heap } from '../../../engine/device/wasm/heap.ts';
import { openAdapter } from '../../../engine/device/webgpu/adapter.ts';
import { BufferPool } from '../../../engine/device/webgpu/buffer-pool.ts';
import { OutOfMemoryError } from '../../../engine/errors.ts';

const DESKTOP = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
const ANDROID = 'Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36';
const TABLET = 'Mozilla/5.0 (Linux; Android 16; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
const IPHONE =
  'Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 Version/26.0 Mobile/15E148 Safari/604.1';
const FIREFOX = 'Mozilla/5.0 (Android 16; Mobile; rv:153.0) Gecko/153.0 Firefox/153.0';

describe('a phone', () => {
  it.each([
    ['by its name', { userAgent: ANDROID }, true],
    ['by its name, Safari', { userAgent: IPHONE }, true],
    ['by its name, Firefox', { userAgent: FIREFOX }, true],
    ['that says so', { userAgent: DESKTOP, userAgentData: { mobile: true } }, true],
    ['is no tablet', { userAgent: TABLET }, false],
    ['is no desktop, whatever its name', { userAgent: ANDROID, userAgentData: { mobile: false } }, false],
  ])('%s', (_, machine, phone) => {
    expect(isPhone(machine)).toBe(phone);
    expect(deviceWishes(machine)).toEqual(phone ? { threads: 1, memoryLimit: PHONE_MEMORY } : {});
  });

  it('has little memory, and so has a small laptop', () => {
    expect(deviceWishes({ userAgent: DESKTOP, deviceMemory: 2 })).toEqual({ memoryLimit: PHONE_MEMORY });
    expect(deviceWishes({ userAgent: DESKTOP, deviceMemory: 8 })).toEqual({});
  });
});

describe('a limit of memory', () => {
  it('holds for the processor', () => {
    const heap = new Heap(false, PHONE_MEMORY);
    expect(heap.maximumPages * 65536).toBe(PHONE_MEMORY);
    expect(() => {
      for (let i = 0; i < 5; i++) heap.allocate(2 ** 27);
    }).toThrow(OutOfMemoryError);
  });

  it('holds for a GPU, and what was given back counts no more', () => {
    vi.stubGlobal('GPUBufferUsage', { STORAGE: 1, COPY_SRC: 2, COPY_DST: 4 });
    const limits = { maxStorageBufferBindingSize: 2 ** 30, maxBufferSize: 2 ** 30 };
    const device = { limits, createBuffer: ({ size }: { size: number }) => ({ size, destroy() {} }) } as unknown as GPUDevice;
    const pool = new BufferPool(device, undefined, PHONE_MEMORY);
    const [first] = Array.from({ length: 4 }, () => pool.acquire(2 ** 27));
    expect(() => pool.acquire(256, 'a batch')).toThrow(/out of memory: a batch/);
    pool.release(first as GPUBuffer);
    expect(pool.acquire(2 ** 27).size).toBe(2 ** 27);
    vi.unstubAllGlobals();
  });
});

describe('a run', () => {
  it.each([...labFolders(repositoryRoot).keys()])('of %s is small as it opens and large by its full recipe', async (id) => {
    const { definition } = (await import(`../../../apps/labs/${id}/schema.ts`)) as { definition: AnyDefinition };
    const of = (preset: string) => defaults(definition.schema, presetValues(definition, preset)) as Record<string, unknown>;
    expect(isLarge(definition, of('quick'))).toBe(false);
    expect(isLarge(definition, { ...of('quick'), seed: 4_000_000_000 })).toBe(false);
    expect(isLarge(definition, of('full'))).toBe(true);
  });

  it('that is small asks the browser for the adapter that saves power', async () => {
    const asked: unknown[] = [];
    const gpu = { requestAdapter: async (options: unknown) => void asked.push(options) };
    vi.stubGlobal('navigator', { gpu });
    await expect(openAdapter({ powerPreference: 'low-power' })).rejects.toThrow('no adapter was found');
    await expect(openAdapter()).rejects.toThrow('no adapter was found');
    expect(asked).toEqual([{ powerPreference: 'low-power' }, { powerPreference: 'high-performance' }]);
    vi.unstubAllGlobals();
  });
});
