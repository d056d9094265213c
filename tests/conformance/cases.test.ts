/** The fixed cases of the device check, on every device of this machine; and that the check can find what is wrong. */
import { describe, expect, it } from 'vitest';
import { checkKernel, loadKernels } from '../../apps/device-check/check.ts';
import { casesOf } from '../../engine/conformance/cases.ts';
import { compareVariants, worstDifference } from '../../engine/conformance/compare.ts';
import type { Device } from '../../engine/device/device.ts';
import type { AnyKernel } from '../../engine/kernels/kernel.ts';
import { devices } from './kernels/harness.ts';

const kernels = await loadKernels();
const named = (name: string) => kernels.find((kernel) => kernel.name === name) as AnyKernel;

describe('the cases of the device check', () => {
  it('reach every kernel, and every variant that a device can run', async () => {
    const unreached: string[] = [];
    const wrong: unknown[] = [];
    for (const kernel of kernels) {
      const report = await checkKernel(await devices(), kernel);
      if (!report.passed) wrong.push(report);
      const reached = new Set(report.variants.map(({ variant }) => variant));
      unreached.push(...kernel.variants.filter(({ id }) => !reached.has(id)).map(({ id }) => `${kernel.name}/${id}`));
    }
    expect(wrong).toEqual([]);
    expect(unreached).toEqual([]);
    expect(kernels.length).toBeGreaterThan(120);
  }, 240_000);

  it('have values that no reference answers with NaN, so that equal means equal', async () => {
    const device = (await devices())[0] as Device;
    const blank: string[] = [];
    for (const kernel of kernels) {
      for (const { params, ...options } of casesOf(kernel)) {
        const { outputs } = await compareVariants(kernel, params, [device], { ...options, variants: [] });
        for (const [name, values] of Object.entries(outputs)) {
          if (!values.every(Number.isFinite)) blank.push(`${kernel.name}.${name} ${JSON.stringify(params)}`);
        }
      }
    }
    expect(blank).toEqual([]);
  });
});

describe('a device that is wrong', () => {
  /** Everything as on the real device, but for one bit of what is read back. */
  const wrong = (device: Device, word: number): Device =>
    new Proxy(device, {
      get(target, key) {
        if (key === 'read')
          return async (...args: Parameters<Device['read']>) => {
            const bytes = await target.read(...args);
            new Uint32Array(bytes)[word] = (new Uint32Array(bytes)[word] as number) ^ (1 << 20);
            return bytes;
          };
        const value = Reflect.get(target, key) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });

  it('is found out, with the element, in floats and in integers', async () => {
    const device = (await devices())[0] as Device;
    for (const name of ['add', 'argmax', 'matmul']) {
      const report = await checkKernel([wrong(device, 3)], named(name));
      expect(report.passed, name).toBe(false);
      expect(
        report.variants.map(({ index }) => index),
        name,
      ).toEqual(report.variants.map(() => 3));
      for (const { tolerances } of report.variants) expect(tolerances).toBeGreaterThan(1);
    }
  });

  it('fails with what it says where it throws', async () => {
    const device = (await devices())[0] as Device;
    const broken = new Proxy(device, {
      get: (target, key) =>
        key === 'run'
          ? () => {
              throw new Error('no pipeline');
            }
          : ((Reflect.get(target, key) as Device['allocate']).bind?.(target) ?? Reflect.get(target, key)),
    });
    expect(await checkKernel([broken], named('add'))).toMatchObject({ passed: false, problem: 'Error: no pipeline' });
  });
});

it('finds the worst difference in tolerances; NaN on one side and unequal integers are infinitely wrong', () => {
  const of = (...values: number[]) => Float32Array.from(values);
  expect(worstDifference(of(1, 2.5, 3), of(1, 2, 3), { atol: 0.5, rtol: 0 })).toEqual({
    index: 1,
    got: 2.5,
    expected: 2,
    tolerances: 1,
  });
  expect(worstDifference(of(Number.NaN), of(1)).tolerances).toBe(Number.POSITIVE_INFINITY);
  expect(worstDifference(of(Number.NaN), of(Number.NaN)).tolerances).toBe(0);
  expect(worstDifference(Int32Array.of(4, 5), Int32Array.of(4, 6))).toMatchObject({
    index: 1,
    tolerances: Number.POSITIVE_INFINITY,
  });
});
