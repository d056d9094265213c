import { afterAll, describe, expect, it } from 'vitest';
import { compareVariants } from '../../../../engine/conformance/compare.ts';
import { type AdapterCaps, allKernels } from '../../../../engine/kernels/kernel.ts';
import type { ShaderModule } from '../../../../shaders/build/module.ts';
import { tracedCases } from './kernel-cases.ts';
import { TRACE_CAPS, TraceDevice } from './trace-device.ts';

import.meta.glob('../../../../engine/kernels/*.ts', { eager: true });
const shaders = import.meta.glob<ShaderModule>('../../../../shaders/**/*.wgsl', { import: 'default', eager: true });

/** Rungs and plans differ: a GPU, a software adapter, and the processor. */
const ADAPTERS: readonly AdapterCaps[] = [
  TRACE_CAPS,
  { ...TRACE_CAPS, kind: 'software', software: true },
  { ...TRACE_CAPS, kind: 'cpu', software: true, subgroups: false, subgroupMinSize: 1, subgroupMaxSize: 1 },
];
const devices = ADAPTERS.map((caps) => new TraceDevice(caps));

/** Only what another rung or plan of the same adapter does not run already. */
describe('every kernel on the tracer', () => {
  it.each([...allKernels().values()].map((kernel) => [kernel.name, kernel] as const))('%s', async (_, kernel) => {
    for (const { params, ...options } of tracedCases(kernel)) {
      const { differences } = await compareVariants(
        kernel,
        params,
        devices.map((device) => device.asDevice),
        options,
      );
      const worst = differences.filter(({ tolerances }) => !(tolerances <= 1));
      expect(worst, `${kernel.name} for ${JSON.stringify(params)}`).toEqual([]);
    }
  });

  afterAll(() => {
    const findings = devices.flatMap((device) => device.findings);
    const texts = findings.map(({ path, line, kind, entry, message }) => `${path}:${line}: ${kind} in ${entry}: ${message}`);
    expect([...new Set(texts)]).toEqual([]);
  });
});

it('every entry point of every shader has run', () => {
  const all = Object.values(shaders).flatMap(({ path, entryPoints }) =>
    Object.keys(entryPoints).map((entry) => `${path}:${entry}`),
  );
  const ran = new Set(devices.flatMap((device) => [...device.ran]));
  expect(all.filter((entry) => !ran.has(entry))).toEqual([]);
});
