/** What the MaskTune lab counts of its masks, says of a mix, and holds the rows of its table to. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFolder } from '../../../apps/cli/data/folders.ts';
import { rateOfEpoch } from '../../../apps/labs/masktune/erm.ts';
import { experiment } from '../../../apps/labs/masktune/experiment.ts';
import { maskFacts } from '../../../apps/labs/masktune/masking.ts';
import { schema } from '../../../apps/labs/masktune/schema.ts';
import { nothingReached, readState, writeState } from '../../../apps/labs/masktune/state.ts';
import {
  type Config,
  holdOut,
  minorityOf,
  plant,
  remarks,
  type Studio,
  tableRemarks,
} from '../../../apps/labs/masktune/studio.ts';
import { fitOptions, goingOn } from '../../../apps/labs/masktune/tuning.ts';
import type { LabEvent } from '../../../apps/runtime/events.ts';
import { presetValues } from '../../../apps/runtime/experiment.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { nodeEnvironment } from '../../../apps/runtime/node-environment.ts';
import type { Change } from '../../../apps/runtime/runner.ts';
import { defaults, type Parameter } from '../../../apps/runtime/schema.ts';
import { imageAt } from '../../../engine/data/dataset.ts';
import { setDevice } from '../../../engine/tensor.ts';
import { processorDevices } from '../core/devices.ts';
import { twoClasses } from './two-classes.ts';

const base = defaults(schema) as Config;
const COUNT = 400;
const digits = () => twoClasses(COUNT, 0, (i) => (i % 2 === 0 ? 0 : 1));
const both = { train: digits(), test: digits() };

describe('two squares', () => {
  const studio = plant(both, { ...base, secondCue: true, mix0: 0.5, mix1: 0.5 }, 1);
  const painted = (image: Uint8Array, y: number, x: number) =>
    image.subarray((y * 28 + x) * 3, (y * 28 + x) * 3 + 3).some(Boolean);

  it('are known image by image, also of what is left when some are held out', () => {
    const { studio: left } = holdOut(studio, 150, 3);
    for (const { images, carries, groups } of [studio, left]) {
      expect(carries).toHaveLength(images.count);
      carries.forEach((bits, i) => {
        const image = imageAt(images, i);
        expect(bits).toBe((painted(image, 0, 0) ? 1 : 0) + (painted(image, 27, 27) ? 2 : 0));
        expect((groups[i] as number) % 2).toBe(bits === 0 ? 0 : 1);
      });
    }
  });

  /** Maps in which four cells of a corner are hot. */
  const corner = (cells: readonly number[]) => {
    const values = new Float32Array(COUNT * 64);
    for (let i = 0; i < COUNT; i++) for (const cell of cells) values[i * 64 + cell] = 1;
    return { count: COUNT, height: 8, width: 8, values };
  };
  // They cover the square of their corner wholly, and nothing of the other.
  const [here, there] = [corner([0, 1, 8, 9]), corner([54, 55, 62, 63])];
  const settings = { rule: 'threshold', strength: 0.5, hard: true, mapOf: 'true' } as const;
  const useProcessor = async () => setDevice((await processorDevices())[0]?.[1] as Parameters<typeof setDevice>[0]);
  const carrying = ({ carries, groups }: Studio, group: number) =>
    [1, 2, 3].map((bits) => [...carries].filter((own, i) => own === bits && groups[i] === group).length);

  it('count where an image carries them', async () => {
    await useProcessor();
    const facts = await maskFacts([here], settings, studio);
    const [first = 0, second = 0, two = 0] = carrying(studio, 1);
    expect(Math.min(first, second, two)).toBeGreaterThan(20);
    expect(facts.squares).toBeCloseTo(first / (first + second + two), 10);
    expect(facts.squareArea).toBeCloseTo((first + two / 2) / (first + second + two), 10);
  });

  it('are counted in the class that carries them more often', async () => {
    await useProcessor();
    const turned = plant(both, { ...base, secondCue: true, mix0: 0.1, mix1: 0.6 }, 1);
    const facts = await maskFacts([here], settings, turned);
    const [first = 0, second = 0, two = 0] = carrying(turned, 3);
    expect(facts.squares).toBeCloseTo(first / (first + second + two), 10);
  });

  it('are hidden by all rounds together', async () => {
    await useProcessor();
    const [one, two] = [await maskFacts([here], settings, studio), await maskFacts([here, there], settings, studio)];
    expect([one.rule, two.rule]).toEqual(['threshold 0.5, hard', 'threshold 0.5, hard, round 2']);
    expect(two.hidden).toBeCloseTo(2 * one.hidden, 10);
    expect(one.squares).toBeLessThan(0.7);
    expect(two.squares).toBe(1);
    expect((await maskFacts([here, here], settings, studio)).hidden).toBeCloseTo(one.hidden, 10);
  });
});

describe('remarks', () => {
  const told = (mix0: number, mix1: number, sizes: readonly number[]) =>
    [...remarks({ sizes }, { ...base, mix0, mix1 })].flatMap((event) => (event.type === 'status' ? [event.message] : []));

  it('take the minority from the sizes of the groups', () => {
    expect(minorityOf([300, 29700, 29100, 300])).toEqual([0, 3]);
    expect(minorityOf([29700, 300, 300, 29100])).toEqual([1, 2]);
    expect(minorityOf([0, 30000, 29000, 300])).toEqual([0, 3]);
    expect(minorityOf([0, 300, 0, 300])).toEqual([]);
    expect(minorityOf([300, 0, 300, 0])).toEqual([]);
  });

  it('say whether there is a shortcut, and what speaks against it', () => {
    expect(told(0.99, 0.01, [3, 297, 291, 3])).toEqual([]);
    expect(told(0.01, 0.99, [297, 3, 3, 291])).toEqual([]);
    expect(told(0, 0, [300, 0, 300, 0])[0]).toMatch(/^No training image carries the square: there is no shortcut/);
    expect(told(1, 1, [0, 300, 0, 300])[0]).toMatch(/^Every training image carries the square: there is no shortcut/);
    expect(told(0.5, 0.5, [140, 160, 155, 145])[0]).toMatch(/there is no shortcut to learn/);
    expect(told(1, 0, [0, 300, 300, 0])[0]).toMatch(
      /no image of the group ‘0–4, no square’ and ‘5–9, square’\. Nothing there speaks/,
    );
    const [some] = told(1, 0.01, [0, 300, 297, 3]);
    expect(some).toMatch(
      /no image of the group ‘0–4, no square’\. Against the shortcut speak its images of the group ‘5–9, square’/,
    );
    expect(some).not.toMatch(/nothing to weight up/);
    expect(told(0.01, 0.99, [297, 3, 0, 294])[0]).toMatch(/no image of the group ‘5–9, no square’\. Against.* ‘0–4, square’/);
  });

  it('are made of every seed of a table, each once', () => {
    const said = new Set<string>();
    const config = { ...base, heldOut: 4, seed: 5 };
    const of = (seed: number, sizes: readonly number[], groups: readonly number[]) =>
      [...tableRemarks({ sizes }, { data: { count: groups.length }, groups }, config, seed, said)].flatMap((event) =>
        event.type === 'status' ? [event.message] : [],
      );
    expect(of(5, [3, 297, 291, 3], [0, 1, 2, 3])).toEqual([]);
    expect(of(6, [3, 297, 291, 3], [1, 2, 2, 3])).toEqual([
      'Seed 6: No held-out image is of the group ‘0–4, no square’: a new last layer cannot balance it, nor can it judge.',
    ]);
    expect(of(7, [3, 297, 291, 3], [1, 2, 2, 3])).toEqual([]);
    expect(of(8, [0, 300, 291, 3], [1, 2, 2, 3])[0]).toMatch(
      /^Seed 8: The training set has no image of the group ‘0–4, no square’/,
    );
  });
});

describe('the rows of a repair table', () => {
  it('go on with the rate that the schedule gives the next epoch', async () => {
    const snapshot = async () => ({});
    const erm = { trainer: { optimiser: { snapshot } } } as unknown as Parameters<typeof goingOn>[1];
    const rates = async (epochs: number) => {
      const config: Config = { ...base, epochs, halve: 25, rate: 0.01, tuneWith: 'sgd' };
      return [(await goingOn(config, erm, 1)).optimiser.lr, (await fitOptions(config, erm, 1)).optimiser.lr];
    };
    // Epoch 51 is the first with a quarter; fine-tuning keeps the rate of the last.
    expect(await rates(50)).toEqual([0.0025, 0.005]);
    expect(await rates(25)).toEqual([0.005, 0.01]);
    expect(await rates(11)).toEqual([0.01, 0.01]);
    expect(rateOfEpoch({ ...base, rate: 0.08, halve: 2 }, 5)).toBe(0.02);
  });

  it('are held to the settings that they are made of, also where these may change in other studies', () => {
    const parameters: Readonly<Record<string, Parameter>> = schema;
    const state = { reached: nothingReached, steps: 0, erm: null, networks: new Map<string, Uint8Array>() };
    const other: Partial<Config> = {
      ...{ rate: 0.02, rule: 'mean', strength: 0.3, hard: true, mapOf: 'predicted' },
      ...{ tuneWith: 'sgd', tuneRate: 0.01, tuneEpochs: 2 },
    };
    const live = Object.keys(parameters).filter((key) => parameters[key]?.live === 'live' && parameters[key]?.group !== 'sample');
    expect(Object.keys(other).sort()).toEqual(live.sort());
    for (const key of Object.keys(other) as (keyof Config)[]) {
      const resumed = (study: Config['study']) => {
        const config = { ...base, study };
        return readState(writeState(state, config), { ...config, [key]: other[key] } as Config);
      };
      expect(() => resumed('repairs'), key).toThrow('other settings');
      expect(resumed('one rule').steps, key).toBe(0);
    }
    const table = { ...base, study: 'repairs' } as const;
    expect(readState(writeState(state, table), { ...table, seeds: 9, example: 4 }).steps).toBe(0);
  });

  const packs = join(dataFolder, 'packs');
  it.skipIf(!existsSync(join(packs, 'mnist-train.pack')))(
    'do not change with what is set on the way, and that is said',
    async () => {
      const run = async (changes: readonly Change[]) => {
        const events: LabEvent[] = [];
        const { runner } = await runInNode(experiment, {
          environment: nodeEnvironment(packs),
          device: 'wasm',
          config: {
            ...presetValues(experiment, 'quick'),
            ...{ study: 'repairs', images: 500, heldOut: 250, testImages: 200, width: 4, epochs: 2, batch: 512, seeds: 1 },
          },
          changes,
          // Two steps of the first training, one of the row ERM, and the first of the next row.
          steps: 4,
          onEvent: (event) => events.push(structuredClone(event)),
        });
        await runner.stop();
        const losses = events.flatMap((event) => (event.type === 'metric' ? [event.y] : []));
        const notes = events.filter((event) => event.type === 'status' && /what was changed on the way/.test(event.message));
        return { losses, notes: notes.length };
      };
      const still = await run([]);
      const changed = await run([{ step: 1, values: { rate: 0.3, tuneRate: 0.05 } }]);
      expect(still.losses).toHaveLength(4);
      expect(changed.losses).toEqual(still.losses);
      expect([still.notes, changed.notes]).toEqual([0, 1]);
    },
  );
});
