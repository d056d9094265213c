/** The PyTorch script of a run gives its first losses, on the same batches from the same weights. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dataFolder } from '../../../apps/cli/data/folders.ts';
import { experiments } from '../../../apps/labs/experiments.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { nodeEnvironment } from '../../../apps/runtime/node-environment.ts';
import type { PyTorchExport } from '../../../apps/runtime/pytorch/name.ts';
import { pythonWith } from '../../python.ts';

const packs = join(dataFolder, 'packs');
const python = pythonWith('torch');

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'chalkgrad-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const small = { images: 200, validationImages: 20, testImages: 20, batch: 20, epochs: 1, evaluations: 1 };
const series = {
  regression: 'none',
  classify: 'training',
  'failure-modes': 'tainted',
  denoise: 'MNIST',
  masktune: 'ERM',
  mode: 'first training',
};

/** A short run of each lab that trains a plain network, and how its classes of layers and optimisers differ. */
const runs: readonly (readonly [lab: keyof typeof series, what: string, config: object])[] = [
  ['regression', 'one hidden layer, Adam', { steps: 100, units: 6, setting: 'none' }],
  ['classify', 'a CNN, Adam', { ...small, filters: 4, units: 16 }],
  [
    'classify',
    'batch norm, global average, SGD with Nesterov momentum and decay of the weights',
    {
      ...small,
      network: 'cnn',
      filters: 2,
      dropout: 'off',
      optimiser: 'sgd',
      rate: 0.05,
      nesterov: true,
      decay: 0.01,
      decayRule: 'weights',
    },
  ],
  [
    'classify',
    'residual blocks, a second softmax, AdamW',
    { ...small, network: 'skip-mlp', units: 8, dropout: 'off', softmaxFirst: true, optimiser: 'adamw', decay: 0.1 },
  ],
  ['classify', 'Adam in Keras’s form', { ...small, network: 'mlp', units: 8, epsilonForm: 'keras', epsilon: 1e-3 }],
  ['failure-modes', 'the tainted network', { images: 300, testImages: 100, epochs: 1, nodes: 2 }],
  [
    'denoise',
    'a UNet on the noise of the run',
    { training: 'MNIST', images: 64, testImages: 16, maps: 2, batch: 16, epochs: 1, strips: 1000 },
  ],
  ['masktune', 'the first network', { images: 300, testImages: 100, width: 4, epochs: 1 }],
  [
    'mode',
    'the first network, Keras',
    { images: 600, testImages: 100, epochs: 1, rounds: 1, repairImages: 32, seeds: 1, compare: 'one method', layers: 'off' },
  ],
];

const mnist = existsSync(join(packs, 'mnist-train.pack'));
const lacking = 'reason' in python ? ` (not run: ${python.reason})` : '';

describe.skipIf(!mnist || 'reason' in python)(`a run in PyTorch${lacking}`, () => {
  it.each(runs)(
    '%s: %s',
    async (lab, _, config) => {
      const experiment = await experiments.get(lab)?.();
      if (!experiment) throw new Error('no experiment');
      const losses: number[] = [];
      const run = await runInNode(experiment, {
        environment: nodeEnvironment(packs),
        preset: 'quick',
        config,
        device: 'wasm',
        onEvent: (event) => {
          if (event.type === 'metric' && event.series === series[lab] && (event.chart ?? 'loss') === 'loss') losses.push(event.y);
        },
      });
      const { script, file } = (await run.runner.request('pytorch', undefined)) as PyTorchExport;
      await run.runner.stop();
      const name = /It reads (\S+)\.safetensors/.exec(script)?.[1] as string;
      writeFileSync(join(folder, `${name}.py`), script);
      writeFileSync(join(folder, `${name}.safetensors`), file);
      const { stdout, stderr, status } = spawnSync('command' in python ? python.command : '', [join(folder, `${name}.py`)], {
        encoding: 'utf8',
      });
      expect(status, stderr).toBe(0);
      const steps = [...stdout.matchAll(/loss ([\d.]+), in Chalkgrad ([\d.]+)/g)].map(
        ([, theirs, ours]) => [Number(theirs), Number(ours)] as const,
      );
      expect(steps.length).toBeGreaterThan(3);
      for (const [i, [theirs, ours]] of steps.entries()) {
        expect(Math.abs(theirs - ours), `step ${i + 1}: ${theirs} in PyTorch, ${ours} here`).toBeLessThan(1e-4);
        // Regression evaluates now and then, after its steps; the others tell the loss of every batch.
        if (lab !== 'regression') expect(ours).toBeCloseTo(losses[i] as number, 5);
      }
      // The weights have moved, so that equal losses are no accident of a standstill.
      expect(steps.at(-1)?.[0]).not.toBeCloseTo(steps[0]?.[0] as number, 3);
      expect(stdout).toMatch(/trained: loss of the first batch \d/);
    },
    120_000,
  );
});
