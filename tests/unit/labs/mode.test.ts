/** The MODE lab on real images, small: what it finds, what it does with bad input, and that it goes on from a checkpoint. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFolder } from '../../../apps/cli/data/folders.ts';
import { experiment, type ModeLab, type ModeResult } from '../../../apps/labs/mode/experiment.ts';
import { axisStart, emptyMaps, mapBatch } from '../../../apps/labs/mode/figures.ts';
import type { Gallery } from '../../../apps/labs/mode/look.ts';
import { methods, methodsOf } from '../../../apps/labs/mode/methods.ts';
import { fromCheckpoint, type Selected } from '../../../apps/labs/mode/progress.ts';
import { prose } from '../../../apps/labs/mode/prose.ts';
import type { Repair, Round } from '../../../apps/labs/mode/repairs.ts';
import type { schema } from '../../../apps/labs/mode/schema.ts';
import { compare, summarise, tableRow } from '../../../apps/labs/mode/summary.ts';
import type { LabEvent } from '../../../apps/runtime/events.ts';
import { type NodeOptions, runInNode } from '../../../apps/runtime/node.ts';
import { nodeEnvironment } from '../../../apps/runtime/node-environment.ts';
import type { ConfigOf } from '../../../apps/runtime/schema.ts';
import { RunStore } from '../../../apps/runtime/store.ts';
import { writeSafetensors } from '../../../engine/io/safetensors.ts';
import { memory } from '../../../engine/memory.ts';
import { getDevice } from '../../../engine/tensor.ts';
import { readWords, recordedPage, recordedRun } from './truth/rendered.ts';

const packs = join(dataFolder, 'packs');
const mnist = existsSync(join(packs, 'mnist-train.pack'));

/** 300 images to train on, 250 in the pool, 50 to look for bugs on. */
const small = {
  images: 600,
  testImages: 200,
  rounds: 2,
  repairImages: 60,
  epochs: 4,
  seeds: 1,
  bug: 'none',
  theta: 0.9,
} as const;

async function run(
  config: Partial<ConfigOf<typeof schema>>,
  more: Pick<NodeOptions<typeof schema>, 'checkpoint' | 'steps' | 'changes'> = {},
) {
  const events: LabEvent[] = [];
  const store = new RunStore<ModeLab>();
  const done = await runInNode(experiment, {
    environment: nodeEnvironment(packs),
    device: 'wasm',
    preset: 'quick',
    config: { ...small, compare: 'one method', layers: 'off', ...config },
    ...more,
    onEvent(event) {
      events.push(event);
      store.apply([event]);
    },
  });
  return { ...done, result: done.result as ModeResult, events, store, notes: store.notes.map(({ message }) => message) };
}

/** Every number of a value, typed arrays included. */
function numbers(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (ArrayBuffer.isView(value)) return [...(value as Float32Array)];
  if (value && typeof value === 'object') return Object.values(value).flatMap(numbers);
  return [];
}

function expectNoNaN(events: readonly LabEvent[]): void {
  for (const event of events) {
    if (event.type === 'checkpoint') continue;
    expect(numbers(event).every(Number.isFinite), JSON.stringify(event).slice(0, 200)).toBe(true);
    if (event.type === 'row') expect(Object.values(event.row).join()).not.toContain('NaN');
  }
}

describe.skipIf(!mnist)('on MNIST', () => {
  it('a starved label is found, seen in its heat maps, and repaired', async () => {
    const { result, store, events, runner } = await run({
      images: 3000,
      testImages: 500,
      bug: 'starve',
      bugLabel: 5,
      kept: 0.03,
      repairImages: 300,
      rounds: 3,
      layers: 'first',
      seeds: 2,
      compare: 'one and random',
    });
    expect(result.faulty).toBe(5);
    expect(result.images).toEqual({ train: expect.any(Number), pool: 1250, evaluation: 250, test: 500 });
    expect(result.summaries.map(({ method }) => method)).toEqual(['random', 'randomOfLabel', 'dot']);
    const dot = result.summaries[2];
    expect(dot?.final.worst.mean).toBeGreaterThan((dot?.initial.worst.mean ?? 1) + 0.15);
    expect(result.repairs).toHaveLength(6);
    expect(result.layers).toEqual([{ seed: 1, target: null, direction: 'forward', saturated: false }]);
    expectNoNaN(events);

    const rounds = store.data.get('rounds') ?? [];
    expect(rounds[0]).toMatchObject({ faulty: { kind: 'under-fit', label: 5 }, targeted: 75, random: 225, available: 1250 });
    expect(rounds[0]?.accuracy).toBe(rounds[0]?.control);
    expect(store.series('distance')[0]?.y).toHaveLength(3);
    expect(store.series('average').map(({ name }) => name)).toEqual(['repaired', 'control']);
    expect(store.tables.get('repairs')).toHaveLength(3);

    const maps = store.data.get('maps');
    expect(maps?.counts.falsePositive.reduce((a, b) => a + b, 0)).toBe(maps?.counts.falseNegative.reduce((a, b) => a + b, 0));
    const [one, differences] = [maps?.means.falseNegative[5], maps?.differences.falseNegative[5]];
    const right = maps?.means.correct[5];
    if (right && one) expect(differences?.[400]).toBeCloseTo((one[400] as number) - (right[400] as number), 2);

    const gallery = store.data.get('ofLabel') as Gallery;
    expect(gallery.of).toEqual({ label: 5 });
    expect(gallery.rows).toHaveLength(9);
    for (const { range, nearest } of gallery.rows) {
      if (range) expect(nearest).toHaveLength(8 * 784);
    }
    const asked = (await runner.request('ofMeasure', { measure: 'euclidean' })) as Gallery;
    expect(asked.rows).toHaveLength(10);
    for (const { range } of asked.rows) if (range) expect(range[0]).toBeLessThan(range[1]);
    const dots = (await runner.request('ofMeasure', { measure: 'dot' })) as Gallery;
    for (const { range } of dots.rows) if (range) expect(range[0]).toBeGreaterThan(range[1]);
    const between = (await runner.request('between', { label: 1, other: 0 })) as { values: Float32Array };
    expect(Math.min(...between.values)).toBeLessThan(-0.2);
    await runner.stop();
  });

  it('a label starved to nothing is faulty all the same, without a heat map, and nothing becomes NaN', async () => {
    const { result, events, notes, store, runner } = await run({ bug: 'starve', bugLabel: 4, kept: 0 });
    expect(result.faulty).toBe(4);
    expect(result.repairs[0]?.rounds[0]).toMatchObject({ faulty: { label: 4 }, blind: true, targeted: 15 });
    expect(notes.join(' ')).toMatch(/No image of label 4 is left to train on/);
    expect(notes.join(' ')).toMatch(/No 4 was right.*taken at random/);
    const maps = store.data.get('maps');
    expect(maps?.means.correct[4]).toBeNull();
    expect(maps && emptyMaps(maps)).toContain('right of 4');
    const { rows } = store.data.get('ofLabel') as Gallery;
    expect(rows.every(({ range, nearest }) => range === null && nearest.length === 0)).toBe(true);
    expectNoNaN(events);
    const card = (await runner.request('verify', { card: 'cosine' })) as { maxError: number }[];
    expect(card[0]?.maxError).toBeLessThan(1e-5);
    // Zeros against zeros would show nothing: another label's heat map stands in.
    const tensors = (await runner.request('tensors', undefined)) as { symbol: string; name: string; data: Float32Array }[];
    const h = tensors.find(({ symbol }) => symbol === 'h');
    expect(h?.name).toMatch(/^heat map of [0-35-9], as that of 4 is empty$/);
    expect(Math.max(...(h?.data ?? []))).toBeGreaterThan(0.1);
    await runner.stop();
  });

  it('a pool that runs dry ends the repair and is said', async () => {
    const { result, events, notes, runner } = await run({ theta: 1, rounds: 9, repairImages: 120, method: 'random' });
    const last = result.repairs[0]?.rounds.at(-1);
    expect(last).toMatchObject({ stopped: 'pool' });
    expect(notes.join(' ')).toMatch(/pool ran dry after \d rounds/);
    expectNoNaN(events);
    await runner.stop();
  });

  it('where nothing is faulty nothing is repaired, and the difference is none', async () => {
    const { result, notes, runner } = await run({ theta: 0, gamma: 1, seeds: 2 });
    expect(result.faulty).toBeNull();
    expect(result.summaries[0]?.gain.average).toMatchObject({ mean: 0, verdict: 'no difference' });
    expect(notes.join(' ')).toMatch(/nothing to repair/);
    await runner.stop();
  });

  it('every way to choose images runs, at the same budget where θ is 1', async () => {
    const { result, events, runner } = await run({ compare: 'all', theta: 1, rounds: 1, repairImages: 40, p: 5 });
    expect(result.summaries.map(({ method }) => method)).toEqual(methods);
    for (const { rounds } of result.repairs) {
      expect(rounds).toHaveLength(2);
      expect((rounds[0]?.targeted ?? 0) + (rounds[0]?.random ?? 0)).toBe(40);
    }
    expectNoNaN(events);
    await runner.stop();
  });

  it('with the rest of all labels and nothing targeted, images of the label are any images', async () => {
    const rounds = async (rest: 'other labels' | 'all labels') => {
      const { result, runner } = await run({
        method: 'randomOfLabel',
        compare: 'one and random',
        alpha: 0,
        theta: 1,
        rounds: 1,
        rest,
      });
      await runner.stop();
      return result.repairs.map(({ rounds }) => rounds);
    };
    const [ofLabel, any] = await rounds('all labels');
    expect(ofLabel).toEqual(any);
    const [withoutLabel, again] = await rounds('other labels');
    expect(again).toEqual(any);
    expect(withoutLabel?.[1]).not.toEqual(any?.[1]);
  });

  it('an over-fitted label is found, and layers are then taken from the end', async () => {
    const { result, runner } = await run({ epochs: 20, theta: 0, gamma: 0.05, layers: 'first', rounds: 1 });
    expect(result.repairs[0]?.rounds[0]?.faulty?.kind).toBe('over-fit');
    expect(result.layers[0]).toMatchObject({ direction: 'backward', target: expect.stringMatching(/^hidden/) });
    await runner.stop();
  });

  it('as published: the test set chooses, sub-networks predict, mislabelled images train', async () => {
    const { result, runner } = await run({
      selection: 'test',
      layers: 'published',
      published: true,
      bug: 'mislabel',
      bugLabel: 7,
      mislabelAs: 1,
      spoilt: 1,
      images: 2000,
      rounds: 1,
    });
    expect(result.images).toMatchObject({ pool: 1000, evaluation: 200, test: 200 });
    expect(result.faulty).toBe(7);
    expect(result.repairs[0]?.rounds[0]?.labels[7]).toBe(0);
    await runner.stop();
  });

  it('as published: a control trains once more where the repair stops early', async () => {
    const firstRepair = async (config: Partial<ConfigOf<typeof schema>>) => {
      const { result, runner } = await run({ method: 'random', ...config });
      await runner.stop();
      return result.repairs[0]?.rounds ?? [];
    };
    const nothingFaulty = { theta: 0, gamma: 1 };
    const [mended] = await firstRepair(nothingFaulty);
    const [published] = await firstRepair({ ...nothingFaulty, published: true });
    const [, trained] = await firstRepair({ theta: 1, rounds: 1 });
    expect([mended?.stopped, published?.stopped]).toEqual(['repaired', 'repaired']);
    expect(published?.accuracy).toBe(mended?.accuracy);
    expect(mended?.control).toBe(mended?.accuracy);
    // As after the first round of a repair that does not stop.
    expect(published?.controlLabels).toEqual(trained?.controlLabels);
    expect(published?.controlLabels).not.toEqual(mended?.controlLabels);
  });

  it('as published: heat maps are of what the sub-networks get right, not of what the network does', async () => {
    // The network has learned nothing when its rate is raised; the sub-network, a linear model at this threshold, is trained with the new one.
    const blind = async (layers: 'off' | 'published') => {
      const config = { images: 2000, epochs: 3, rate: 1e-5, rounds: 1, threshold: 1, layers } as const;
      const { result, runner } = await run(config, { changes: [{ step: 96, values: { rate: 0.01 } }] });
      await runner.stop();
      const before = result.repairs[0]?.rounds[0];
      expect(before?.labels[before.faulty?.label ?? -1]).toBe(0);
      return before?.blind;
    };
    expect([await blind('off'), await blind('published')]).toEqual([true, false]);
  });

  it('releases everything where it is left: in a training, a layer selection, a repair', async () => {
    const leave = async (steps: number) => {
      const { runner } = await run({ layers: 'first' }, { steps });
      await runner.stop();
      return memory(getDevice()).tensors;
    };
    // 40 steps of training, 120 of layer selection, then repairs.
    const [training, selecting, repairing] = [await leave(5), await leave(60), await leave(170)];
    expect([selecting, repairing]).toEqual([training, training]);
  });

  it('goes on from a checkpoint to the same result, and repeats with the same seed', async () => {
    const config = { compare: 'one and random', seeds: 2 } as const;
    const whole = await run(config);
    await whole.runner.stop();
    const checkpoints = whole.events.filter((event) => event.type === 'checkpoint');
    expect(checkpoints).toHaveLength(6);
    const { bytes } = checkpoints[3] as { bytes: Uint8Array };
    const settings = whole.config as ConfigOf<typeof schema>;
    expect(fromCheckpoint(bytes, settings).repairs).toHaveLength(4);
    expect(() => fromCheckpoint(bytes, { ...settings, alpha: 0.5 })).toThrow(/this run has 0.5/);
    // Live, but the rows of a table are made alike.
    expect(() => fromCheckpoint(bytes, { ...settings, theta: 1 })).toThrow(/theta/);
    expect(() => fromCheckpoint(bytes, { ...settings, rate: 0.1 })).toThrow(/rate/);
    expect(fromCheckpoint(bytes, { ...settings, seeds: 3, measure: 'cosine' }).repairs).toHaveLength(4);
    expect(() => fromCheckpoint(writeSafetensors([], {}), settings)).toThrow(/no lab/);
    const resumed = await run(config, { checkpoint: bytes });
    await resumed.runner.stop();
    expect(resumed.result).toEqual(whole.result);
    expect(resumed.events.filter((event) => event.type === 'checkpoint')).toHaveLength(2);
  });

  it('a run that goes on knows that θ was changed before', async () => {
    // 40 steps of training, then repairs.
    const config = { compare: 'one and random', rounds: 1 } as const;
    const whole = await run(config, { changes: [{ step: 45, values: { theta: 1 } }] });
    await whole.runner.stop();
    const [checkpoint] = whole.events.filter((event) => event.type === 'checkpoint') as { bytes: Uint8Array }[];
    const resumed = await run(config, { checkpoint: checkpoint?.bytes as Uint8Array });
    await resumed.runner.stop();
    const untouched = await run(config);
    await untouched.runner.stop();
    const said = [whole, resumed, untouched].map(({ notes }) => notes.filter((note) => note.includes('made alike')).length);
    expect(said).toEqual([1, 1, 0]);
  });
});

describe('what is said of layer selections', () => {
  const said = (layers: readonly Selected[]): string => {
    const { store } = recordedRun('mode');
    store.apply([{ type: 'data', name: 'layers', value: layers }]);
    return readWords(prose({ ...recordedPage('mode'), store } as unknown as Parameters<typeof prose>[0]));
  };
  const forward = { seed: 1, target: null, direction: 'forward' } as const;

  it('tells an end at the output layer from one before any hidden layer', () => {
    const none = 'no hidden layer is saturated and the search ends at the output layer.';
    expect(said([{ ...forward, saturated: false }, forward])).toContain(`For 2 of 2 seeds ${none} Each depth`);
    expect(said([{ ...forward, saturated: true }])).toContain(
      `For 0 of 1 seed ${none} For 1 it ends there before any hidden layer`,
    );
    expect(said([{ ...forward, target: 'hidden2', saturated: true }])).toContain(`For 0 of 1 seed ${none} Each depth`);
  });

  it('says where the search from the end falls back to the first hidden layer', () => {
    const backward = { seed: 1, target: 'hidden1', direction: 'backward' } as const;
    expect(said([{ ...backward, saturated: false }])).toMatch(/For 1 the search from the end finds none/);
    expect(said([{ ...backward, saturated: true }])).not.toMatch(/from the end/);
  });

  it.skipIf(!mnist)('knows of a threshold that the linear model is below', async () => {
    const { result, runner } = await run({ layers: 'first', threshold: 0.9, rounds: 1 });
    await runner.stop();
    expect(result.layers).toEqual([{ ...forward, saturated: true }]);
  });
});

describe('summaries', () => {
  const round = (accuracy: number, control: number, labels: (number | null)[]): Round => ({
    round: 0,
    accuracy,
    control,
    labels,
    controlLabels: labels,
    faulty: null,
    underFitted: [],
    blind: false,
    targeted: 0,
    random: 0,
    available: 0,
    stopped: null,
  });
  const repairOf = (method: Repair['method'], seed: number, ...rounds: Round[]): Repair => ({ method, seed, rounds });

  it('say better, worse, no difference, or that one seed says nothing', () => {
    expect(compare([0.9, 0.91, 0.92], [0.8, 0.81, 0.83]).verdict).toBe('better');
    expect(compare([0.8, 0.81, 0.83], [0.9, 0.91, 0.92]).verdict).toBe('worse');
    expect(compare([0.9, 0.8], [0.8, 0.9])).toMatchObject({ mean: 0, verdict: 'no difference' });
    expect(compare([0.9], [0.8])).toMatchObject({ halfWidth: null, p: null, verdict: 'one seed' });
  });

  it('pair the seeds, leave out labels without images, and compare with random images of the label', () => {
    const repairs = [
      repairOf('dot', 1, round(0.5, 0.5, [0.2, null]), round(0.9, 0.8, [0.6, null])),
      repairOf('dot', 2, round(0.5, 0.5, [0.4, null]), round(0.8, 0.8, [0.8, null])),
      repairOf('randomOfLabel', 1, round(0.7, 0.7, [0.7, 0.7])),
    ];
    const found = summarise('dot', repairs);
    expect(found).toMatchObject({ seeds: 2, rounds: 1, beyond: { random: null, randomOfLabel: null } });
    expect(found?.initial.worst.mean).toBeCloseTo(0.3);
    expect(found?.gain.average.mean).toBeCloseTo(0.05);
    expect(summarise('cosine', repairs)).toBeUndefined();
    const both = summarise('dot', [...repairs, repairOf('randomOfLabel', 2, round(0.7, 0.7, [0.7, 0.7]))]);
    expect(both?.beyond.randomOfLabel?.average.mean).toBeCloseTo(0.15);
    expect(tableRow('dot', found)).toMatchObject({ seeds: 2, average: 'no difference' });
    expect(tableRow('dot', undefined)).toMatchObject({ seeds: 0, difference: null });
  });

  it('list the ways in the order of what they know, the chosen one always', () => {
    expect(methodsOf('one method', 'cosine')).toEqual(['cosine']);
    expect(methodsOf('one and random', 'features')).toEqual(['random', 'randomOfLabel', 'features']);
    expect(methodsOf('nine measures', 'features')).toHaveLength(12);
    expect(methodsOf('all', 'dot')).toEqual(methods);
    expect(methodsOf('one method', 'earthMover', true)).toEqual(['earthMoverReversed']);
  });

  it('name the heat maps that are means of nothing, and draw them as nothing', () => {
    const full = Array.from({ length: 10 }, () => new Float32Array(784).fill(1));
    const counts = { correct: full.map(() => 3), falsePositive: full.map((_, l) => l), falseNegative: full.map((_, l) => l % 9) };
    expect(
      emptyMaps({
        means: { correct: full, falsePositive: full, falseNegative: full },
        counts,
        differences: { falsePositive: full, falseNegative: full },
      }),
    ).toBe('false positives of 0; false negatives of 0, 9');
    const { data } = mapBatch([null, ...full.slice(1)], true);
    expect([data[783], data[784]]).toEqual([0, 1]);
  });

  it('begin axes below what they show', () => {
    expect(axisStart([0.93, 0.97])).toBeCloseTo(0.9);
    expect(axisStart([0.3, 0.9])).toBe(0);
  });
});
