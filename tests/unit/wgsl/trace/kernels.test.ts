import { afterAll, describe, expect, it } from 'vitest';
import type { Job } from '../../../../apps/cli/wgsl/job.ts';
import { dispatchOn } from '../../../../apps/cli/wgsl/webgpu.ts';
import { compareVariants } from '../../../../engine/conformance/compare.ts';
import { openAdapter } from '../../../../engine/device/webgpu/adapter.ts';
import { type AdapterCaps, allKernels } from '../../../../engine/kernels/kernel.ts';
import { entryOf } from '../../../../engine/wgsl/trace/index.ts';
import type { ShaderModule } from '../../../../shaders/build/module.ts';
import { tracedCases } from './kernel-cases.ts';
import { moduleOf, type RecordedDispatch, TRACE_CAPS, TraceDevice } from './trace-device.ts';

import.meta.glob('../../../../engine/kernels/*.ts', { eager: true });
const shaders = import.meta.glob<ShaderModule>(['../../../../shaders/**/*.wgsl', '!../../../../shaders/include/**'], {
  import: 'default',
  eager: true,
});

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

/** By `path:entry`. */
const ran = () => new Map(devices.flatMap((device) => [...device.ran]));

it('every entry point of every shader has run', () => {
  const all = Object.values(shaders).flatMap(({ path, entryPoints }) =>
    Object.keys(entryPoints).map((entry) => `${path}:${entry}`),
  );
  // What ran with other constants names them behind the path.
  const names = new Set([...ran().keys()].map((name) => name.replace(/#[^:]*/, '')));
  expect(all.filter((entry) => !names.has(entry))).toEqual([]);
});

/** Pipelines take SwiftShader long, so one entry point stands for its file. */
function longestOfEachFile(): [string, RecordedDispatch][] {
  const byFile = new Map<string, [string, RecordedDispatch]>();
  for (const one of ran()) {
    const { path } = one[1].dispatch.shader;
    const known = byFile.get(path);
    if (!known || one[1].steps > known[1].steps) byFile.set(path, one);
  }
  return [...byFile.values()];
}

it('Dawn gives the same for a dispatch of every file: integers exactly, floats within the error of their sums', async () => {
  const { device } = await openAdapter();
  const wrong: string[] = [];
  const one = async ([name, { dispatch, before, after }]: [string, RecordedDispatch]) => {
    const { shader, entryPoint, overrides, params, grid } = dispatch;
    if (/^\s*enable subgroups;/m.test(shader.source) && !device.features.has('subgroups')) return;
    const module = moduleOf(shader);
    const job: Job = {
      ...{ path: shader.path, source: shader.source, entry: entryPoint, workgroups: grid, uniform: params, overrides },
      ...{ expect: undefined, tolerance: 0, finding: undefined },
      buffers: Object.fromEntries(
        Object.entries(before).map(([key, bytes]) => [key, { type: 'f32', data: new Float32Array(bytes) }]),
      ),
    };
    const outputs = await dispatchOn(device, { job, module, entry: entryOf(module, entryPoint) });
    for (const [key, bytes] of Object.entries(outputs)) {
      const element = shader.entryPoints[entryPoint]?.bindings.find((binding) => binding.name === key)?.element ?? 'f32';
      const difference = compareBytes(bytes, after[key] as ArrayBuffer, element);
      if (difference) wrong.push(`${name}: ${key}${difference}`);
    }
  };
  await Promise.all(longestOfEachFile().map(one));
  device.destroy();
  expect(wrong).toEqual([]);
}, 300_000);

/** Sums of up to a few hundred terms of the size of the largest output. */
const RELATIVE = 2e-5;

function compareBytes(got: ArrayBuffer, traced: ArrayBuffer, element: string): string | undefined {
  const float = /f/.test(element);
  const [a, b] = float ? [new Float32Array(got), new Float32Array(traced)] : [new Uint32Array(got), new Uint32Array(traced)];
  // What a kernel leaves as it was is rubbish of one value.
  let most = 1;
  for (const value of b) if (Math.abs(value) < 12345) most = Math.max(most, Math.abs(value));
  for (let i = 0; i < b.length; i++) {
    const [x, y] = [a[i] as number, b[i] as number];
    if (Object.is(x, y) || x === y || (Number.isNaN(x) && Number.isNaN(y))) continue;
    if (!float || !(Math.abs(x - y) <= RELATIVE * (Math.abs(y) + most))) return `[${i}] is ${x} on WebGPU, ${y} in the tracer`;
  }
  return undefined;
}
