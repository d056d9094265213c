/** The MaskTune lab on real digits, small: its finding, its bars, its bad inputs, its questions, and that it goes on where it stopped. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { dataFolder } from '../../../apps/cli/data/folders.ts';
import { barsOf } from '../../../apps/labs/masktune/bars.ts';
import { CONTROL, experiment, type MaskTuneResult, type MaskTuning } from '../../../apps/labs/masktune/experiment.ts';
import type { Look } from '../../../apps/labs/masktune/look.ts';
import { smallCnn } from '../../../apps/labs/masktune/network.ts';
import { prose } from '../../../apps/labs/masktune/prose.ts';
import { summarise, verdictText } from '../../../apps/labs/masktune/repair-table.ts';
import { METHODS, type Outcome } from '../../../apps/labs/masktune/repairs.ts';
import { schema } from '../../../apps/labs/masktune/schema.ts';
import type { ModelScores } from '../../../apps/labs/masktune/scores.ts';
import { type Config, plant, squaresOf } from '../../../apps/labs/masktune/studio.ts';
import { takeTuned } from '../../../apps/labs/masktune/taken.ts';
import type { Answer } from '../../../apps/runtime/contract.ts';
import type { LabEvent } from '../../../apps/runtime/events.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { nodeEnvironment } from '../../../apps/runtime/node-environment.ts';
import { defaults } from '../../../apps/runtime/schema.ts';
import { RunStore } from '../../../apps/runtime/store.ts';
import { imageAt } from '../../../engine/data/dataset.ts';
import { SMALL_CNN } from '../../../engine/nn/architectures.ts';
import { readCheckpoint } from '../../../engine/train/checkpoint.ts';
import { readWords } from './truth/rendered.ts';
import { twoClasses } from './two-classes.ts';

const packs = join(dataFolder, 'packs');
const mnist = existsSync(join(packs, 'mnist-train.pack'));
const tiny = { images: 800, testImages: 200, width: 4, epochs: 2, tuneRate: 3e-3 } as const;

async function run(
  config: Partial<Config>,
  more: { checkpoint?: Uint8Array; steps?: number } = {},
  base: Partial<Config> = tiny,
) {
  const events: LabEvent[] = [];
  const done = await runInNode(experiment, {
    environment: nodeEnvironment(packs),
    device: 'wasm',
    preset: 'quick',
    config: { ...base, ...config },
    onEvent: (event) => events.push(structuredClone(event)),
    ...more,
  });
  const store = new RunStore<MaskTuning>();
  store.apply(events);
  return { ...done, events, store };
}

/** A result without what took time. */
const untimed = ({ seconds: _, ...rest }: MaskTuneResult) => rest;

const numbersOf = (value: unknown): number[] => {
  if (typeof value === 'number') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(numbersOf) : [];
};

describe('the network and the studio', () => {
  it('is the published SmallCNN at 16 maps, and narrower ones have its shape', () => {
    expect(smallCnn(16)).toEqual(SMALL_CNN.definition);
    const widths = smallCnn(4).flatMap((layer) =>
      layer.type === 'conv2d' || layer.type === 'linear' ? [[layer.in, layer.out]] : [],
    );
    expect(widths).toEqual([
      [3, 4],
      [4, 4],
      [4, 8],
      [8, 8],
      [128, 64],
      [64, 2],
    ]);
  });

  const base = defaults(schema) as Config;
  const digits = (count: number) => twoClasses(count, 9, (i) => (i % 4 === 0 ? 1 : 0));
  const both = { train: digits(400), test: digits(40) };

  it('paints 6 × 6 blue pixels and leaves the rest', () => {
    const { images, groups, marked, raw } = plant(both, base, 1);
    const carrying = groups.indexOf(1);
    const pixels = imageAt(images, carrying);
    const at = (y: number, x: number) => [...pixels.subarray((y * 28 + x) * 3, (y * 28 + x) * 3 + 3)];
    expect([at(0, 0), at(5, 5), at(5, 6), at(6, 5)]).toEqual([
      [0, 0, 255],
      [0, 0, 255],
      [9, 9, 9],
      [9, 9, 9],
    ]);
    expect(imageAt(raw, 0)[2]).toBe(9);
    expect(imageAt(marked, 0)[2]).toBe(255);
  });

  it('draws each image for itself, or marks the first of each class as the paper does', () => {
    const drawn = plant(both, base, 1);
    expect(drawn.sizes.reduce((a, b) => a + b, 0)).toBe(400);
    expect(drawn.sizes[1] as number).toBeGreaterThan(280);
    expect(plant(both, base, 2).groups).not.toEqual(drawn.groups);
    const paper = plant(both, { ...base, mixing: 'first in file order', mix0: 0.9, mix1: 0.1 }, 1);
    expect(paper.sizes).toEqual([30, 270, 90, 10]);
    const cues = [...paper.groups].filter((group) => group < 2);
    expect(cues).toEqual([...cues].sort((a, b) => b - a));
  });

  it('moves a square that would stick out, and puts a second one opposite in another colour', () => {
    expect(squaresOf({ ...base, row: 27, column: 3, size: 4 })).toEqual([{ row: 24, col: 3, size: 4, colour: [0, 0, 255] }]);
    const [, second] = squaresOf({ ...base, secondCue: true });
    expect(second).toEqual({ row: 22, col: 22, size: 6, colour: [0, 255, 0] });
  });
});

describe('the repair table', () => {
  const outcome = (worst: number): Outcome => ({
    each: [],
    worst,
    average: worst,
    weighted: worst,
    raw: worst,
    biased: worst,
    steps: 10,
    kept: null,
    note: '',
  });
  const seeds = (...values: number[]) => Object.fromEntries(values.map((value, seed) => [seed, outcome(value)]));

  it('calls a difference inside its interval none, and one outside by its size', () => {
    const found = summarise({
      'ERM, one more epoch': seeds(0.2, 0.3, 0.25),
      'random masks of equal area': seeds(0.25, 0.2, 0.32),
      MaskTune: seeds(0.8, 0.85, 0.9),
    });
    const of = (name: string) => found.find(({ method }) => method === name);
    expect(of('random masks of equal area')?.toPlain?.verdict).toBe('no difference');
    expect(verdictText(of('random masks of equal area')?.toPlain ?? null)).toBe('no difference');
    expect(of('MaskTune')?.toControl).toMatchObject({ to: 'random masks of equal area', verdict: 'better' });
    expect(verdictText(of('MaskTune')?.toControl ?? null)).toMatch(/^\+59\.3 ± \d+\.\d pp$/);
    expect(of('ERM, one more epoch')?.toPlain).toBeNull();
  });

  it('says of one seed that nobody can tell, with no NaN', () => {
    const found = summarise({ 'ERM, one more epoch': seeds(0.2), MaskTune: seeds(0.8) });
    expect(found[1]?.toPlain).toMatchObject({ verdict: 'one seed', halfWidth: null });
    expect(numbersOf(found).every(Number.isFinite)).toBe(true);
  });
});

describe('the bars', () => {
  /** A model of the published table. */
  const model = (name: string, zero: number, one: number, marked: number): ModelScores => {
    const of = (a: number, b: number) => ({ ...scores, accuracy: (a + b) / 2, perClass: [a, b] });
    const scores = { accuracy: 0, perClass: [], loss: 0, precision: 0, recall: 0, f1: 0, counts: [] };
    return { name, raw: of(zero, one), biased: of(zero, marked), groups: { each: [], worst: 0, average: 0, weighted: 0 } };
  };
  const masks = [{ rule: 'topK 0.1', hidden: 0.1, squares: 0.95, squareArea: 0.9, untouched: 0, blank: 0 }];
  const models = [
    model('ERM', 0.8227, 0.9998, 0.7972),
    model('topK 0.1', 0.9856, 0.9798, 0.8566),
    model('topK 0.9', 0.9998, 0.0045, 0.0012),
  ];
  const found = (given: Partial<Parameters<typeof barsOf>[0]>) =>
    barsOf({ models, masks, sizes: [300, 30000, 29000, 300], trainingAccuracy: 1, ...given }).map(({ bar, holds }) => [
      bar.slice(0, 5),
      holds,
    ]);

  it('hold for what the source printed, and each can fail', () => {
    expect(found({})).toEqual([
      ['(i) E', true],
      ['(ii) ', true],
      ['(iii)', true],
      ['(iv) ', true],
    ]);
    expect(found({ trainingAccuracy: 0.99 })[0]).toEqual(['(i) E', false]);
    expect(found({ models: [models[0] as ModelScores, model('topK 0.1', 0.9, 0.9, 0.9)] })[1]).toEqual(['(ii) ', false]);
    expect(found({ masks: [{ ...(masks[0] as (typeof masks)[0]), squares: 0.8 }] })[2]).toEqual(['(iii)', false]);
    expect(found({ models: [...models, model('mean 0.7', 0.9, 0.8, 0.1)] })[3]).toEqual(['(iv) ', false]);
  });

  it('do not apply where 5–9 carry the square more often, or both classes alike', () => {
    for (const sizes of [
      [29700, 300, 300, 29100],
      [300, 0, 0, 300],
      [300, 300, 300, 300],
      [300, 0, 300, 0],
    ])
      expect(found({ sizes }), String(sizes)).toEqual([]);
  });

  it('ask something else of a cue without exception', () => {
    const perfect = [model('ERM', 0, 0.98, 0), model('paper, hard', 0.98, 0.98, 0.97)];
    expect(found({ models: perfect, sizes: [0, 300, 300, 0] })).toEqual([['(v) a', true]]);
    expect(found({ models: [perfect[0] as ModelScores, model('paper', 0.9, 0.9, 0.9)], sizes: [0, 300, 300, 0] })).toEqual([
      ['(v) a', false],
    ]);
  });
});

describe.skipIf(!mnist)('on MNIST', () => {
  let quick: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    quick = await run({ seed: 2 }, {}, {});
  });
  const named = (models: readonly ModelScores[] | undefined, name: string): ModelScores => {
    const found = models?.find((model) => model.name === name);
    if (!found) throw new Error(`no model '${name}'`);
    return found;
  };

  it('learns the square instead of the digits, and masks of it repair more than random ones', () => {
    const { result } = quick;
    const [base, tuned, control] = ['ERM', 'topK 0.1, hard', CONTROL].map((name) => named(result?.models, name)) as [
      ModelScores,
      ModelScores,
      ModelScores,
    ];
    expect(result?.trainingAccuracy).toBeGreaterThan(0.97);
    expect(base.groups.worst).toBeLessThan(0.5);
    expect(base.raw.perClass[0] as number).toBeLessThan((base.raw.perClass[1] as number) - 0.3);
    expect(tuned.groups.worst).toBeGreaterThan(base.groups.worst + 0.2);
    expect(tuned.groups.worst).toBeGreaterThan(control.groups.worst + 0.1);
    const [facts] = result?.masks ?? [];
    expect(facts?.squares).toBeGreaterThan(0.9);
    expect(facts?.hidden).toBeLessThan(0.2);
    expect(numbersOf(result).every(Number.isFinite)).toBe(true);
  });

  it('counts each test image once: raw and biased differ in 5–9 alone', () => {
    const { raw, biased, groups } = named(quick.result?.models, 'ERM');
    expect(raw.perClass[0]).toBe(biased.perClass[0]);
    expect(raw.counts.reduce((a, b) => a + b, 0)).toBe(1000);
    expect(groups.each[0]).toBeCloseTo(raw.perClass[0] as number, 12);
    expect(groups.each[2]).toBeCloseTo(raw.perClass[1] as number, 12);
    expect(groups.each[3]).toBeCloseTo(biased.perClass[1] as number, 12);
  });

  it('tells steps one by one to the last, and keeps every network under its name', () => {
    const steps = quick.events.flatMap((event) => (event.type === 'step' ? [event.step] : []));
    expect(steps).toEqual(Array.from({ length: steps.length }, (_, i) => i + 1));
    const last = quick.events.findLast((event) => event.type === 'step');
    expect(last).toMatchObject({ step: steps.length, total: steps.length });
    const bytes = quick.store.checkpoints.get(`model ${CONTROL}`)?.bytes as Uint8Array;
    expect(readCheckpoint(bytes).metadata.notes).toMatchObject({ lab: 'masktune', model: CONTROL });
  });

  it('answers about any image with any two networks, and fine-tunes again with other masks', async () => {
    const { runner } = quick;
    const looks = (await runner.request('look', { models: ['ERM', CONTROL], set: 'biased test', index: 7 })) as readonly Look[];
    expect(looks.map(({ model }) => model)).toEqual(['ERM', CONTROL]);
    for (const { map, mask, masked, image, probability } of looks) {
      expect(Math.max(...map)).toBeLessThanOrEqual(1);
      expect(probability).toBeGreaterThanOrEqual(0.5);
      masked.forEach((value, i) => {
        expect(value).toBeCloseTo(((image[i] as number) / 255) * (1 - (mask[Math.floor(i / 3)] as number)), 5);
      });
    }
    runner.update({ tuneWith: 'sgd' });
    const { name, told } = (await runner.request('tune', undefined)) as Answer<MaskTuning['requests']['tune']>;
    takeTuned(quick.store, told);
    const models = quick.store.data.get('models');
    expect(name).toBe('topK 0.1, hard, SGD');
    expect(named(models, name).groups.worst).toBeGreaterThan(named(models, 'ERM').groups.worst);
    await expect(runner.request('look', { models: ['nobody'], set: 'training', index: 0 })).rejects.toThrow('no network');
  });

  it('goes on from any checkpoint to the same result', async () => {
    const whole = await run({});
    const started = await run({}, { steps: 30 });
    const bytes = started.store.checkpoints.get('run')?.bytes as Uint8Array;
    expect(bytes.length).toBeGreaterThan(1000);
    const again = await run({}, { checkpoint: bytes });
    expect(untimed(again.result as MaskTuneResult)).toEqual(untimed(whole.result as MaskTuneResult));
    const end = await run({}, { checkpoint: whole.store.checkpoints.get('run')?.bytes as Uint8Array });
    expect(end.result).toEqual({ ...whole.result });
    await expect(run({ width: 5 }, { checkpoint: bytes })).rejects.toThrow('other settings');
    for (const { runner } of [whole, started, again, end]) await runner.stop();
  });

  it('follows the square to the other class', async () => {
    const turned = await run({ mix0: 0.01, mix1: 0.99, images: 500, epochs: 1 });
    const base = named(turned.result?.models, 'ERM');
    // The biased test is against the shortcut: the square is on 0–4 there.
    expect(base.biased.perClass[1]).toBe(base.raw.perClass[1]);
    expect(base.biased.perClass[0]).toBe(base.groups.each[1]);
    expect(turned.store.tables.get('models')?.[0]).toMatchObject({ model: 'ERM', '0–4, square': base.groups.each[1] });
    expect(turned.store.tables.get('masks')?.[0]).toHaveProperty('squares of 5–9 hidden');
    const ran = turned.config as Config;
    const page = { config: ran, ran, store: turned.store, runState: 'finished', recorded: false, take: () => true } as const;
    const words = readWords(prose(page as unknown as Parameters<typeof prose>[0]));
    expect(words).toMatch(/In this run: 5–9 without their square .*, 0–4 without .*, 0–4 with one/);
    expect(words).toContain('of the images of 5–9 that carry it');
    await turned.runner.stop();
  });

  it('warns of empty groups and of masks that hide everything, and has a defined result', async () => {
    const few = { images: 500, testImages: 200, epochs: 1, batch: 128 };
    const warnings = ({ store }: typeof quick) =>
      store.notes.filter(({ level }) => level === 'warning').map(({ message }) => message);
    const perfect = await run({ ...few, mix0: 1, mix1: 0, rule: 'mean', strength: 0 });
    expect(perfect.result?.sizes.filter((size) => size === 0)).toHaveLength(2);
    expect(warnings(perfect).join()).toMatch(/no image of the group ‘0–4, no square’ and ‘5–9, square’/);
    const none = await run({ ...few, mix0: 0, mix1: 0, strength: 0 });
    expect(warnings(none).join()).toMatch(/no shortcut to learn/);
    expect(warnings(none).join()).toMatch(/hide nothing on/);
    expect(none.result?.masks[0]?.squares).toBeNull();
    for (const { result, runner } of [perfect, none]) {
      expect(numbersOf(result).every(Number.isFinite)).toBe(true);
      await runner.stop();
    }
  });

  it('compares every method with what it may know, at the same number of steps', async () => {
    const { result, store, runner } = await run({
      study: 'repairs',
      images: 500,
      heldOut: 400,
      testImages: 200,
      epochs: 2,
      batch: 128,
      seeds: 1,
    });
    expect(store.notes.map(({ message }) => message).join()).toMatch(/half of the images can be held out: 250 are/);
    expect(result?.repairs.map(({ method }) => method)).toEqual(METHODS.map(({ name }) => name));
    expect(result?.repairs.every(({ seeds }) => seeds === 1)).toBe(true);
    // Of 250 images two batches an epoch: two epochs and one more.
    expect(result?.repairs.map(({ steps }) => steps)).toEqual(METHODS.map(() => 6));
    const chosen = result?.repairs.filter(({ kept }) => kept !== null).map(({ method }) => method);
    expect(chosen).toEqual(METHODS.map(({ name }) => name).filter((name) => !name.startsWith('last layer')));
    for (const { kept } of result?.repairs ?? [])
      if (kept !== null) expect([1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4, 1]).toContain(kept);
    const random = result?.repairs.find(({ method }) => method === 'random masks of equal area');
    expect(random?.notes[0]).toMatch(/^hides \d+\.\d.% of an image, MaskTune \d+\.\d.%$/);
    expect(numbersOf(result).every(Number.isFinite)).toBe(true);
    const rows = store.tables.get('repairs') ?? [];
    expect(rows).toHaveLength(METHODS.length);
    for (const row of rows)
      expect(Object.values(row).some((value) => typeof value === 'number' && Number.isNaN(value))).toBe(false);
    await runner.stop();
  });
});
