/**
 * The convolutional network of the classify lab in headless Chrome. On the processor: 0.95 after one epoch of 20,000 images of MNIST,
 * with the bits of Node. On the software adapter of WebGPU: the same losses as in Node, as on the processor and as the reference has
 * them, the same bits twice, resuming as if uninterrupted.
 */
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { repositoryRoot } from '../../apps/cli/root.ts';
import { experiment } from '../../apps/labs/classify/experiment.ts';
import { runInNode } from '../../apps/runtime/node.ts';
import { nodeEnvironment } from '../../apps/runtime/node-environment.ts';
import type { Trained } from './classify.probe.ts';
import { openPageRunner, type PageRunner } from './page-runner.ts';

const PROBE = 'tests/browser/classify.probe.ts';
/** Steps whose losses are compared; the reference device takes a second for each. */
const FIRST = 6;
const OF_REFERENCE = 3;
/** The numbers of this file are those of the preset `full`: 1→32 (3×3) → 128 → 10, Adam 1e-3, batches of 64. */
const settings = { evaluations: 1 };
/** A small one: two epochs of 16 steps. */
const small = { images: 512, batch: 32, validationImages: 100, testImages: 100, dropout: 'on', evaluations: 2 } as const;

let runner: PageRunner;
beforeAll(async () => {
  runner = await openPageRunner({ adapter: 'software' });
});
afterAll(() => runner?.close());

async function inPage<T>(name: string, ...args: unknown[]): Promise<T> {
  const { value, errors } = await runner.runInPage<T>(PROBE, name, args);
  expect(errors).toEqual([]);
  return value;
}

async function inNode(device: 'wasm' | 'webgpu' | 'cpu', count = FIRST): Promise<number[]> {
  const losses: number[] = [];
  const run = await runInNode(experiment, {
    environment: nodeEnvironment(join(repositoryRoot, 'data/packs')),
    device,
    preset: 'one epoch',
    config: settings,
    steps: count,
    onEvent(event) {
      if (event.type === 'metric' && event.series === 'training' && event.chart === undefined) losses.push(event.y);
    },
  });
  await run.runner.stop();
  return losses.slice(0, count);
}

const furthest = (a: readonly number[], b: readonly number[], count = FIRST): number => {
  expect(Math.min(a.length, b.length)).toBeGreaterThanOrEqual(count);
  return a.slice(0, count).reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);
};

it('reaches 0.95 on the test set after one epoch of 20,000 images on the processor, with the losses of Node to the bit', async () => {
  const { kind, losses, test, seconds } = await inPage<Trained>('trained', 'wasm', 'one epoch', settings);
  console.log(`one epoch in Chrome: test accuracy ${test?.accuracy}, ${seconds.toFixed(1)} s`);
  expect(kind).toBe('wasm');
  expect(losses).toHaveLength(313);
  expect(test?.accuracy).toBeGreaterThanOrEqual(0.95);
  expect(losses.slice(0, FIRST)).toEqual(await inNode('wasm'));
});

it('has the same losses on the software adapter, twice the same bits, in Node and on every other device', async () => {
  const { kind, software, losses } = await inPage<Trained>('trained', 'webgpu', 'one epoch', settings, FIRST);
  expect({ kind, software }).toEqual({ kind: 'webgpu', software: true });
  const first = losses.slice(0, FIRST);
  const again = await inPage<Trained>('trained', 'webgpu', 'one epoch', settings, FIRST);
  expect(again.losses.slice(0, FIRST)).toEqual(first);
  expect(furthest(first, await inNode('webgpu'))).toBeLessThan(1e-3);
  expect(furthest(first, await inNode('wasm'))).toBeLessThan(1e-3);
  expect(furthest(first, await inNode('cpu', OF_REFERENCE), OF_REFERENCE)).toBeLessThan(1e-3);
});

it('goes on from a checkpoint as if it had not stopped, on the software adapter', async () => {
  const { whole, rest } = await inPage<{ whole: Trained; rest: Trained }>('resumed', 'webgpu', small, 8);
  expect(whole.losses).toHaveLength(32);
  expect(rest.losses).toEqual(whole.losses.slice(8));
  expect(rest.test).toEqual(whole.test);
});
