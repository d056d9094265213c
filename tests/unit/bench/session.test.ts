import { describe, expect, it } from 'vitest';
import type { AdapterDescription, BenchCase, Library } from '../../../bench/cases/case.ts';
import { CPU_ADAPTER } from '../../../bench/libraries/adapters.ts';
import { firstStep } from '../../../bench/measure/first-step.ts';
import { Session } from '../../../bench/measure/session.ts';
import { shuffler } from '../../../bench/measure/shuffle.ts';
import { fakeControls } from './fake-controls.ts';
import { fake, relu, right } from './fake-library.ts';

const OPTIONS = { batches: 3, batchSeconds: 0 };

async function measure(libraries: Library[], benchCase = relu) {
  const session = new Session();
  for (const library of libraries) await session.open(library, 'cpu');
  return session.measure(benchCase, OPTIONS);
}

const GPU: AdapterDescription = { api: 'webgpu', vendor: 'v', architecture: 'a', description: 'GPU', software: false };

/** The names of each round, sorted. */
function inRounds(order: readonly string[], size: number): string[] {
  return Array.from({ length: order.length / size }, (_, i) =>
    order
      .slice(i * size, (i + 1) * size)
      .sort()
      .join(' '),
  );
}

describe('a session', () => {
  it('interleaves the libraries after the warm-up of all', async () => {
    const order: string[] = [];
    const result = await measure([fake('a', order), fake('b', order)]);
    const disposed = order.indexOf('a disposed');
    expect(inRounds(order.slice(disposed - 6, disposed), 2)).toEqual(['a b', 'a b', 'a b']);
    expect(order.slice(disposed)).toEqual(['a disposed', 'b disposed']);
    expect(result.contenders.map(({ id, status, seconds }) => [id, status, seconds?.count])).toEqual([
      ['a cpu', 'ok', 3],
      ['b cpu', 'ok', 3],
    ]);
    expect(result.reference).toBe('double-precision loops');
  });

  it('runs the control of a case in every round', async () => {
    const order: string[] = [];
    const session = new Session();
    for (const name of ['a', 'b']) await session.open(fake(name, order, { adapter: GPU }), 'cpu');
    const run = async () => {
      order.push('roof');
    };
    const controls = fakeControls({ run, dispose: () => order.push('roof disposed') });
    const result = await session.measure(relu, { ...OPTIONS, controls });
    const disposed = order.indexOf('a disposed');
    expect(inRounds(order.slice(disposed - 9, disposed), 3)).toEqual(['a b roof', 'a b roof', 'a b roof']);
    expect(order.at(-1)).toBe('roof disposed');
    expect(result.control).toMatchObject({ kernel: 'stream', amount: 1, seconds: { count: 3 } });
    expect(result.control?.samples).toHaveLength(3);
    expect(result.contenders).toHaveLength(2);
  });

  it('has its processor’s roof beside a contender on one thread, and on several', async () => {
    const measureOn = async (...threads: number[]) => {
      const session = new Session();
      for (const count of threads)
        await session.open(fake(`${count}`, [], { adapter: { ...CPU_ADAPTER, threads: count } }), 'cpu');
      const one = fakeControls({ kernel: 'processor-fma' });
      const all = fakeControls({ kernel: 'processor-stream' });
      const controls = fakeControls();
      return session.measure(relu, { ...OPTIONS, controls, processorControls: { one, all } });
    };
    const single = await measureOn(1);
    expect(single.control).toBeUndefined();
    expect(single.processorControls).toMatchObject({ one: { kernel: 'processor-fma', seconds: { count: 3 } } });
    expect(single.processorControls?.all).toBeUndefined();
    expect((await measureOn(1, 4)).processorControls?.all).toMatchObject({ kernel: 'processor-stream', amount: 1 });
  });

  it('takes the contenders of a round in a random order that its seed repeats', async () => {
    const roundsOf = async (name: string) => {
      const order: string[] = [];
      const libraries = ['a', 'b', 'c', 'd'].map((one) => fake(one, order));
      const { seed } = await measure(libraries, { ...relu, name });
      const disposed = order.indexOf('a disposed');
      return { seed, order: order.slice(disposed - 12, disposed).join('') };
    };
    const first = await roundsOf('relu');
    expect(await roundsOf('relu')).toEqual(first);
    expect(first.order).not.toBe('abcdabcdabcd');
    expect((await roundsOf('another')).order).not.toBe(first.order);
    const shuffle = shuffler(first.seed ?? 0);
    expect([1, 2, 3].flatMap(() => shuffle(['a', 'b', 'c', 'd'])).join('')).toBe(first.order);
  });

  it('has as many empty dispatches beside a replayed step as that has', async () => {
    const session = new Session();
    await session.open(fake('a', [], { variants: () => [], adapter: GPU }), 'cpu');
    const replay: BenchCase = {
      ...relu,
      group: 'overhead',
      workload: { type: 'replay', dispatches: 200, count: 8 },
      tolerance: 2,
    };
    const result = await session.measure(replay, { ...OPTIONS, controls: fakeControls() });
    expect(result.control).toMatchObject({ kernel: 'empty', amount: 200 });
  });

  it('does without a control that fails', async () => {
    const session = new Session();
    await session.open(fake('a', [], { adapter: GPU }), 'cpu');
    const lines: string[] = [];
    const log = (line: string) => lines.push(line);
    const none = { ...fakeControls(), prepare: () => Promise.reject(new Error('no memory')) };
    const broken = await session.measure(relu, { ...OPTIONS, log, controls: none });
    expect(lines).toContain('  no control: Error: no memory');
    expect(broken.control).toBeUndefined();
    expect(broken.contenders[0]?.seconds?.count).toBe(3);
    const controls = fakeControls({ run: () => Promise.reject(new Error('lost')) });
    const lost = await session.measure(relu, { ...OPTIONS, controls });
    expect(lost.control).toBeUndefined();
    expect(lost.contenders[0]?.seconds?.count).toBe(3);
  });

  it('times nothing that computes something else', async () => {
    const order: string[] = [];
    const wrong = right();
    wrong[5] = (wrong[5] ?? 0) + 1e-3;
    const result = await measure([fake('a', order), fake('b', order, { check: async () => wrong })]);
    expect(result.contenders[1]).toMatchObject({ id: 'b cpu', status: 'disagrees' });
    expect(result.contenders[1]?.seconds).toBeUndefined();
    expect(order.filter((entry) => entry === 'b')).toEqual([]);
  });

  it('goes on without a library that fails or does not support a case', async () => {
    const order: string[] = [];
    let calls = 0;
    const run = async () => {
      calls += 1;
      if (calls > 60) throw new Error('device lost');
    };
    const result = await measure([
      fake('a', order, { unsupported: () => 'no such operation' }),
      fake('b', order, { check: () => Promise.reject(new Error('out of memory')) }),
      fake('c', order, { run: () => run() }),
      fake('d', order),
    ]);
    expect(result.contenders.map(({ status }) => status)).toEqual(['unsupported', 'failed', 'ok', 'ok']);
    calls = 61;
    const broken = await measure([fake('c', order, { run: () => run() }), fake('d', order)]);
    expect(broken.contenders[0]).toMatchObject({ status: 'failed', message: 'Error: device lost' });
    expect(broken.contenders[1]?.seconds?.count).toBe(3);
  });

  it('gives short executions more of them in a batch', async () => {
    const session = new Session();
    await session.open(fake('a', [], { run: (n) => new Promise((resolve) => setTimeout(resolve, 5 * n)) }), 'cpu');
    const batched = await session.measure(relu, { ...OPTIONS, batchSeconds: 0.03 });
    expect(batched.contenders[0]?.executions).toBeGreaterThanOrEqual(3);
    expect(batched.contenders[0]?.seconds?.median).toBeGreaterThan(0.004);
  });

  it('takes the step of the engine apart, if asked and before it is disposed of', async () => {
    const order: string[] = [];
    const kernel = { kernel: 'k', variant: 'v', shape: '8', calls: 2, bytes: 8, dispatches: 1, run: async () => {} };
    const takeApart = () => ({ kernels: [kernel], dispose: () => order.push('kernels disposed') });
    const measureWith = async (options: object) => {
      const session = new Session();
      for (const library of [fake('peer', []), fake('a', order, { takeApart })]) await session.open(library, 'cpu');
      return session.measure(relu, { ...OPTIONS, ...options });
    };
    expect((await measureWith({})).profile).toBeUndefined();
    const { profile } = await measureWith({ profileSeconds: 60 });
    expect(profile).toMatchObject({ rounds: 3, kernels: [{ kernel: 'k', calls: 2, seconds: { count: 3 } }] });
    expect(order.slice(-2)).toEqual(['kernels disposed', 'a disposed']);
  });

  it('measures ladders and overhead with libraries that have variants only', async () => {
    const order: string[] = [];
    const libraries = [fake('peer', order), fake('chalkgrad', order, { variants: () => ['naive', 'fast'] })];
    const ladder = await measure(libraries, { ...relu, group: 'ladder' });
    expect(ladder.contenders.map(({ id }) => id)).toEqual(['chalkgrad cpu · naive', 'chalkgrad cpu · fast']);
    const overhead = await measure(libraries, { ...relu, group: 'overhead' });
    expect(overhead.contenders.map(({ id }) => id)).toEqual(['chalkgrad cpu']);
  });

  it('leaves out a library on another adapter or that cannot start', async () => {
    const session = new Session();
    const other = await session.open(fake('a', [], { adapter: { ...GPU, description: 'Other' } }), 'webgpu', GPU);
    expect(other.error).toMatch(/not comparable/);
    const broken: Library = { name: 'b', backends: [], open: () => Promise.reject(new Error('no adapter')) };
    expect((await session.open(broken, 'webgpu', GPU)).error).toBe('Error: no adapter');
    expect((await session.measure(relu, OPTIONS)).contenders).toEqual([]);
  });

  it('reports the first step, or why there is none', async () => {
    const step = await firstStep(fake('a', []), 'cpu', relu);
    expect(step).toMatchObject({ id: 'a cpu', network: 'relu' });
    expect(step.stepSeconds).toBeGreaterThanOrEqual(0);
    expect((await firstStep(fake('a', [], { unsupported: () => 'no' }), 'cpu', relu)).error).toBe('no');
  });
});
