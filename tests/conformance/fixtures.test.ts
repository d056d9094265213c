/** Replays the fixtures that lie beside this file; `make_fixtures.py` made them with PyTorch. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { DataFormatError } from '../../engine/errors.ts';
import { readSafetensors, writeSafetensors } from '../../engine/io/safetensors.ts';
import { availableDevices } from '../unit/core/devices.ts';
import { runFixtures } from './fixtures.ts';

const read = (name: string) => readFileSync(fileURLToPath(new URL(`./fixtures/${name}`, import.meta.url)));
const files = { json: read('fixtures.json').toString(), tensors: new Uint8Array(read('fixtures.safetensors')) };

const opened = await availableDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

describe.each(opened)('PyTorch fixtures on %s', (_, device) => {
  test('all cases pass', { timeout: 300_000 }, async () => {
    const { passed, failures } = await runFixtures(files, device);
    expect(failures).toEqual([]);
    expect(passed).toBe(JSON.parse(files.json).cases.length);
  });
});

describe('the runner', () => {
  const device = (opened[0] as (typeof opened)[number])[1];
  const { tensors } = readSafetensors(files.tensors);
  const first = (kind: string) => JSON.parse(files.json).cases.find((c: { kind: string }) => c.kind === kind);
  const replay = (test: unknown, bytes = files.tensors) =>
    runFixtures({ json: JSON.stringify({ cases: [test] }), tensors: bytes }, device);

  test('notices a wrong output, gradient, loss, state and map', async () => {
    const changed = (name: string) => {
      const copy = new Map(tensors);
      const { dtype, shape, data } = copy.get(name) as NonNullable<ReturnType<typeof tensors.get>>;
      const values = Float32Array.from(data as Float32Array);
      values[values.length - 1] = (values.at(-1) as number) * 1.1 + 0.1;
      copy.set(name, { dtype, shape, data: values });
      return writeSafetensors(copy);
    };
    const op = first('op');
    const train = first('train');
    const attribution = first('attribution');
    const finals = Object.values(train.final) as string[];
    const cases = [
      [op, changed(op.output), /^output\[/],
      [op, changed(op.grads[1]), /^gradient 1\[/],
      [{ ...train, losses: train.losses.map((loss: number) => loss * 1.02) }, files.tensors, /^losses\[/],
      [train, changed(finals.at(-1) as string), /^final '/],
      [attribution, changed(attribution.output), /^map\[/],
    ] as const;
    for (const [test, bytes, message] of cases) {
      const { passed, failed, failures } = await replay(test, bytes);
      expect([passed, failed]).toEqual([0, 1]);
      expect(failures[0]?.message).toMatch(message);
    }
  });

  test('counts cases that nobody knows as failed, and says so', async () => {
    const { failures } = await replay({ ...first('op'), op: 'fourier' });
    expect(failures).toEqual([{ name: first('op').name, kind: 'op', message: "there is no operation 'fourier'" }]);
    expect((await replay({ ...first('attribution'), method: 'magic' })).failures[0]?.message).toContain(
      "no attribution method 'magic'",
    );
    const method = { kind: 'method', name: 'y', method: 'magic', attrs: {}, inputs: {}, outputs: {}, rtol: 0, atol: 0 };
    expect((await replay(method)).failures).toEqual([{ name: 'y', kind: 'method', message: "there is no method 'magic'" }]);
    expect((await replay({ kind: 'dance', name: 'x' })).failures[0]?.message).toContain("no kind of case 'dance'");
  });

  test('tells NaN and infinities apart where a case speaks of them, and wants whole numbers exact', async () => {
    const file = (dtype: 'F32' | 'I32', data: number[]) => ({
      dtype,
      shape: [data.length],
      data: dtype === 'F32' ? Float32Array.from(data) : Int32Array.from(data),
    });
    const { NaN: nan, POSITIVE_INFINITY: infinity } = Number;
    const abs = async (x: ReturnType<typeof file>, y: ReturnType<typeof file>, nonfinite = true) => {
      const bytes = writeSafetensors(new Map(Object.entries({ x, y })));
      const op = { kind: 'op', name: 'z', op: 'abs', attrs: {}, inputs: ['x'], output: 'y', upstream: null, grads: [null] };
      return (await replay({ ...op, nonfinite, rtol: 1, atol: 1 }, bytes)).failures.map(({ message }) => message.slice(0, 9));
    };
    const x = file('F32', [nan, -infinity, 1]);
    expect(await abs(x, file('F32', [nan, infinity, 1]))).toEqual([]);
    expect(await abs(x, file('F32', [nan, infinity, 1]), false)).toEqual(['output[0]']);
    expect(await abs(x, file('F32', [nan, -infinity, 1]))).toEqual(['output[1]']);
    expect(await abs(x, file('F32', [0, infinity, 1]))).toEqual(['output[0]']);
    expect(await abs(x, file('F32', [nan, infinity, nan]))).toEqual(['output[2]']);
    expect(await abs(file('F32', [5]), file('I32', [5]))).toEqual([]);
    expect(await abs(file('F32', [5]), file('I32', [6]))).toEqual(['output[0]']);
  });

  test('freezes parameters in the steps that a case names', async () => {
    const train = first('train');
    const [name, key] = Object.entries(train.init)[0] as [string, string];
    const [inputs, targets, losses] = [train.inputs.slice(0, 1), train.targets.slice(0, 1), train.losses.slice(0, 1)];
    const step = { ...train, inputs, targets, losses, final: { [name]: key }, rtol: 1e-5, atol: 1e-6 };
    expect((await replay({ ...step, frozen: { [name]: [0, 1] } })).failures).toEqual([]);
    expect((await replay({ ...step, frozen: { [name]: [1, 2] } })).failures[0]?.message).toMatch(/^final '/);
    expect((await replay({ ...train, frozen: { nobody: [0, 1] } })).failures[0]?.message).toContain("no parameter 'nobody'");
  });

  test('refuses files that are none', async () => {
    await expect(runFixtures({ json: '{', tensors: files.tensors }, device)).rejects.toThrow(DataFormatError);
    await expect(runFixtures({ json: '{}', tensors: files.tensors }, device)).rejects.toThrow(DataFormatError);
    await expect(runFixtures({ json: files.json, tensors: files.tensors.subarray(0, 5000) }, device)).rejects.toThrow(
      DataFormatError,
    );
  });
});
