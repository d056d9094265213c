/** The saliency lab on the processor's device: scenes, methods beside their controls, the finding, questions and files. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Explaining, experiment } from '../../../apps/labs/saliency/experiment.ts';
import { verdictOf } from '../../../apps/labs/saliency/explain.ts';
import { disc, filled, marked, outsideOf } from '../../../apps/labs/saliency/painting.ts';
import { makeScenes, SCENE, withOtherBackground } from '../../../apps/labs/saliency/scenes.ts';
import type { Config } from '../../../apps/labs/saliency/subject.ts';
import { openEngine } from '../../../apps/runtime/engine-device.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import type { Runner } from '../../../apps/runtime/runner.ts';
import { RunStore } from '../../../apps/runtime/store.ts';
import { decodePng } from '../../../engine/data/formats/png.ts';
import { encodePng } from '../../../engine/data/formats/png-encode.ts';
import { init } from '../../../engine/device/init.ts';
import { METHOD_NAMES } from '../../../engine/explain/method-names.ts';
import { mlp } from '../../../engine/nn/architectures.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { saveNetwork } from '../../../engine/train/checkpoint.ts';

const environment = { data: { read: async () => undefined }, open: openEngine };

async function run(config: Partial<Config>, files: ReadonlyMap<string, Uint8Array> = new Map()) {
  const store = new RunStore<Explaining>();
  const done = await runInNode(experiment, {
    environment,
    device: 'wasm',
    preset: 'quick',
    config,
    files,
    onEvent: (event) => store.apply([structuredClone(event)]),
  });
  return { ...done, store };
}

describe('scenes', () => {
  const scenes = makeScenes(200, 1, 3, 'test');
  const area = SCENE * SCENE;

  it('are of both classes alike, their object and background known', () => {
    expect(scenes.labels.filter((label) => label === 1)).toHaveLength(100);
    expect(scenes.backgrounds).toEqual(scenes.labels);
    const shares = [0, 1].map((label) => {
      const own = scenes.objects.filter((_, i) => scenes.labels[Math.floor(i / area)] === label);
      return own.reduce((a, b) => a + b, 0) / own.length;
    });
    // Neither class is told by its size.
    expect(Math.abs((shares[0] as number) - (shares[1] as number))).toBeLessThan(0.06);
    const mixed = makeScenes(400, 0.5, 3, 'test');
    const agree = mixed.backgrounds.filter((background, n) => background === mixed.labels[n]).length / 400;
    expect(Math.abs(agree - 0.5)).toBeLessThan(0.1);
  });

  it('take the other background and keep their objects, pixel by pixel', () => {
    const other = withOtherBackground(scenes, 1);
    let [kept, changed] = [0, 0];
    scenes.objects.forEach((inside, i) => {
      const same = [0, 1, 2].every((c) => other.images[3 * i + c] === scenes.images[3 * i + c]);
      if (inside) expect(same).toBe(true);
      if (inside) kept++;
      else changed += Number(!same);
    });
    expect(kept + changed).toBe(scenes.objects.length);
  });
});

describe('painting', () => {
  const canvas = { width: 8, height: 8, channels: 3 } as const;
  const pixels = new Uint8Array(192).map((_, i) => i);

  it('fills a disc and nothing else, and what is outside a mask', () => {
    const where = disc(canvas, 4, 4, 2);
    expect(where.length).toBeGreaterThan(8);
    const out = filled(pixels, where, 'black', canvas);
    for (let p = 0; p < 64; p++) {
      const expected = where.includes(p) ? [0, 0, 0] : [...pixels.subarray(3 * p, 3 * p + 3)];
      expect([...out.subarray(3 * p, 3 * p + 3)]).toEqual(expected);
    }
    const mask = marked(new Uint8Array(64), where, 1);
    expect(outsideOf(mask)).toHaveLength(64 - where.length);
    expect(marked(mask, where, 0).includes(1)).toBe(false);
  });

  it('stays within the picture at its border, and paints grey pictures grey', () => {
    expect(disc(canvas, 0, 0, 3).every((pixel) => pixel >= 0 && pixel < 64)).toBe(true);
    const grey = { width: 8, height: 8, channels: 1 } as const;
    expect(filled(new Uint8Array(64), [0], 'white', grey)[0]).toBe(255);
    const flat = filled(new Uint8Array(64).fill(90), [5, 6], 'blurred', grey);
    expect([flat[5], flat[6]]).toEqual([90, 90]);
  });
});

it('names the classes with the largest scores', () => {
  const { predicted, name, probability, top } = verdictOf(Float32Array.of(0, 2, 1), ['a', 'b', 'c']);
  expect([predicted, name]).toEqual([1, 'b']);
  expect(probability).toBeCloseTo(0.665241, 5);
  expect(top.map(({ name: label }) => label)).toEqual(['b', 'c', 'a']);
});

describe('a run on scenes', () => {
  let done: Awaited<ReturnType<typeof run>>;
  let runner: Runner;
  beforeAll(async () => {
    done = await run({});
    runner = done.runner;
  });
  afterAll(() => runner?.stop());

  it('is right for the wrong reason, and the same training without the correlation is not', () => {
    const { networks, area } = done.result?.background ?? { networks: {}, area: 0 };
    expect(networks.with?.accuracy).toBeGreaterThan(0.97);
    expect(networks.without?.accuracy).toBeGreaterThan(0.9);
    // LABS S3-2: 20 points more than the background's share of the area, and than the other network.
    expect(networks.with?.excess).toBeGreaterThanOrEqual(20);
    expect(100 * ((networks.with?.share ?? 0) - (networks.without?.share ?? 1))).toBeGreaterThanOrEqual(20);
    expect(networks.with?.flips).toBeGreaterThan(0.9);
    expect(networks.without?.flips).toBeLessThan(0.2);
    expect(area).toBeGreaterThan(0.4);
  });

  it('has maps of every method beside their controls, and mean(CAM) is the logit', () => {
    for (const method of METHOD_NAMES) {
      const maps = done.store.data.get(`maps ${method}`);
      expect(maps?.why, method).toBe('');
      expect(maps?.trained.length, method).toBe(4 * 32 * 32);
      expect(maps?.trained.every(Number.isFinite), method).toBe(true);
      expect(maps?.random.length, method).toBe(4 * 32 * 32);
      expect(
        maps?.similarity.every((rho) => rho >= -1.0001 && rho <= 1.0001),
        method,
      ).toBe(true);
      expect(
        maps?.outside.every((share) => share !== null && share >= 0 && share <= 1),
        method,
      ).toBe(true);
    }
    expect(done.store.data.get('identity')?.error).toBeLessThanOrEqual(1e-5);
    expect(done.store.series('cascade')).toHaveLength(METHOD_NAMES.length);
  });

  it('answers for a painted picture, and refuses one of another size', async () => {
    const scenes = makeScenes(2, 1, done.config.seed as number, 'test');
    const size = 32 * 32 * 3;
    const other = withOtherBackground(scenes, 1);
    const before = (await runner.request('look', { pixels: scenes.images.slice(0, size) })) as { predicted: number };
    const after = (await runner.request('look', { pixels: other.images.slice(0, size) })) as { predicted: number };
    expect(after.predicted).toBe(1 - before.predicted);
    await expect(runner.request('look', { pixels: new Uint8Array(5) })).rejects.toThrow(/must have 3072 values/);
    const picture = { pixels: other.images.slice(0, size), object: scenes.objects.slice(0, 1024), label: 0 };
    const maps = (await runner.request('maps', { method: 'Grad-CAM', picture })) as { outside: number[]; trained: Float32Array };
    expect(maps.trained).toHaveLength(1024);
    expect(maps.outside[0]).toBeGreaterThan(0);
  });

  it('writes image, map and overlay of images of each class, in folders by class', async () => {
    const files = (await runner.request('files', undefined)) as { path: string; bytes: Uint8Array }[];
    const pictures = files.filter(({ path }) => path.endsWith('.png'));
    expect(pictures).toHaveLength(2 * 3 * 3);
    expect(pictures[0]?.path).toMatch(/^balloon\/01-(balloon|house)-[01]\.\d{3}-image\.png$/);
    const { width, height, channels, data } = await decodePng(pictures[0]?.bytes as Uint8Array, 'first');
    expect([width, height, channels]).toEqual([32, 32, 3]);
    expect([...data]).toEqual([...makeScenes(1, 1, done.config.seed as number, 'test').images]);
    expect(new TextDecoder().decode(files.at(-1)?.bytes).split('\n')).toHaveLength(1 + 6 + 1);
  });
});

it('a class beyond the outputs is told: the run explains the predicted one, a question says why it cannot', async () => {
  const done = await run({ images: 100, epochs: 1, pictures: 1, methods: ['CAM'], target: 'chosen', class: 7 });
  expect(done.store.notes.map(({ message }) => message).join()).toMatch(/Class 7 is beyond the 2 classes/);
  expect(done.result?.methods.map(({ method }) => method)).toEqual(['CAM']);
  await expect(done.runner.request('maps', { method: 'CAM', picture: null })).rejects.toThrow(/7 is beyond the 2 classes/);
  await done.runner.stop();
});

it('trains on folders of the reader’s pictures, whatever their size, and explains them', async () => {
  const files = new Map<string, Uint8Array>();
  for (let n = 0; n < 8; n++) {
    const [width, height, channels] = [20 + 9 * n, 31, n % 3 === 0 ? 1 : 3];
    const data = new Uint8Array(width * height * channels).fill(n % 2 === 0 ? 40 : 210);
    files.set(`mine/${n % 2 === 0 ? 'dark' : 'light'}/${n}.png`, await encodePng({ width, height, channels, data }));
  }
  const done = await run({ network: 'own pictures', images: 100, epochs: 1, pictures: 2, methods: ['CAM', 'Grad-CAM'] }, files);
  expect(done.store.data.get('subject')?.classNames).toEqual(['dark', 'light']);
  expect(done.store.data.get('maps CAM')?.trained).toHaveLength(2 * 64 * 64);
  expect(done.store.data.get('identity')?.error).toBeLessThanOrEqual(1e-5);
  await done.runner.stop();
  files.set('mine/dark/broken.png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1, 2, 3));
  await expect(run({ network: 'own pictures', images: 100, epochs: 1 }, files)).rejects.toThrow(/broken\.png/);
  await expect(run({ network: 'own pictures' })).rejects.toThrow(/open folders of pictures/);
});

it.each([2, 3])('is right for the wrong reason from seed %i on, too', async (seed) => {
  const { result, runner } = await run({ seed, methods: [] });
  await runner.stop();
  const { with: own, without } = result?.background?.networks ?? {};
  expect(own?.excess).toBeGreaterThanOrEqual(20);
  expect(100 * ((own?.share ?? 0) - (without?.share ?? 1))).toBeGreaterThanOrEqual(20);
  expect(own?.flips).toBeGreaterThan(0.9);
  expect(without?.flips).toBeLessThan(0.2);
});

describe('networks from files', () => {
  it('without maps: the methods that need some say so, the others work', async () => {
    await init({ device: 'wasm' });
    const network = buildNetwork(mlp([64, 12, 3]), { inputShape: [8, 8, 1], rng: 1 });
    const notes = { classNames: ['a', 'b', 'c'], normalisation: null };
    const bytes = await saveNetwork(network, notes);
    const done = await run({ network: 'file' }, new Map([['net.safetensors', bytes]]));
    expect(done.store.notes.map(({ message }) => message).join()).toMatch(/give some of your own/);
    const picture = { pixels: new Uint8Array(64).fill(100), object: null, label: -1 };
    const ask = (method: string) =>
      done.runner.request('maps', { method, picture }) as Promise<{ why: string; trained: Float32Array }>;
    expect((await ask('Grad-CAM')).why).toMatch(/No layer of this network puts out maps/);
    const found = await ask('integrated gradients');
    expect(found.why).toBe('');
    expect(found.trained).toHaveLength(64);
    await done.runner.stop();
  });

  it('a missing file is asked for', async () => {
    await expect(run({ network: 'file' })).rejects.toThrow(/give a checkpoint/);
  });
});
