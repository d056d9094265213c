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
    expect((await replay({ kind: 'dance', name: 'x' })).failures[0]?.message).toContain("no kind of case 'dance'");
  });

  test('refuses files that are none', async () => {
    await expect(runFixtures({ json: '{', tensors: files.tensors }, device)).rejects.toThrow(DataFormatError);
    await expect(runFixtures({ json: '{}', tensors: files.tensors }, device)).rejects.toThrow(DataFormatError);
    await expect(runFixtures({ json: files.json, tensors: files.tensors.subarray(0, 5000) }, device)).rejects.toThrow(
      DataFormatError,
    );
  });
});
