/** The bench's rungs: every ladder has a case, and the report's ratios are those of the times. */
import { expect, it } from 'vitest';
import { hasLadder, rungCases } from '../../../bench/cases/rung-cases.ts';
import { parseOptions } from '../../../bench/host/options.ts';
import { measureRungs, type RungsResult } from '../../../bench/measure/rungs.ts';
import { gainless, gainsOf, rungsMarkdown, untimed } from '../../../bench/report/rungs.ts';
import { type AdapterCaps, type AnyKernel, allKernels } from '../../../engine/kernels/kernel.ts';

const GPU: AdapterCaps = {
  ...{ kind: 'gpu', software: false, subgroups: true, subgroupMinSize: 32, subgroupMaxSize: 32, maxWorkgroupStorageSize: 16384 },
  ...{ maxInvocationsPerWorkgroup: 256, maxWorkgroupsPerDimension: 65535, maxStorageBuffersPerStage: 8 },
};

/** The WGSL entry points of a rung, over what the device may be and the call may look like. */
function shadersOf(kernel: AnyKernel, calls: readonly unknown[]): Set<string> {
  const found = new Set<string>();
  for (const { id, applies, plan } of kernel.variants) {
    for (const params of calls) {
      if (applies && !applies(params, GPU)) continue;
      for (const { shader } of plan(params, GPU).dispatches) found.add(`${id} ${shader.path}`);
    }
  }
  return found;
}

it('has a case for every ladder: each rung of a kernel without one is that of a kernel with one', async () => {
  const cases = await rungCases();
  const covered = new Set(cases.flatMap(({ kernel, params }) => [...shadersOf(kernel, [params, kernel.example])]));
  const ladders = [...allKernels().values()].filter(hasLadder);
  expect(ladders.length).toBeGreaterThan(80);
  const lacking = ladders.flatMap((kernel) => [...shadersOf(kernel, [kernel.example])].filter((key) => !covered.has(key)));
  expect(lacking).toEqual([]);
});

const summary = (median: number) => ({ median, min: median, iqr: 0.1 * median, count: 3 });
const result: RungsResult = {
  format: 'chalkgrad-rungs-1',
  date: '2026-01-02T03:04:05Z',
  commit: 'abc',
  device: { kind: 'wasm', name: 'a device', software: true },
  machine: { platform: 'p', processor: 'c', memoryGiB: 1 },
  node: 'v1',
  rounds: 3,
  cases: [
    {
      kernel: 'k',
      shape: 'large',
      rungs: [
        { variant: 'naive', time: summary(8e-3) },
        { variant: 'tile', time: summary(2e-3) },
        { variant: 'wide', time: summary(4e-3) },
        { variant: 'best', time: summary(1e-3) },
      ],
      untimed: ['shared'],
    },
    {
      kernel: 'k',
      shape: 'small',
      rungs: [
        { variant: 'naive', time: summary(1e-5) },
        { variant: 'wide', time: summary(0.98e-5) },
      ],
      untimed: ['tile', 'best', 'shared'],
    },
  ],
  failed: {},
};

it('compares a rung with the first and with the fastest below it', () => {
  const gains = gainsOf(result.cases[0] as RungsResult['cases'][number]);
  expect(gains.map(({ overFirst }) => overFirst)).toEqual([undefined, 4, 2, 8]);
  expect(gains.map(({ overBelow }) => overBelow)).toEqual([undefined, 4, 0.5, 2]);
  // 2 % in the one case and a loss in the other.
  expect(gainless(result)).toEqual(['k wide']);
  expect(untimed(result)).toEqual(['k shared']);
  const text = rungsMarkdown(result);
  expect(text).toContain('| k | large | best | 1.00 ms ± 50.0 µs | 8.00 | 2.00 |');
  expect(text).toContain('in every case here: `k wide`.');
});

it('times a ladder on the processor', { timeout: 180_000 }, async () => {
  const [one] = (await rungCases()).filter(({ kernel }) => kernel.name === 'fill');
  if (!one) throw new Error('no case');
  const { cases, failed } = await measureRungs([one], { device: 'wasm', rounds: 1, log: () => undefined });
  expect(failed).toEqual({});
  expect(cases[0]?.rungs.map(({ variant }) => variant)).toEqual(['naive', 'vectors']);
  for (const { time } of cases[0]?.rungs ?? []) expect(time.median).toBeGreaterThan(0);
});

it('is asked for by a device', () => {
  expect(parseOptions(['--rungs', 'wasm']).rungs).toBe('wasm');
  expect(parseOptions([]).rungs).toBeUndefined();
  expect(() => parseOptions(['--rungs', 'gpu'])).toThrow(/needs wasm or webgpu/);
});
