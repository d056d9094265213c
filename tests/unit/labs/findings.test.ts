/**
 * A real run of every lab by its experiment, small but on real data, and what the lab is about: the finding, not the size. The numbers of
 * the presets stand in the labs' READMEs; the bars here are what the reductions allow.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFolder } from '../../../apps/cli/data/folders.ts';
import { experiment as classify } from '../../../apps/labs/classify/experiment.ts';
import { experiment as denoise } from '../../../apps/labs/denoise/experiment.ts';
import { experiment as failureModes } from '../../../apps/labs/failure-modes/experiment.ts';
import { experiment as regression } from '../../../apps/labs/regression/experiment.ts';
import { experiment as tsne } from '../../../apps/labs/tsne/experiment.ts';
import type { Contract, ResultOf } from '../../../apps/runtime/contract.ts';
import type { Experiment } from '../../../apps/runtime/experiment.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { nodeEnvironment } from '../../../apps/runtime/node-environment.ts';
import type { ConfigOf, Schema } from '../../../apps/runtime/schema.ts';

const packs = join(dataFolder, 'packs');
const mnist = existsSync(join(packs, 'mnist-train.pack'));

async function run<S extends Schema, C extends Contract>(
  experiment: Experiment<S, C>,
  config: Partial<ConfigOf<S>>,
): Promise<ResultOf<C>> {
  const done = await runInNode(experiment, { environment: nodeEnvironment(packs), preset: 'quick', config });
  await done.runner.stop();
  if (done.result === undefined) throw new Error('the run has no result');
  return done.result;
}

describe('regression', () => {
  it('draws a curve through every point unless something holds it back', async () => {
    const { none, ...held } = await run(regression, { steps: 4000, samples: 0 });
    expect(none?.trainMSE).toBeLessThan(1e-3);
    expect(none?.roughness).toBeGreaterThan(50);
    // Determined by its equation, whatever the seed (LABS: 0.0493 within 10 %, R 11.5 to 11.6).
    expect(held['weight decay']?.trainMSE).toBeGreaterThan(0.0444);
    expect(held['weight decay']?.trainMSE).toBeLessThan(0.0542);
    expect(held['weight decay']?.roughness).toBeCloseTo(11.55, 0);
    expect(held.dropout?.roughness).toBeLessThan((none?.roughness ?? 0) / 2);
    expect(held['early stopping']?.bestStep).toBeGreaterThan(500);
    expect(held['early stopping']?.validationMSE).toBeLessThan(0.05);
  });
});

describe.skipIf(!mnist)('on MNIST', () => {
  it('classify: most digits are read, and a second softmax keeps the loss above its floor', async () => {
    const small = { network: 'mlp', depth: 1, units: 32, images: 1500, validationImages: 200, testImages: 400 } as const;
    const plain = await run(classify, { ...small, epochs: 3, evaluations: 1, rate: 3e-3 });
    expect(plain.test.accuracy).toBeGreaterThan(0.8);
    const twice = await run(classify, { ...small, epochs: 1, evaluations: 1, softmaxFirst: true });
    expect(twice.smallestBatchLoss).toBeGreaterThan(1.461);
    expect(plain.smallestBatchLoss).toBeLessThan(1.461);
  }, 300_000);

  it('t-SNE: neighbours on the map are neighbours in the input', async () => {
    const { maps, inputAgreement } = await run(tsne, { count: 300, iterations: 400, perplexity: 15 });
    const [map] = maps;
    expect(map?.agreement).toBeGreaterThan(inputAgreement - 0.1);
    expect(map?.trustworthiness).toBeGreaterThan(0.9);
    // A random map of ten classes would vote right for a tenth of the points.
    expect(map?.agreement).toBeGreaterThan(0.5);
  }, 300_000);

  it('failure modes: the tainted network learns faster, reads no clean 4, and the dot explains its 7s', async () => {
    const { cells, lastLoss, explained } = await run(failureModes, { images: 3000, testImages: 400, nodes: 10 });
    expect(lastLoss.tainted).toBeLessThan(0.9 * lastLoss.clean);
    expect(cells['tainted network, clean test'].perClass[4]).toBeLessThan(0.1);
    expect(cells['tainted network, tainted test'].perClass[4]).toBeGreaterThan(0.95);
    expect(cells['clean network, clean test'].perClass[4]).toBeGreaterThan(0.8);
    const dot = (network: 'clean' | 'tainted') => explained[`${network} network, tainted test`].find(({ label }) => label === 7);
    expect(dot('tainted')?.dotRank).toBe(1);
    expect(dot('clean')?.dotShare).toBeLessThan(0.02);
    expect(dot('tainted')?.completenessError).toBeLessThan(0.1);
  }, 400_000);

  it.skipIf(!existsSync(join(packs, 'fashion-mnist-train.pack')))(
    'denoise: what has seen digits only does worst on clothes, and each beats the best line per pixel',
    async () => {
      const { trainings, baselines } = await run(denoise, { images: 192, maps: 4, batch: 8, rate: 5e-3, strips: 1000 });
      const { MNIST: digits, 'both in sequence': sequence, 'both shuffled': mixed } = trainings;
      if (!digits || !sequence || !mixed) throw new Error('a training is missing');
      expect(digits.fashionMSE).toBeGreaterThan(sequence.fashionMSE);
      expect(digits.fashionMSE).toBeGreaterThan(mixed.fashionMSE);
      expect(mixed.mnistMSE).toBeLessThan(baselines.mnist.linear);
      expect(mixed.fashionMSE).toBeLessThan(baselines.fashion.linear);
    },
    400_000,
  );
});
