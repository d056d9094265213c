/** The features lab on networks of real and of random weights: what it shows, what it refuses, and its cards. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { dataFolder } from '../../../apps/cli/data/folders.ts';
import type { LiveTensor } from '../../../apps/components/math-card/element.ts';
import type { Between, Groups } from '../../../apps/labs/features/blocks.ts';
import { cards } from '../../../apps/labs/features/cards.ts';
import { experiment } from '../../../apps/labs/features/experiment.ts';
import { IconBook, readIcons, writeIcons } from '../../../apps/labs/features/icon-file.ts';
import { schema } from '../../../apps/labs/features/schema.ts';
import type { ShownEffects } from '../../../apps/labs/features/take-apart.ts';
import { objectiveName, parseTerms } from '../../../apps/labs/features/terms.ts';
import type { Verification } from '../../../apps/math/card.ts';
import { openEngine } from '../../../apps/runtime/engine-device.ts';
import type { LabEvent } from '../../../apps/runtime/events.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { nodeEnvironment } from '../../../apps/runtime/node-environment.ts';
import type { ConfigOf } from '../../../apps/runtime/schema.ts';
import { checkValue } from '../../../apps/runtime/values.ts';
import { init } from '../../../engine/device/init.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { saveNetwork } from '../../../engine/train/checkpoint.ts';
import { pngOf } from '../data/png-writer.ts';

const packs = join(dataFolder, 'packs');
const darknet = existsSync(join(packs, 'tiny-darknet.safetensors'));

async function run(config: Partial<ConfigOf<typeof schema>>, files: ReadonlyMap<string, Uint8Array> = new Map()) {
  const told: LabEvent[] = [];
  const environment = nodeEnvironment(packs);
  const done = await runInNode(experiment, {
    environment: { ...environment, open: openEngine },
    device: 'wasm',
    preset: 'quick',
    config,
    files,
    onEvent: (event) => told.push(event),
  });
  return { ...done, told };
}

/** A network of two convolutions with a softmax at its end, as `classify` makes them, for 12 × 10 pixels. */
let checkpoint: ReadonlyMap<string, Uint8Array>;
beforeAll(async () => {
  await init({ device: 'wasm' });
  const network = buildNetwork(
    [
      { type: 'conv2d', in: 1, out: 6, kernel: 3, padding: 1 },
      { type: 'batchnorm2d', features: 6 },
      { type: 'relu' },
      { type: 'maxpool2d', kernel: 2 },
      { type: 'conv2d', in: 6, out: 5, kernel: 3, padding: 1 },
      { type: 'relu' },
      { type: 'flatten' },
      { type: 'linear', in: 150, out: 4 },
      { type: 'softmax' },
    ],
    { inputShape: [12, 10, 1], rng: 2 },
  );
  checkpoint = new Map([['net.safetensors', await saveNetwork(network, { classNames: ['a', 'b', 'c', 'd'] })]]);
  network.dispose();
});

describe('objectives as data', () => {
  it('are read from links, and what is wrong is said', () => {
    const terms = parseTerms([
      { kind: 'channel', layer: '22', unit: 3 },
      { kind: 'logit', unit: 1, weight: -2 },
    ]);
    expect(terms).toEqual([
      { kind: 'channel', layer: '22', unit: 3, weight: 1 },
      { kind: 'logit', layer: '', unit: 1, weight: -2 },
    ]);
    expect(objectiveName(terms, ['tench', 'goldfish'])).toBe('channel 3 of layer 22 − 2 × logit 1 (goldfish)');
    expect(() => parseTerms([])).toThrow(/1 to 6 terms/);
    expect(() => parseTerms([{ kind: 'beauty' }])).toThrow(/one of the kinds channel/);
    expect(() => parseTerms([{ kind: 'channel', layer: '2', unit: -1 }])).toThrow(/whole number/);
    expect(() => parseTerms([{ kind: 'channel', unit: 1 }])).toThrow(/names its layer/);
    expect(() => parseTerms([{ kind: 'channel', layer: '2', unit: 1, weight: Number.NaN }])).toThrow(/weights/);
    expect(() => parseTerms([{ kind: 'direction', layer: '2', mix: [[1]] }])).toThrow(/amounts/);
    expect(checkValue(schema.terms, [{ kind: 'beauty' }], schema.terms.default).value).toEqual(schema.terms.default);
  });
});

describe('icons as a file', () => {
  it('survive, and those of another layer are not taken', () => {
    const book = new IconBook('network 22', 2, 1);
    book.set(7, Uint8Array.of(1, 2, 3, 4));
    book.set(3, Uint8Array.of(5, 6, 7, 8));
    const read = readIcons(writeIcons(book.all()));
    expect(read).toEqual({ ...book.all() });
    const other = new IconBook('network 31', 2, 1);
    other.take(read);
    expect(other.size).toBe(0);
    const same = new IconBook('network 22', 2, 1);
    same.take(read);
    expect(same.has(3) && same.has(7) && !same.has(4)).toBe(true);
    expect(readIcons(Uint8Array.of(200, 0, 0, 0, 1))).toBeUndefined();
    expect(readIcons(new Uint8Array(0))).toBeUndefined();
  });
});

describe('a checkpoint that takes one size of image', () => {
  const small = { network: 'file', steps: 6, batch: 2, compare: 'four ways' } as const;

  it.each([
    [{ kind: 'channel', layer: '3', unit: 2, weight: 1 }],
    [{ kind: 'neuron', layer: '1', unit: 0, weight: -1 }],
    [{ kind: 'logit', layer: '', unit: 3, weight: 1 }],
    [{ kind: 'deep dream', layer: '3', unit: 0, weight: 1 }],
    [{ kind: 'interpolation', layer: '1', unit: 0, to: 4, weight: 1 }],
    [
      {
        kind: 'direction',
        layer: '3',
        unit: 0,
        mix: [
          [0, 1],
          [4, -0.5],
        ],
        weight: 1,
      },
    ],
  ] as const)('climbs %o in every way', async (term) => {
    const { result, told, runner } = await run({ ...small, terms: parseTerms([term]), parametrisation: 'laplacian' }, checkpoint);
    await runner.stop();
    expect(result?.visualisation?.ways.map(({ way }) => way)).toEqual([
      'free pixels',
      'pixels, penalties',
      'pixels, transformations',
      'as set',
    ]);
    for (const way of result?.visualisation?.ways ?? [])
      for (const value of [way.still, way.transformed, way.highFrequencies]) expect(Number.isFinite(value)).toBe(true);
    const images = told.filter((event) => event.type === 'images');
    expect(images.map(({ name }) => name)).toContain('as set 6');
    expect(images.at(-1)?.shape).toEqual([2, 8, 6, 1]);
    expect(told.filter(({ type }) => type === 'step')).toHaveLength(6);
  });

  it('is climbed towards what a layer sees in a picture of the reader’s', async () => {
    const picture = pngOf({ width: 6, height: 8, depth: 8, colour: 0, samples: (x, y) => [x + y < 6 ? 240 : 15] });
    const terms = parseTerms([{ kind: 'caricature', layer: '3', photo: 'own', power: 1 }]);
    const config = { ...small, batch: 1, steps: 24, compare: 'alone', terms } as const;
    const { result, told, runner } = await run(config, new Map([...checkpoint, ['own/edge.png', picture]]));
    await runner.stop();
    expect(result?.visualisation?.objective).toBe('caricature of your picture in layer 3');
    const last = told.filter((event) => event.type === 'images').at(-1)?.data as Uint8Array;
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const side = (bright: boolean) => [...last].filter((_, at) => (at % 6) + Math.floor(at / 6) < 6 === bright);
    // What was bright in the picture has become brighter than what was dark.
    expect(mean(side(true))).toBeGreaterThan(mean(side(false)) + 20);
    await expect(run(config, checkpoint)).rejects.toThrow(/give a picture/);
    expect(() => parseTerms([{ kind: 'caricature', layer: '3', photo: 'none' }])).toThrow(/names its photograph/);
    expect(() => parseTerms([{ kind: 'caricature', layer: '3', photo: 'own', power: 9 }])).toThrow(/power/);
  });

  it('is climbed with terms that make images differ', async () => {
    const terms = parseTerms([
      { kind: 'channel', layer: '3', unit: 2 },
      { kind: 'diversity', layer: '3', weight: 100 },
    ]);
    const { result, runner } = await run({ ...small, compare: 'alone', terms }, checkpoint);
    await runner.stop();
    expect(result?.visualisation?.objective).toBe('channel 2 of layer 3 + 100 × diversity in layer 3');
  });

  it('says what is not there', async () => {
    const failing = (config: Partial<ConfigOf<typeof schema>>) => run({ ...small, ...config }, checkpoint);
    await expect(failing({ terms: parseTerms([{ kind: 'channel', layer: '40', unit: 1 }]) })).rejects.toThrow(/'40' is no layer/);
    await expect(failing({ terms: parseTerms([{ kind: 'channel', layer: '3', unit: 5 }]) })).rejects.toThrow(/0 to 4/);
    await expect(failing({ terms: parseTerms([{ kind: 'logit', unit: 4 }]) })).rejects.toThrow(/0 to 3/);
    await expect(failing({ terms: parseTerms([{ kind: 'direction', layer: '3', mix: [[9, 1]] }]) })).rejects.toThrow(/0 to 4/);
    await expect(run(small)).rejects.toThrow(/give a checkpoint/);
  });

  it('has cards that are verified', async () => {
    const { runner } = await run({ ...small, terms: parseTerms([{ kind: 'channel', layer: '3', unit: 2 }]) }, checkpoint);
    await expectCards(runner);
    await runner.stop();
  });
});

async function expectCards(runner: { request(name: string, payload: unknown): Promise<unknown> }): Promise<void> {
  const tensors = (await runner.request('tensors', undefined)) as readonly LiveTensor[];
  const terms = new Set(cards.flatMap((card) => card.terms.map((term) => `${card.id}/${term.id}`)));
  expect(tensors.length).toBeGreaterThan(2);
  for (const { name, shape, data, terms: of } of tensors) {
    for (const term of of) expect(terms, name).toContain(term);
    expect(data, name).toHaveLength(shape.reduce((a, b) => a * b, 1));
    expect(Array.from(data).every(Number.isFinite), name).toBe(true);
  }
  for (const { id } of cards) {
    const found = (await runner.request('verify', { card: id })) as readonly Verification[];
    expect(found.length, id).toBeGreaterThan(0);
    for (const { name, maxError, tolerance } of found) expect(maxError, `${id}: ${name}`).toBeLessThanOrEqual(tolerance);
  }
}

describe.skipIf(!darknet)('Tiny Darknet', () => {
  it('Fourier basis and transformations: worth more when moved, with less in finest detail (S1-5)', async () => {
    const { result, runner } = await run({ compare: 'with pixels', size: 48, steps: 48 });
    await runner.stop();
    const [free, set] = result?.visualisation?.ways ?? [];
    expect(free?.way).toBe('free pixels');
    expect(set?.transformed).toBeGreaterThanOrEqual(free?.transformed ?? Number.NaN);
    expect(set?.highFrequencies).toBeLessThan((free?.highFrequencies ?? 0) / 2);
  });

  it('takes a photograph apart, and answers questions about it', async () => {
    const blocks = { figure: 'blocks', icons: 4, grid: 1, groups: 2, path: 4 } as const;
    const { result, runner, told } = await run(blocks);
    const found = result?.blocks;
    expect(found?.photograph).toBe('tabby');
    expect(found?.verdicts[0]?.name).toMatch(/cat/i);
    expect(found?.verdicts.reduce((sum, { probability }) => sum + probability, 0)).toBeLessThanOrEqual(1);
    expect(found?.unexplained).toBeGreaterThan(0);
    expect(found?.unexplained).toBeLessThan(1);
    const said = (name: string) => told.findLast((event) => event.type === 'data' && event.name === name);
    for (const name of ['dictionary', 'effects', 'groups', 'icons', 'group icons', 'grid'])
      expect(said(name), name).toBeDefined();
    const first = found?.verdicts[0]?.index ?? 0;
    const more = (await runner.request('groups', { rank: 3, first, second: 79 })) as Groups;
    expect(more.maps).toHaveLength(3);
    for (const direction of more.directions) expect(Math.hypot(...direction)).toBeCloseTo(1, 4);
    const effects = (await runner.request('effects', { first: 79, second: first })) as ShownEffects;
    expect(effects.first).toBe(79);
    for (const { first: one, second: other, net } of effects.channels) expect(net).toBeCloseTo(one - other, 5);
    const between = (await runner.request('between', { to: '33' })) as Between;
    expect(between.values).toHaveLength(14 ** 4);
    await expect(runner.request('between', { to: '22' })).rejects.toThrow(/does not come behind/);
    await expect(runner.request('effects', { first: 1000, second: 0 })).rejects.toThrow(/no class/);
    await runner.stop();
    await expect(run({ ...blocks, layer: '36' })).rejects.toThrow(/no maps/);
    await expect(run({ ...blocks, photo: 'own' })).rejects.toThrow();
  });
});
