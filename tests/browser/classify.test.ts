/**
 * The convolutional network of the classify lab in headless Chrome on the software adapter: the same losses as in Node and on the
 * reference device, the same bits twice, resuming as if uninterrupted, and 0.95 after one epoch of 20,000 images of MNIST.
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
const FIRST = 20;
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

async function inNode(device: 'webgpu' | 'cpu'): Promise<number[]> {
  const losses: number[] = [];
  const run = await runInNode(experiment, {
    environment: nodeEnvironment(join(repositoryRoot, 'data/packs')),
    device,
    preset: 'one epoch',
    config: settings,
    steps: FIRST,
    onEvent(event) {
      if (event.type === 'metric' && event.series === 'training' && event.chart === undefined) losses.push(event.y);
    },
  });
  await run.runner.stop();
  return losses.slice(0, FIRST);
}

const furthest = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);

it('reaches 0.95 on the test set after one epoch of 20,000 images, with the first losses of Node and of the reference device', async () => {
  const { software, losses, test, seconds } = await inPage<Trained>('trained', 'one epoch', settings);
  console.log(`one epoch in Chrome: test accuracy ${test?.accuracy}, ${seconds.toFixed(1)} s`);
  expect(software).toBe(true);
  expect(losses).toHaveLength(313);
  expect(test?.accuracy).toBeGreaterThanOrEqual(0.95);
  const first = losses.slice(0, FIRST);
  const again = await inPage<Trained>('trained', 'one epoch', settings, FIRST);
  expect(again.losses.slice(0, FIRST)).toEqual(first);
  expect(furthest(first, await inNode('webgpu'))).toBeLessThan(1e-3);
  expect(furthest(first, await inNode('cpu'))).toBeLessThan(1e-3);
});

it('goes on from a checkpoint as if it had not stopped', async () => {
  const { whole, rest } = await inPage<{ whole: Trained; rest: Trained }>('resumed', small, 8);
  expect(whole.losses).toHaveLength(32);
  expect(rest.losses).toEqual(whole.losses.slice(8));
  expect(rest.test).toEqual(whole.test);
});
