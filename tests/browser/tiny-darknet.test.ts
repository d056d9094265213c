/** Tiny Darknet in Chrome, on both of its devices, against TensorFlow.js on the same pixels. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasTinyDarknet, photographsIn, pixelsOf } from '../unit/io/tiny-darknet-photographs.ts';
import { openPageRunner, type PageRunner } from './page-runner.ts';
import type { Seen } from './tiny-darknet.probe.ts';

const mirrored = photographsIn('photos');
const missing = !hasTinyDarknet ? 'Tiny Darknet is not prepared here' : mirrored.length === 0 ? 'no data mirror here' : '';

describe.skipIf(missing !== '')(`Tiny Darknet in Chrome${missing ? ` (skipped: ${missing})` : ''}`, () => {
  let runner: PageRunner;
  let pictures: string[];
  const seen = new Map<string, Seen>();
  beforeAll(async () => {
    runner = await openPageRunner({ adapter: 'software' });
    pictures = await Promise.all(
      mirrored.map(async (photograph) => Buffer.from((await pixelsOf(photograph)).buffer).toString('base64')),
    );
  });
  afterAll(() => runner?.close());

  it.each(['wasm', 'webgpu'] as const)('on %s it sees what TensorFlow.js sees', { timeout: 180_000 }, async (device) => {
    const { value, errors } = await runner.runInPage<Seen>('tests/browser/tiny-darknet.probe.ts', 'look', [device, pictures]);
    expect(errors).toEqual([]);
    expect(value.kind).toBe(device);
    expect(value.probabilities).toHaveLength(mirrored.length);
    for (const [at, { key, top }] of mirrored.entries()) {
      const p = value.probabilities[at] as readonly number[];
      expect(p.indexOf(Math.max(...p)), key).toBe(top[0]?.[0]);
      for (const [index, probability] of top) expect(Math.abs((p[index] as number) - probability), key).toBeLessThan(1e-3);
    }
    seen.set(device, value);
    console.log(`${device}: forward ${value.forward.toFixed(0)} ms, input gradient ${value.backward.toFixed(0)} ms`);
  });

  it('both give one gradient of the logit with respect to the pixels', () => {
    const [wasm, webgpu] = [seen.get('wasm') as Seen, seen.get('webgpu') as Seen];
    expect(wasm.gradient[0]).toBeGreaterThan(0);
    expect(webgpu.gradient[0] / wasm.gradient[0]).toBeCloseTo(1, 3);
    expect(Math.abs(webgpu.gradient[1] - wasm.gradient[1])).toBeLessThan(1e-3 * wasm.gradient[0]);
  });
});
