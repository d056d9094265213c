/** Every lab's exported scripts repeat the run that they were exported from, live changes included, to the bit. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { dataFolder } from '../../../apps/cli/data/folders.ts';
import { repositoryRoot as root } from '../../../apps/cli/root.ts';
import { runnableCode as classifyCode } from '../../../apps/labs/classify/code.ts';
import { experiment as classify, type Setup } from '../../../apps/labs/classify/experiment.ts';
import { schema as classifySchema } from '../../../apps/labs/classify/schema.ts';
import { runnableCode as denoiseCode } from '../../../apps/labs/denoise/code.ts';
import { experiment as denoise } from '../../../apps/labs/denoise/experiment.ts';
import { schema as denoiseSchema } from '../../../apps/labs/denoise/schema.ts';
import { experiments } from '../../../apps/labs/experiments.ts';
import { runnableCode as failureCode } from '../../../apps/labs/failure-modes/code.ts';
import { experiment as failureModes } from '../../../apps/labs/failure-modes/experiment.ts';
import { schema as failureSchema } from '../../../apps/labs/failure-modes/schema.ts';
import { runnableCode } from '../../../apps/labs/regression/code.ts';
import { experiment as regression } from '../../../apps/labs/regression/experiment.ts';
import { schema } from '../../../apps/labs/regression/schema.ts';
import { runnableCode as tsneCode } from '../../../apps/labs/tsne/code.ts';
import { experiment as tsne } from '../../../apps/labs/tsne/experiment.ts';
import type { PanelSpec } from '../../../apps/labs/tsne/panel.ts';
import { schema as tsneSchema } from '../../../apps/labs/tsne/schema.ts';
import type { LabEvent } from '../../../apps/runtime/events.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { nodeEnvironment } from '../../../apps/runtime/node-environment.ts';
import type { Change } from '../../../apps/runtime/runner.ts';
import { defaults } from '../../../apps/runtime/schema.ts';
import { RunStore } from '../../../apps/runtime/store.ts';
import { runScript } from '../../../apps/shell/run-texts.ts';
import { pngOf } from '../data/png-writer.ts';

const packs = join(dataFolder, 'packs');
const folder = join(root, '.cache/exported');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs an exported file as it is, but for the folder it lies in. @returns the arguments of each `console.log` */
async function printedBy(name: string, script: string): Promise<unknown[][]> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.ts`);
  writeFileSync(file, script.replaceAll("from './", `from '../../`).replace("'data/packs'", JSON.stringify(packs)));
  const printed: unknown[][] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...line) => void printed.push(line));
  try {
    await import(/* @vite-ignore */ file);
  } finally {
    log.mockRestore();
  }
  return printed;
}

/** A result without the seconds that it took. */
const untimed = (result: unknown): unknown =>
  JSON.parse(JSON.stringify(result, (key, value: unknown) => (key === 'seconds' ? undefined : value)));

/** A short run of each lab, and what its reader changed on the way. */
const short: Readonly<Record<string, { readonly config: object; readonly changes: readonly Change[]; readonly data?: string }>> =
  {
    regression: {
      config: { steps: 300, units: 4, decay: 0.01 },
      changes: [
        { step: 100, values: { rate: 0.05 } },
        { step: 150, values: { decay: 0.1 } },
      ],
    },
    classify: {
      config: {
        network: 'mlp',
        images: 100,
        validationImages: 20,
        testImages: 20,
        units: 4,
        batch: 20,
        epochs: 1,
        evaluations: 1,
      },
      changes: [{ step: 2, values: { rate: 0.02 } }],
    },
    tsne: { config: { count: 60, iterations: 60, perplexity: 5 }, changes: [{ step: 20, values: { perplexity: 12, rate: 80 } }] },
    'failure-modes': {
      config: { images: 500, testImages: 200, epochs: 1, batch: 128, nodes: 2 },
      changes: [{ step: 2, values: { rate: 0.01, method: 'saliency' } }],
    },
    features: {
      config: {
        network: 'cifar-10',
        trainCount: 500,
        epochs: 1,
        steps: 8,
        compare: 'with pixels',
        terms: [{ kind: 'channel', layer: '9', unit: 3, weight: 1 }],
      },
      changes: [{ step: 5, values: { rate: 0.3 } }],
      data: 'cifar-10',
    },
    denoise: {
      config: { training: 'MNIST', images: 64, maps: 2, depth: 1, batch: 32, epochs: 2 },
      changes: [{ step: 2, values: { rate: 0.03 } }],
    },
    masktune: {
      config: { images: 500, testImages: 200, width: 4, epochs: 2 },
      changes: [
        { step: 2, values: { rate: 0.03 } },
        { step: 6, values: { strength: 0.3 } },
      ],
    },
    saliency: {
      config: { images: 200, epochs: 1, pictures: 2, methods: ['CAM', 'integrated gradients'] },
      changes: [{ step: 1, values: { nodes: 3 } }],
    },
    adversarial: {
      config: {
        images: 1500,
        epochs: 1,
        testImages: 30,
        attackSteps: 4,
        curveSteps: 2,
        sizes: 2,
        hardened: true,
        hardenedSteps: 1,
        hardenedEpochs: 1,
      },
      changes: [],
    },
    mode: {
      config: {
        images: 600,
        testImages: 200,
        epochs: 1,
        rounds: 1,
        repairImages: 64,
        seeds: 1,
        compare: 'one method',
        layers: 'off',
      },
      changes: [{ step: 2, values: { rate: 0.01 } }],
    },
  };

describe.each([...experiments.keys()])('%s', (id) => {
  it.skipIf(id !== 'regression' && !existsSync(join(packs, `${short[id]?.data ?? 'mnist'}-train.pack`)))(
    'is repeated by its script',
    async () => {
      const experiment = await experiments.get(id)?.();
      if (!experiment) throw new Error('no experiment');
      const { config, changes } = short[id] ?? { config: {}, changes: [] };
      const events: unknown[][] = [];
      const store = new RunStore();
      const run = await runInNode(experiment, {
        environment: nodeEnvironment(packs),
        preset: 'quick',
        config,
        changes,
        onEvent(event) {
          store.apply([event]);
          if (event.type === 'metric') events.push([event.series, event.x, event.y]);
        },
      });
      await run.runner.stop();
      const made = { config: run.config, changes };
      const source = { definition: experiment, preset: 'quick', made, store, device: run.device, recorded: false };
      const printed = await printedBy(id, await runScript(source));
      expect(events.length).toBeGreaterThan(3);
      expect(printed.slice(0, -1)).toEqual(events);
      expect(untimed(printed.at(-1)?.[2])).toEqual(untimed(run.result));
      // Live settings of the adversarial lab act on pictures that the reader attacks, not on the run.
      if (changes.length === 0) return;
      // Without what was changed on the way it is another run.
      const unchanged = await runInNode(experiment, { environment: nodeEnvironment(packs), preset: 'quick', config });
      await unchanged.runner.stop();
      expect(untimed(unchanged.result)).not.toEqual(untimed(run.result));
    },
    300_000,
  );
});

describe('a run with the reader’s own images that went on from a checkpoint', () => {
  it('is repeated by its script where the files lie beside it, and refused where one is another', async () => {
    const picture = (level: number) =>
      Uint8Array.from(
        pngOf({ width: 9, height: 9, depth: 8, colour: 2, samples: (x, y) => [level, (x * 25) % 256, (y * 25) % 256] }),
      );
    const files = new Map<string, Uint8Array<ArrayBuffer>>();
    for (let i = 0; i < 12; i++) {
      files.set(`mine/dark ones/${i}.png`, picture(i));
      files.set(`mine/light/${i}.png`, picture(230 + i));
    }
    const small = {
      network: 'mlp',
      depth: 1,
      units: 4,
      ownSide: 8,
      images: 12,
      validationImages: 4,
      batch: 4,
      epochs: 4,
    } as const;
    const config = { ...defaults(classifySchema), ...small, dataset: 'own', evaluations: 1 } as const;
    const run = async (checkpoint?: Uint8Array<ArrayBuffer>) => {
      const store = new RunStore();
      const saved: Uint8Array<ArrayBuffer>[] = [];
      const done = await runInNode(classify, {
        environment: nodeEnvironment(packs),
        config,
        files,
        ...(checkpoint ? { checkpoint } : {}),
        onEvent(event) {
          store.apply([event]);
          if (event.type === 'checkpoint') saved.push(event.bytes.slice());
        },
      });
      await done.runner.stop();
      return { store, done, saved };
    };
    const [checkpoint = expect.fail('no checkpoint')] = (await run()).saved;
    const { store, done } = await run(checkpoint);
    const made = { config, changes: [], files, checkpoint };
    const source = { definition: classify, preset: 'quick', made, store, device: done.device, recorded: false };
    const script = await runScript(source);
    for (const [name, bytes] of [...files, ['classify-seed-1-start.safetensors', checkpoint] as const]) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), bytes);
    }
    const printed = await printedBy('own', script);
    expect(printed.at(-1)?.[2]).toEqual(done.result);
    expect(done.result?.epochs).toHaveLength(4);
    writeFileSync(join(folder, 'mine/light/3.png'), picture(5));
    await expect(printedBy('own-changed', script)).rejects.toThrow('mine/light/3.png is another file than that of the run');
  });
});

describe('regression with the engine alone', () => {
  const changes: readonly Change[] = [
    { step: 40, values: { rate: 0.03 } },
    { step: 120, values: { decay: 0.05, rate: 0.02 } },
  ];
  it.each([
    ['all four settings', {}],
    ['points held out for all, decoupled decay', { holdOutForAll: true, decayForm: 'decoupled' }],
    ['early stopping that stops', { setting: 'early stopping', patience: 2, minDelta: 0.01, steps: 600 }],
    [
      'gradient descent with another nonlinearity',
      { setting: 'weight decay', optimiser: 'sgd', activation: 'sigmoid', rate: 0.002 },
    ],
    ['dropout', { setting: 'dropout', p: 0.4, activation: 'relu' }],
    ['gradient descent with decoupled decay', { setting: 'weight decay', optimiser: 'sgd', decayForm: 'decoupled' }],
  ] as const)('%s', async (name, values) => {
    const config = { ...defaults(schema), steps: 200, evalEvery: 20, units: 5, samples: 0, ...values };
    const run = await runInNode(regression, { environment: nodeEnvironment(packs), config, changes });
    await run.runner.stop();
    const printed = await printedBy(`engine-${name.replace(/\W+/g, '-')}`, runnableCode(config, changes));
    const found = Object.fromEntries(printed.map(([line]) => JSON.parse(String(line))));
    expect(Object.keys(found)).toEqual(Object.keys(run.result ?? {}));
    for (const [setting, result] of Object.entries(run.result ?? {})) {
      expect(found[setting].trainMSE, setting).toBe(result.trainMSE);
      if ('validationMSE' in found[setting]) expect(found[setting].validationMSE, setting).toBe(result.validationMSE);
      if (setting === 'early stopping') expect(found[setting].bestStep).toBe(result.bestStep);
    }
  });
});

describe.skipIf(!existsSync(join(packs, 'mnist-train.pack')))('trainings with the engine alone', () => {
  it('failure modes: the same losses and accuracies', async () => {
    const config = {
      ...defaults(failureSchema),
      ...{ images: 600, testImages: 200, epochs: 2, batch: 64, fraction: 0.5, nodes: 2 },
    };
    const changes: readonly Change[] = [{ step: 3, values: { rate: 0.005 } }];
    const losses: unknown[][] = [];
    const onEvent = (event: LabEvent) => event.type === 'metric' && void losses.push([event.series, event.x, event.y]);
    const run = await runInNode(failureModes, { environment: nodeEnvironment(packs), config, changes, onEvent });
    await run.runner.stop();
    const printed = await printedBy('engine-failure-modes', failureCode(config, changes));
    const found = (which: string) => printed.filter(([series]) => series === which);
    for (const which of ['clean', 'tainted']) expect(found(which)).toEqual(losses.filter(([series]) => series === which));
    for (const [cell, { accuracy }] of Object.entries(run.result?.cells ?? {})) expect(found(cell)).toEqual([[cell, accuracy]]);
  }, 120_000);

  it.each([
    ['as published', {}],
    [
      'clothes first, three to a digit, in units of their own',
      { clothes: 3, order: 'clothes first', clothesNormalisation: 'own' },
    ],
  ] as const)(
    'denoise, %s: the same losses and errors',
    async (name, values) => {
      const small = { images: 96, testImages: 80, maps: 2, depth: 2, batch: 16, epochs: 1, strips: 1000 };
      const config = { ...defaults(denoiseSchema), ...small, ...values };
      const losses: unknown[][] = [];
      const onEvent = (event: LabEvent) => event.type === 'metric' && void losses.push([event.series, event.x, event.y]);
      const run = await runInNode(denoise, { environment: nodeEnvironment(packs), config, onEvent });
      await run.runner.stop();
      const printed = await printedBy(`engine-denoise-${name.slice(0, 2)}`, denoiseCode(config));
      for (const [training, result] of Object.entries(run.result?.trainings ?? {})) {
        const of = printed.filter(([first]) => first === training);
        expect(of.slice(0, -2)).toEqual(losses.filter(([series]) => series === training));
        expect(of.slice(-2)).toEqual([
          [training, 'mnist', expect.closeTo(result.mnistMSE, 6)],
          [training, 'fashion-mnist', expect.closeTo(result.fashionMSE, 6)],
        ]);
      }
    },
    120_000,
  );

  it.each([
    ['some held out', {}],
    ['none held out', { validationImages: 0 }],
  ] as const)('classify, %s: the same losses and accuracy', async (name, values) => {
    const small = { network: 'mlp', depth: 1, units: 8, images: 200, validationImages: 40, testImages: 50, epochs: 2 } as const;
    const config = { ...defaults(classifySchema), ...small, ...values };
    const store = new RunStore();
    const onEvent = (event: LabEvent) => store.apply([event]);
    const run = await runInNode(classify, { environment: nodeEnvironment(packs), config, onEvent });
    await run.runner.stop();
    const { network, inputShape } = store.data.get('setup') as Setup;
    const printed = await printedBy(`engine-classify-${name.slice(0, 4)}`, classifyCode(config, network, inputShape));
    const losses = printed.filter(([what]) => what === 'step').map(([, , loss]) => loss);
    expect(losses).toEqual(store.charts.get('loss')?.get('training')?.y);
    expect(printed.find(([what]) => what === 'test')?.[1]).toBe(run.result?.test.accuracy);
  });

  const grid = { view: 'grid', perplexities: '5 9', seeds: 2 } as const;
  it.each([
    ['pixels', {}],
    ['a layer after an epoch, by its path', { layer: 'other', path: '1', epoch: 1 }],
    ['outputs and pixels, several perplexities and seeds', { ...grid, spaces: 'softmax pixels' }],
    ['logits before training, in the schedule of 2008', { layer: 'logits', epoch: 0, schedule: 'paper', components: 6 }],
  ] as const)(
    't-SNE of %s: the same maps',
    async (name, values) => {
      const small = { count: 70, iterations: 120, perplexity: 6, trainCount: 500, epochs: 2, every: 7 };
      const config = { ...defaults(tsneSchema), ...small, ...values };
      const store = new RunStore();
      const onEvent = (event: LabEvent) => store.apply([event]);
      const run = await runInNode(tsne, { environment: nodeEnvironment(packs), config, onEvent });
      await run.runner.stop();
      const panels = store.data.get('panels') as readonly PanelSpec[];
      const printed = await printedBy(`engine-tsne-${name.replace(/\W+/g, '-')}`, tsneCode(config, panels));
      const found = printed.slice(1).map(([line]) => JSON.parse(String(line)));
      expect(found).toEqual(
        (run.result?.maps ?? []).map(({ KL, agreement, perplexity, seed, layer = config.layer }) => ({
          ...{ space: layer, perplexity, seed, iterations: 120, KL, agreement },
        })),
      );
    },
    120_000,
  );
});
