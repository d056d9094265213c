/** Replays the fixtures of the methods; `make_method_fixtures.py` made them with PyTorch. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { setDevice } from '../../engine/tensor.ts';
import { availableDevices } from '../unit/core/devices.ts';
import { runFixtures } from './fixtures.ts';

const read = (name: string) => readFileSync(fileURLToPath(new URL(`./fixtures-methods/${name}`, import.meta.url)));

const opened = await availableDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

describe.each(opened)('methods on %s', (_, device) => {
  beforeEach(() => setDevice(device));

  test('agree with PyTorch in all cases', { timeout: 300_000 }, async () => {
    const json = read('fixtures.json').toString();
    const { passed, failures } = await runFixtures({ json, tensors: new Uint8Array(read('fixtures.safetensors')) }, device);
    expect(failures).toEqual([]);
    expect(passed).toBe((JSON.parse(json) as { cases: unknown[] }).cases.length);
  });
});
