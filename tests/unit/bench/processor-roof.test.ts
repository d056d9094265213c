import { describe, expect, it } from 'vitest';
import { measureProcessor, processorKernelOf } from '../../../bench/roofline/processor-controls.ts';
import { startThreads } from '../../../bench/roofline/processor-pool.ts';
import { roofModule } from '../../../bench/roofline/processor-roof.ts';

describe("the processor's roof", () => {
  it('computes what it counts', () => {
    const { code, pages, works } = roofModule(1, 3);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } });
    const run = (name: string, args: readonly number[]) => (exports[name] as (...args: number[]) => void)(...args);
    const floats = new Float32Array(memory.buffer);
    for (const { name, args, amount } of works.multiplyAdds) {
      run(name, args);
      const chains = amount / 3 / 8;
      expect(name).toBe(`fma${chains}`);
      // Three rounds of x ← 0.999 x + 0.001 from 1 + i/16 in chain i, all summed.
      let wanted = 0;
      for (let i = 0; i < chains; i++) wanted += 1 + (0.999 ** 3 * i) / 16;
      expect([...floats.slice(0, 4)].map((value) => Math.abs(value / wanted - 1) < 1e-5)).toEqual([true, true, true, true]);
    }
    const [from = 0, to = 0, end = 0] = works.stream.args;
    for (let i = from / 4; i < end / 4; i++) floats[i] = i % 1000;
    run('stream', works.stream.args);
    expect(works.stream.amount).toBe(2 * (end - from));
    expect([0, 1, 777, (end - from) / 4 - 1].map((i) => floats[to / 4 + i])).toEqual(
      [0, 1, 777, (end - from) / 4 - 1].map((i) => ((from / 4 + i) % 1000) + 1),
    );
  });

  it('is measured with one thread and with several, which then run beside the cases', async () => {
    const { roofline, controls, close } = await measureProcessor(1, 2, 1);
    expect(roofline.threads).toBe(2);
    for (const roof of [roofline.one, roofline.all]) {
      expect(roof?.flopsPerSecond).toBeGreaterThan(1e7);
      expect(roof?.bytesPerSecond).toBeGreaterThan(1e7);
    }
    const [one, all] = await Promise.all([controls.one.prepare('processor-stream'), controls.all?.prepare('processor-stream')]);
    expect(one.amount).toBe(2 * 2 ** 20);
    // Two threads, each with the smallest range.
    expect(all?.amount).toBe(2 * 2 * 2 ** 20);
    await all?.run(2);
    await expect(controls.one.prepare('stream')).rejects.toThrow(/no kernel of the processor/);
    close();
  });

  it('runs every execution on every thread', async () => {
    const threads = await startThreads(roofModule(1, 1_000_000), 2);
    const work = threads.works.stream;
    const time = async (executions: number) => {
      const start = performance.now();
      await threads.run(work, executions);
      return performance.now() - start;
    };
    await time(1);
    expect(await time(400)).toBeGreaterThan(await time(4));
    threads.close();
  });

  it('changes at the ridge', () => {
    const roof = { flopsPerSecond: 20e9, bytesPerSecond: 4e9 };
    expect(processorKernelOf({ flops: 4.9e9, bytes: 1e9 }, roof)).toBe('processor-stream');
    expect(processorKernelOf({ flops: 5.1e9, bytes: 1e9 }, roof)).toBe('processor-fma');
    expect(processorKernelOf({ flops: 1, bytes: 0 }, roof)).toBe('processor-fma');
  });
});
