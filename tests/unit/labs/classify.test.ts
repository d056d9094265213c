/** The classify lab's experiment in Node on made-up pictures: both devices, checkpoints, search, own images, questions. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import type { ImageBatch } from '../../../apps/components/shared/images.ts';
import { liveTensors, verifiable, verifiableOn } from '../../../apps/labs/classify/card-tensors.ts';
import { runnableCode } from '../../../apps/labs/classify/code.ts';
import { type ClassifyResult, experiment, type Setup } from '../../../apps/labs/classify/experiment.ts';
import { histograms } from '../../../apps/labs/classify/histogram-plot.ts';
import {
  BINS,
  type Histogram,
  type HistogramReport,
  histogramOf,
  MOST_LAYERS,
  spread,
} from '../../../apps/labs/classify/histograms.ts';
import { networkDiagram } from '../../../apps/labs/classify/network-diagram.ts';
import type { Config } from '../../../apps/labs/classify/networks.ts';
import { type EvaluationReport, lossOfLab01 } from '../../../apps/labs/classify/report.ts';
import type { Inspection, Prediction } from '../../../apps/labs/classify/requests.ts';
import { schema } from '../../../apps/labs/classify/schema.ts';
import type { Verification } from '../../../apps/math/card.ts';
import { openEngine } from '../../../apps/runtime/engine-device.ts';
import type { LabEvent } from '../../../apps/runtime/events.ts';
import type { DevicePreference } from '../../../apps/runtime/experiment.ts';
import { snapshotsOf } from '../../../apps/runtime/network-source.ts';
import { type NodeRun, runInNode } from '../../../apps/runtime/node.ts';
import { defaults } from '../../../apps/runtime/schema.ts';
import { RunStore } from '../../../apps/runtime/store.ts';
import { settingsOfCheckpoint } from '../../../apps/shell/settings-of-checkpoint.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import { getDevice } from '../../../engine/tensor.ts';
import { pngOf } from '../data/png-writer.ts';
import { spotPacks, spots } from './classify-pictures.ts';
import { readWords } from './truth/rendered.ts';

const TRAIN = 400;
let packs: Map<string, Uint8Array>;
beforeAll(async () => {
  packs = await spotPacks(TRAIN, 100);
});

/** Small and quick: a hidden layer of 16 on 240 pictures. */
const small: Partial<Config> = {
  images: 240,
  validationImages: 80,
  testImages: 100,
  network: 'mlp',
  depth: 1,
  units: 16,
  batch: 16,
  epochs: 2,
  evaluations: 2,
};

interface Done extends NodeRun<ClassifyResult> {
  readonly events: readonly LabEvent[];
  readonly store: RunStore;
}

async function run(
  values: Partial<Config> = {},
  options: { device?: DevicePreference; checkpoint?: Uint8Array; files?: ReadonlyMap<string, Uint8Array>; steps?: number } = {},
): Promise<Done> {
  const events: LabEvent[] = [];
  const done = await runInNode(experiment, {
    environment: { data: { read: async (path) => packs.get(path) }, open: openEngine },
    device: 'cpu',
    config: { ...small, ...values },
    onEvent: (event) => events.push(structuredClone(event)),
    ...options,
  });
  const store = new RunStore();
  store.apply(events);
  return { ...done, events, store };
}

const resultOf = ({ result }: Done): ClassifyResult => {
  if (!result) throw new Error('the run has no result');
  return result;
};
const losses = ({ store }: Done): number[] => store.charts.get('loss')?.get('training')?.y ?? [];

describe('histograms', () => {
  it('count every value, centre on zero and leave out what is not finite', () => {
    const { limit, counts, deviation } = histogramOf([-2, -1, 0, 0, 1, 2, Number.NaN, Number.POSITIVE_INFINITY]);
    expect(limit).toBe(2);
    expect([counts[0], counts[(BINS - 1) / 2], counts[BINS - 1]]).toEqual([1, 2, 1]);
    expect(counts.reduce((a, b) => a + b, 0)).toBe(6);
    expect(deviation).toBeCloseTo(Math.sqrt(10 / 6), 12);
    expect(histogramOf([0, 0]).counts[(BINS - 1) / 2]).toBe(2);
  });

  it('come with every look: of the weights as they are, and of gradients whose norms are told', async () => {
    const { store } = await run({ network: 'skip-mlp', depth: 3, dropout: 'off' });
    const norms = store.series('gradients');
    const steps = norms[0]?.x ?? [];
    expect(steps.length).toBe(4);
    const names = norms.map(({ name }) => name);
    const reports = steps.map((step) => store.data.get(`histogram ${step}`) as HistogramReport);
    const total = ({ counts }: Histogram) => counts.reduce((a, b) => a + b, 0);
    for (const [i, { layers, step }] of reports.entries()) {
      expect(step).toBe(steps[i]);
      expect(layers.map(({ path }) => path)).toEqual(spread(names, MOST_LAYERS));
      for (const { path, weights, gradients } of layers) {
        // max|g| ≤ ‖g‖ ≤ √n max|g|
        const norm = norms.find(({ name }) => name === path)?.y[i] as number;
        expect(gradients.limit).toBeLessThanOrEqual(norm * 1.0001);
        expect(norm).toBeLessThanOrEqual(gradients.limit * Math.sqrt(total(gradients)) * 1.0001);
        expect(total(weights)).toBe(total(gradients));
      }
    }
    expect(reports.at(-1)?.layers[0]?.weights.deviation).not.toBe(reports[0]?.layers[0]?.weights.deviation);
    expect(readWords(histograms(reports, names))).toContain('standard deviation');
    const setup = store.data.get('setup') as Setup;
    expect(setup.layers.reduce((sum, { parameters }) => sum + parameters, 0)).toBe(setup.parameters);
    const drawn = readWords(networkDiagram(setup.inputShape, setup.layers));
    for (const { shape } of setup.layers) expect(drawn).toContain(shape.join(' × '));
  });
});

describe('a run', () => {
  it('learns, and tells curves, evaluations, gradients and one step a step', async () => {
    const done = await run();
    const result = resultOf(done);
    expect(result.test.accuracy).toBeGreaterThan(0.7);
    expect(result.images).toEqual({ train: 240, validation: 80, test: 100 });
    expect(result.epochs.map(({ step }) => step)).toEqual([15, 30]);
    const steps = done.events.filter((event) => event.type === 'step').map(({ step }) => step);
    expect(steps).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
    expect(done.store.charts.get('loss')?.get('validation')?.x).toEqual([8, 15, 23, 30]);
    expect(done.store.charts.get('accuracy')?.get('training')?.x).toEqual([8, 15, 23, 30]);
    expect(done.store.charts.get('gradients')?.size).toBe(2);
    const report = done.store.data.get('evaluation') as EvaluationReport;
    expect(report.set).toBe('test');
    const counted = report.matrix.counts.reduce((a, b) => a + b, 0);
    expect(counted).toBe(100);
    const right = report.predictions.filter((p, i) => p === report.labels[i]).length;
    expect(right / 100).toBeCloseTo(result.test.accuracy, 12);
    // What belongs to a step comes before its step event.
    const at = done.events.findIndex((event) => event.type === 'step' && event.step === 8);
    expect(done.events.slice(0, at).some((event) => event.type === 'checkpoint' && event.step === 8)).toBe(true);
    await done.runner.stop();
  });

  it('has the same bits with the same seed, others with another, and the same losses on WebGPU', async () => {
    const cnn: Partial<Config> = {
      network: 'mnist-cnn',
      filters: 4,
      units: 16,
      batch: 8,
      images: 160,
      epochs: 1,
      evaluations: 1,
    };
    const [first, again, other] = [await run(cnn), await run(cnn), await run({ ...cnn, seed: 2 })];
    expect(losses(first)).toHaveLength(20);
    expect(losses(again)).toEqual(losses(first));
    expect(losses(other)).not.toEqual(losses(first));
    const gpu = await run(cnn, { device: 'wasm' });
    expect(gpu.device.kind).toBe('wasm');
    for (const [i, loss] of losses(gpu).entries()) expect(Math.abs(loss - (losses(first)[i] as number))).toBeLessThan(1e-3);
    for (const done of [first, again, other, gpu]) await done.runner.stop();
  });

  it('goes on from a checkpoint as if it had not stopped, dropout and shuffles included', async () => {
    const settings: Partial<Config> = { dropout: 'on', p: 0.3, optimiser: 'adamw', decay: 0.01, schedule: 'cosine' };
    const whole = await run(settings);
    const saved = whole.events.find((event) => event.type === 'checkpoint' && event.step === 8);
    if (saved?.type !== 'checkpoint') throw new Error('no checkpoint at step 8');
    const rest = await run(settings, { checkpoint: saved.bytes });
    expect(losses(rest)).toEqual(losses(whole).slice(8));
    expect(resultOf(rest).test).toEqual(resultOf(whole).test);
    expect(settingsOfCheckpoint(saved.bytes, 'classify')).toMatchObject({ ...small, ...settings });
    const anew = await run({ ...settings, seed: 5 }, { checkpoint: saved.bytes });
    expect(anew.store.notes[0]?.message).toMatch(/training starts again from its weights.*order/);
    expect(losses(anew)).toHaveLength(30);
    await expect(run({ ...settings, units: 8 }, { checkpoint: saved.bytes })).rejects.toThrow(/network/);
    await expect(run(settings, { checkpoint: saved.bytes.slice(0, 100) })).rejects.toThrow(/checkpoint/);
    for (const done of [whole, rest, anew]) await done.runner.stop();
  });

  it('survives a device that is lost: it goes on from its last checkpoint to the same end', async () => {
    const whole = await run({}, { device: 'wasm' });
    let lost = false;
    const seen: number[] = [];
    const broken = await runInNode(experiment, {
      environment: { data: { read: async (path) => packs.get(path) }, open: openEngine },
      device: 'wasm',
      config: { ...defaults(schema), ...small },
      onEvent(event) {
        if (event.type !== 'step') return;
        seen.push(event.step);
        if (event.step === 11 && !lost) {
          lost = true;
          getDevice().destroy();
        }
      },
    });
    expect(seen.filter((step) => step === 9)).toHaveLength(2);
    expect(seen.filter((step) => step === 8)).toHaveLength(1);
    expect(broken.result?.test).toEqual(resultOf(whole).test);
    expect(broken.result?.validation).toEqual(resultOf(whole).validation);
    for (const done of [whole, broken]) await done.runner.stop();
  });

  it('keeps a softmax before the cross-entropy above its floor', async () => {
    const done = await run({ softmaxFirst: true, epochs: 6, rate: 0.01 });
    const result = resultOf(done);
    expect(result.test.accuracy).toBeGreaterThan(0.8);
    expect(result.smallestBatchLoss).toBeGreaterThanOrEqual(Math.log(1 + 9 / Math.E) - 1e-5);
    expect(result.smallestBatchLoss).toBeLessThan(1.7);
    await done.runner.stop();
  });

  it('shows why skips help: with them the first layers of a deep network get a gradient', async () => {
    const deep: Partial<Config> = { network: 'skip-mlp', depth: 15, units: 16, dropout: 'off', epochs: 1, evaluations: 15 };
    const first = ({ store }: Done) => store.charts.get('gradients')?.get('1')?.y[0] ?? Number.NaN;
    const [plain, residual] = [
      await run({ ...deep, skips: false }, { steps: 2 }),
      await run({ ...deep, skips: true }, { steps: 2 }),
    ];
    expect(first(residual)).toBeGreaterThan(1000 * first(plain));
    for (const done of [plain, residual]) await done.runner.stop();
  });

  it('stops with the layer named where values are no longer finite', async () => {
    await expect(run({ optimiser: 'sgd', rate: 10, network: 'skip-mlp', dropout: 'off', depth: 6 })).rejects.toThrow(/layer/);
  });

  it('keeps the ratio of training and validation images where there are fewer than wanted', async () => {
    const done = await run({ images: 3000, validationImages: 1000, epochs: 1 });
    expect(resultOf(done).images).toMatchObject({ train: 300, validation: 100 });
    expect(done.store.notes[0]?.message).toMatch(/Only 400 labelled images/);
    await done.runner.stop();
  });
});

describe('a search', () => {
  it('tries every setting, survives one that diverges, and tests the best', async () => {
    const done = await run({
      search: 'grid',
      space: { rate: [1e-6, 1e-3, 10], optimiser: ['sgd'], depth: [6] },
      network: 'skip-mlp',
    });
    const rows = done.store.tables.get('trials') ?? [];
    expect(rows).toHaveLength(3);
    const result = resultOf(done);
    expect(result.trials?.[2]?.problem).toMatch(/finite|NaN|infinite/i);
    const best = Math.max(...(result.trials ?? []).map(({ accuracy }) => accuracy ?? 0));
    expect(result.validation?.accuracy).toBe(best);
    expect(done.store.charts.get('accuracy')?.size).toBeGreaterThanOrEqual(2);
    const steps = done.events.filter((event) => event.type === 'step').map(({ step }) => step);
    expect(new Set(steps).size).toBe(steps.length);
    await done.runner.stop();
  });

  it('one factor at a time: each trial keeps training accuracy and gradient norms, and the winner can be used elsewhere', async () => {
    const done = await run({ search: 'one at a time', space: { rate: [3e-3], units: [4] }, epochs: 1 });
    const rows = done.store.tables.get('trials') ?? [];
    expect(rows.map(({ trial }) => trial)).toEqual(['1: as it is', '2: rate=0.003', '3: units=4']);
    for (const row of rows) {
      expect(row['training accuracy']).toBeGreaterThan(0);
      expect(row['‖∂L/∂W‖, first layer']).toBeGreaterThan(0);
      expect(row['‖∂L/∂W‖, last layer']).toBeGreaterThan(0);
    }
    const result = resultOf(done);
    const best = result.trials?.findIndex(({ accuracy }) => accuracy === result.validation?.accuracy) ?? -1;
    const winner = done.store.checkpoints.get('model');
    expect(settingsOfCheckpoint(winner?.bytes ?? new Uint8Array(), 'classify')).toMatchObject(result.trials?.[best]?.trial ?? {});
    await done.runner.stop();
  });
});

describe('checkpoints', () => {
  it('of several epochs are kept, in the order of their training', async () => {
    const done = await run({ keepEvery: 2, epochs: 5, evaluations: 1 });
    expect([...done.store.checkpoints.keys()].sort()).toEqual(['epoch 2', 'epoch 4', 'epoch 5', 'model']);
    const files = new Map([...done.store.checkpoints].map(([name, { bytes }]) => [name, bytes]));
    expect(snapshotsOf(files).map(({ epoch }) => epoch)).toEqual([2, 4, 5, 5]);
    await done.runner.stop();
  });
});

describe('the loss as LAB01 prints it', () => {
  it('adds the means of the batches, the last and smaller one too, and divides by the number of images', () => {
    expect(lossOfLab01(Float64Array.of(1, 3, 5, 7, 10), 2)).toBe((2 + 6 + 10) / 5);
  });

  it('is the mean over the batch size where batches are whole', async () => {
    const done = await run({ lossShown: 'LAB01', epochs: 1, testImages: 96 });
    const [row] = done.store.tables.get('test') ?? [];
    expect(row?.['loss as LAB01 prints it']).toBeCloseTo((row?.['loss (mean cross-entropy)'] as number) / 16, 10);
    await done.runner.stop();
  });
});

it('holds nothing out where it is told so, and a search refuses that', async () => {
  const done = await run({ validationImages: 0, images: 400, epochs: 1 });
  const result = resultOf(done);
  expect(result.images).toEqual({ train: 400, validation: 0, test: 100 });
  expect(result.validation).toBeNull();
  expect(result.epochs[0]).toMatchObject({ epoch: 1, validationLoss: null, validationAccuracy: null });
  expect(result.test.accuracy).toBeGreaterThan(0.1);
  expect([...(done.store.charts.get('accuracy')?.keys() ?? [])]).toEqual(['training']);
  expect(((await done.runner.request('tensors', undefined)) as readonly unknown[]).length).toBeGreaterThan(0);
  await expect(done.runner.request('inspect', { set: 'validation', index: 0 })).rejects.toThrow(/holds no images out/);
  await done.runner.stop();
  await expect(run({ validationImages: 0, search: 'grid' })).rejects.toThrow(/hold some out/);
});

describe('questions', () => {
  it('are answered for a drawing, and with the images behind a cell', async () => {
    const done = await run({ epochs: 4 });
    const ask = (name: string, payload: unknown) => done.runner.request(name, payload);
    const pixels = spots(3, 'new').slice(2 * 784);
    const seen = (await ask('predict', { pixels })) as Prediction;
    expect(seen.prediction).toBe(2);
    expect(seen.probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
    await expect(ask('predict', { pixels: pixels.slice(1) })).rejects.toThrow('28 × 28 × 1 bytes');
    const images = (await ask('images', { set: 'test', indices: [4, 999] })) as ImageBatch;
    expect(images).toMatchObject({ count: 1, height: 28, width: 28, channels: 1 });
    expect(images.data).toEqual(spots(5, 'test').slice(4 * 784));
    await done.runner.stop();
  });

  it('show activations, weights and gradients that fit each other', async () => {
    const tiny = { images: 24, validationImages: 10, testImages: 10, batch: 8, epochs: 1, evaluations: 1 };
    const done = await run({ network: 'mnist-cnn', filters: 2, kernel: 5, ...tiny });
    const inside = (await done.runner.request('inspect', { set: 'test', index: 4 })) as Inspection;
    expect(inside.label).toBe(4);
    expect(inside.layers.map(({ type }) => type)).toEqual(['conv2d', 'relu', 'flatten', 'linear', 'relu', 'linear']);
    const [conv, relu, , , , last] = inside.layers;
    expect(conv?.activation.shape).toEqual([24, 24, 2]);
    expect(conv?.weight?.shape).toEqual([5, 5, 1, 2]);
    const rectified = conv?.activation.data.map((value) => Math.max(0, value));
    expect(relu?.activation.data).toEqual(rectified);
    // ∂L/∂z = softmax(z) − onehot(y) for the logits.
    const slope = [...inside.probabilities].map((p, k) => p - (k === 4 ? 1 : 0));
    expect(last?.activationGradient?.data).toHaveLength(10);
    for (const [k, value] of (last?.activationGradient?.data ?? []).entries()) expect(value).toBeCloseTo(slope[k] as number, 5);
    await done.runner.stop();
  });
});

/** One of each kind that a card is about; what the layers before say is left out. */
const everyLayer: NetworkDefinition = [
  { type: 'conv2d', out: 4, kernel: 3 },
  { type: 'batchnorm2d' },
  { type: 'relu' },
  { type: 'maxpool2d', kernel: 2 },
  { type: 'conv2d', out: 8, kernel: 3 },
  { type: 'globalavgpool2d' },
  { type: 'flatten' },
  { type: 'residual', layers: [{ type: 'linear', out: 8 }, { type: 'relu' }, { type: 'dropout', p: 0.2 }] },
  { type: 'linear', out: 10 },
];

describe('the cards', () => {
  it('are verified on the network as it is, on WebGPU', async () => {
    const tiny = { images: 24, validationImages: 10, testImages: 10, batch: 8, epochs: 1, evaluations: 1 };
    const done = await run({ network: 'custom', layers: everyLayer, ...tiny }, { device: 'wasm' });
    for (const card of verifiable) {
      expect(verifiableOn(card, everyLayer), card).toBe(true);
      const results = (await done.runner.request('verify', { card })) as Verification[];
      expect(results.length, card).toBeGreaterThan(0);
      for (const { name, maxError, tolerance } of results) expect(maxError, `${card}: ${name}`).toBeLessThanOrEqual(tolerance);
    }
    await expect(done.runner.request('verify', { card: 'tsne' })).rejects.toThrow(/no check/);
    const inspection = (await done.runner.request('inspect', { set: 'validation', index: 0 })) as Inspection;
    const ofCard = liveTensors(inspection).filter(({ terms }) => terms.some((term) => term.startsWith('conv2d')));
    expect(ofCard.map(({ symbol }) => symbol)).toEqual(['w', 'y', 'gy', 'gw']);
    await done.runner.stop();
  });
});

describe('own images', () => {
  const picture = (level: number): Uint8Array =>
    pngOf({ width: 12, height: 10, depth: 8, colour: 2, samples: (x) => [level, (x * 20) % 256, 255 - level] });

  it('are read from a folder for each class', async () => {
    const files = new Map<string, Uint8Array>();
    for (let i = 0; i < 20; i++) {
      files.set(`mine/dark/${i}.png`, picture(i));
      files.set(`mine/light/${i}.png`, picture(230 + i));
    }
    const done = await run(
      { dataset: 'own', ownSide: 8, images: 24, validationImages: 8, batch: 4, epochs: 20, evaluations: 1 },
      { files },
    );
    const setup = done.store.data.get('setup') as Setup;
    expect(setup.classNames).toEqual(['dark', 'light']);
    expect(setup.inputShape).toEqual([8, 8, 3]);
    expect(resultOf(done).test.accuracy).toBe(1);
    await done.runner.stop();
  });

  it('are asked for where there are none, and refused where they are of one class', async () => {
    await expect(run({ dataset: 'own' })).rejects.toThrow(/drop a folder/);
    await expect(run({ dataset: 'own' }, { files: new Map([['a/1.png', picture(1)]]) })).rejects.toThrow(/2 to 256 folders/);
  });
});

it('gives readable errors for layers that do not fit', async () => {
  await expect(run({ network: 'custom', layers: [{ type: 'linear', in: 5, out: 10 }] })).rejects.toThrow(/layer 0 \(linear\)/);
  await expect(run({ network: 'custom', layers: [{ type: 'blur' }] })).rejects.toThrow(/blur/);
  await expect(run({ network: 'custom', layers: [{ type: 'flatten' }, { type: 'linear', in: 784, out: 5 }] })).rejects.toThrow(
    'puts out 5 values; these pictures have 10 classes',
  );
});

it('writes a script that repeats the run with the engine alone', async () => {
  const done = await run({ epochs: 1, evaluations: 1 });
  const { network, inputShape } = done.store.data.get('setup') as Setup;
  const folder = await mkdtemp(join(tmpdir(), 'classify-'));
  const printed: unknown[][] = [];
  const log = vi.spyOn(console, 'log').mockImplementation((...line) => void printed.push(line));
  try {
    for (const [name, bytes] of packs) await writeFile(join(folder, name), bytes);
    const root = new URL('../../../', import.meta.url).pathname;
    const code = runnableCode(done.config as Config, network, inputShape)
      .replaceAll("'./engine/", `'${root}engine/`)
      .replace("'data/packs'", JSON.stringify(folder))
      .replace("device: 'auto'", "device: 'cpu'");
    await writeFile(join(folder, 'training.ts'), code);
    await import(/* @vite-ignore */ pathToFileURL(join(folder, 'training.ts')).pathname);
  } finally {
    log.mockRestore();
    await rm(folder, { recursive: true });
  }
  const steps = printed.filter(([what]) => what === 'step').map((line) => line[2]);
  expect(steps).toEqual(losses(done));
  expect(printed.find(([what]) => what === 'test')?.[1]).toBe(resultOf(done).test.accuracy);
  await done.runner.stop();
});
