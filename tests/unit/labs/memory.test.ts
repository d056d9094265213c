/** Five runs of a lab, one after the other on one device: each leaves as much memory behind as the one before. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { dataFolder } from '../../../apps/cli/data/folders.ts';
import { experiment as classify } from '../../../apps/labs/classify/experiment.ts';
import { experiment as regression } from '../../../apps/labs/regression/experiment.ts';
import type { AnyExperiment } from '../../../apps/runtime/experiment.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { nodeEnvironment } from '../../../apps/runtime/node-environment.ts';
import { memory } from '../../../engine/memory.ts';
import { getDevice } from '../../../engine/tensor.ts';

const packs = join(dataFolder, 'packs');

async function afterRuns(experiment: AnyExperiment, config: object): Promise<ReturnType<typeof memory>[]> {
  const left = [];
  for (let run = 0; run < 5; run++) {
    const { runner } = await runInNode(experiment, {
      environment: nodeEnvironment(packs),
      device: 'wasm',
      preset: 'quick',
      config,
    });
    await runner.stop();
    left.push(memory(getDevice()));
  }
  return left;
}

it('regression', async () => {
  const [first, ...others] = await afterRuns(regression, { steps: 30, samples: 0 });
  expect(first?.tensors, 'constants of the engine').toBeLessThanOrEqual(4);
  for (const left of others) expect(left).toEqual(first);
});

it.skipIf(!existsSync(join(packs, 'mnist-train.pack')))('classify', async () => {
  const small = { images: 128, validationImages: 32, testImages: 32, filters: 2, units: 8, epochs: 1, evaluations: 1 };
  const [first, ...others] = await afterRuns(classify, small);
  expect(first?.tensors, 'constants of the engine').toBeLessThanOrEqual(4);
  for (const left of others) expect(left).toEqual(first);
});
