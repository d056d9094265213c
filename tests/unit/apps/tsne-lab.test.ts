import { beforeAll, describe, expect, it } from 'vitest';
import { checkpointFacts, factsText } from '../../../apps/components/network-source/facts.ts';
import { experiment, type Mapping } from '../../../apps/labs/tsne/experiment.ts';
import { coordinatesOf, nearestOnMap, neighboursOf } from '../../../apps/labs/tsne/layout.ts';
import { panelsOf, perplexitiesOf, scheduleOf } from '../../../apps/labs/tsne/maps.ts';
import { averagedBlocks, layerPath, NetworkSource } from '../../../apps/labs/tsne/network.ts';
import { schema } from '../../../apps/labs/tsne/schema.ts';
import type { Verification } from '../../../apps/math/card.ts';
import { cards } from '../../../apps/math/cards/tsne.ts';
import { openEngine } from '../../../apps/runtime/engine-device.ts';
import type { LabEvent } from '../../../apps/runtime/events.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { withProgress } from '../../../apps/runtime/progress.ts';
import { Runner } from '../../../apps/runtime/runner.ts';
import { type ConfigOf, defaults } from '../../../apps/runtime/schema.ts';
import { RunStore } from '../../../apps/runtime/store.ts';
import { batchOf, picked } from '../../../apps/shell/image-batch.ts';
import { DATASETS } from '../../../engine/data/catalog.ts';
import { imageDataset } from '../../../engine/data/dataset.ts';
import { loadDataset } from '../../../engine/data/load.ts';
import { writePixelPack } from '../../../engine/data/pack.ts';
import type { DataSource } from '../../../engine/data/source.ts';
import { init } from '../../../engine/device/init.ts';
import { tsneSchedules } from '../../../engine/explain/tsne.ts';
import { mlp, mnistCnn } from '../../../engine/nn/architectures.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { Generator } from '../../../engine/random.ts';
import { saveNetwork } from '../../../engine/train/checkpoint.ts';
import { pngOf } from '../data/png-writer.ts';

type Config = ConfigOf<typeof schema>;
const base = defaults(schema) as Config;

/** Images with a bright spot whose place is their class, on noise. */
async function packOf(split: 'train' | 'test', count: number): Promise<Uint8Array> {
  const info = { ...DATASETS.mnist, name: 'mnist', split, height: 28, width: 28, channels: 1 };
  const noise = new Generator(split === 'train' ? 1 : 2, 'images').uniform(count * 784, 0, 90);
  const images = Uint8Array.from(noise, (value, at) => {
    const [label, y, x] = [Math.floor(at / 784) % 10, Math.floor((at % 784) / 28), at % 28];
    const [cy, cx] = [5 + 9 * Math.floor(label / 4), 4 + 6 * (label % 4)];
    return value + 160 * Math.exp(-((y - cy) ** 2 + (x - cx) ** 2) / 14);
  });
  const { classNames, mean, std } = DATASETS.mnist;
  return writePixelPack(
    imageDataset(
      { ...info, classNames, mean, std },
      images,
      Uint8Array.from({ length: count }, (_, n) => n % 10),
    ),
    'made by a test',
  );
}

let data: DataSource;
const environment = () => ({ data, open: openEngine });

beforeAll(async () => {
  const files = new Map<string, Uint8Array>();
  const packs = [];
  for (const [split, count] of [
    ['train', 600],
    ['test', 150],
  ] as const) {
    const bytes = await packOf(split, count);
    files.set(`${split}.pack`, bytes);
    packs.push({ file: `${split}.pack`, name: 'mnist', split, count, bytes: bytes.length, sha256: '' });
  }
  files.set('index.json', new TextEncoder().encode(JSON.stringify({ version: 1, packs, models: {} })));
  data = { read: async (path) => files.get(path) };
});

async function run(config: Partial<Config>, files?: ReadonlyMap<string, Uint8Array>) {
  const events: LabEvent[] = [];
  const done = await runInNode(experiment, {
    environment: environment(),
    config: { count: 120, iterations: 100, perplexity: 12, trainCount: 600, epochs: 2, ...config },
    ...(files ? { files } : {}),
    onEvent: (event) => events.push(structuredClone(event)),
  });
  const store = new RunStore<Mapping>();
  store.apply(events);
  return { ...done, events, store };
}

const verifications = async (runner: Runner): Promise<Verification[]> => {
  const found: Verification[] = [];
  for (const { id } of cards) found.push(...((await runner.request('verify', { card: id })) as Verification[]));
  return found;
};

describe('the t-SNE lab', () => {
  it('maps the pixels, measures the map and answers the cards', async () => {
    const { result, events, store, runner } = await run({ exaggerated: 40, schedule: 'own', components: 0, iterations: 300 });
    expect(result).toMatchObject({ points: 120, iterations: 300, accuracy: null });
    expect(result?.inputAgreement).toBeGreaterThan(0.95);
    const [map] = result?.maps ?? [];
    expect(map?.agreement).toBeGreaterThan(0.9);
    expect(map?.trustworthiness).toBeGreaterThan(0.85);
    expect(map?.KL).toBeGreaterThan(0);
    const kl = store.series('divergence')[0];
    expect(kl?.y.at(-1)).toBeLessThan(kl?.y[0] as number);
    const steps = events.filter((event) => event.type === 'step');
    expect(steps).toHaveLength(30);
    expect(steps.at(-1)).toMatchObject({ step: 300, total: 300 });
    expect(store.tables.get('quality')).toHaveLength(1);

    const layout = coordinatesOf(store.data.get('layout 0'));
    expect(layout?.x).toHaveLength(120);
    const near = nearestOnMap(layout as NonNullable<typeof layout>, 7, 5);
    expect(near).toHaveLength(5);
    expect(near.filter((i) => i % 10 === 7).length).toBeGreaterThanOrEqual(4);
    expect(neighboursOf(store, 7)).toHaveLength(8);
    expect(neighboursOf(store, 7).filter((i) => i % 10 === 7).length).toBeGreaterThanOrEqual(6);
    const batch = batchOf(store.images.get('points'));
    expect(batch).toMatchObject({ count: 120, width: 28, height: 28, channels: 1 });
    expect(picked(batch as NonNullable<typeof batch>, [3]).data).toEqual(batch?.data.subarray(3 * 784, 4 * 784));

    const checks = await verifications(runner);
    expect(checks.length).toBeGreaterThanOrEqual(6);
    for (const check of checks) expect(check.maxError, check.name).toBeLessThanOrEqual(check.tolerance);
    const tensors = (await runner.request('tensors', undefined)) as { shape: number[]; data: Float32Array }[];
    for (const { shape, data: values } of tensors) expect(values).toHaveLength(shape.reduce((a, b) => a * b, 1));
    await runner.stop();
  });

  it('trains a network when a layer of it is asked for, and marks what it gets wrong', async () => {
    const { result, store, runner } = await run({ layer: 'softmax' });
    expect(result?.accuracy).toBeGreaterThan(0.9);
    expect(store.data.get('epochs')).toEqual([0, 1, 2]);
    expect(store.data.get('predicted')).toHaveLength(120);
    expect(store.data.get('space')).toMatch(/10 numbers, epoch 2; \d+\.\d % of these images/);
    expect(store.data.get('layers')).toHaveLength(4);
    await runner.stop();
  });

  it('embeds a given checkpoint, any layer of it', async () => {
    await init({ device: 'wasm' });
    const network = buildNetwork(mnistCnn({ filters: 3, hidden: 16 }), { inputShape: [28, 28, 1], rng: 5 });
    const bytes = await saveNetwork(network, { dataset: 'fashion-mnist', normalisation: null });
    const files = new Map([['net.safetensors', bytes]]);
    expect(checkpointFacts(bytes)).toEqual({ dataset: 'fashion-mnist', inputShape: [28, 28, 1] });
    expect(factsText(checkpointFacts(bytes))).toBe('fashion-mnist, 28 × 28 × 1');
    expect(checkpointFacts(new Uint8Array(20))).toEqual({});
    network.dispose();
    const { store, runner } = await run({ layer: 'first', iterations: 50 }, files);
    expect(store.data.get('space')).toMatch(/layer 1, 26 × 26 × 3 numbers, epoch 0, of a network trained on 'fashion-mnist'/);
    expect(store.notes).toMatchObject([
      { level: 'warning', message: expect.stringMatching(/trained on 'fashion-mnist'.*of 'mnist'/) },
    ]);
    expect(store.data.get('epochs')).toEqual([0]);
    await runner.stop();
    await expect(run({ layer: 'other', path: '77' }, files)).rejects.toThrow(/no layer/);
    await expect(run({ layer: 'logits' }, new Map([['x', new Uint8Array(20)]]))).rejects.toThrow();
  });

  it('says that a network was trained on other images, and compares no classes that are not the same', async () => {
    await init({ device: 'wasm' });
    const network = buildNetwork(mnistCnn({ filters: 2, hidden: 8 }), { inputShape: [28, 28, 1], rng: 5 });
    const files = new Map([['mine.safetensors', await saveNetwork(network, { dataset: 'own', classNames: ['dark', 'light'] })]]);
    network.dispose();
    const { result, store, runner } = await run({ layer: 'hidden', iterations: 50 }, files);
    expect(store.notes[0]?.message).toMatch(/trained on 'own', but the images are of 'mnist'/);
    expect(result?.accuracy).toBeNull();
    expect(store.data.get('space')).not.toMatch(/classified/);
    expect(store.data.has('predicted')).toBe(false);
    await runner.stop();
  });

  it('draws maps of several spaces side by side, which a checkpoint of the maps remembers', async () => {
    const { result, store, events, runner } = await run({
      view: 'grid',
      spaces: 'softmax, pixels',
      perplexities: '6',
      seeds: 1,
      iterations: 60,
    });
    expect(store.data.get('panels')).toMatchObject([
      { layer: 'softmax', perplexity: 6 },
      { layer: 'pixels', perplexity: 6 },
    ]);
    const [outputs, plain] = result?.maps ?? [];
    expect(outputs?.KL).not.toBeCloseTo(plain?.KL ?? 0, 2);
    expect(result?.inputAgreement).toBe(outputs?.inputAgreement);
    expect(store.tables.get('quality')?.map(({ space }) => space)).toEqual(['softmax', 'pixels']);
    expect(store.data.get('space')).toMatch(/^softmax \(.*; .*pixels \(784 pixel values\)$/);
    expect((await runner.request('network', undefined)) as Uint8Array).toBeInstanceOf(Uint8Array);
    await runner.stop();
    const end = events.findLast((event) => event.type === 'checkpoint') as { bytes: Uint8Array };
    const steps: number[] = [];
    const again = await runInNode(experiment, {
      environment: environment(),
      config: {
        ...base,
        count: 120,
        trainCount: 600,
        epochs: 2,
        view: 'grid',
        spaces: 'softmax pixels',
        perplexities: '6',
        seeds: 1,
        iterations: 80,
      },
      checkpoint: end.bytes,
      onEvent: (event) => event.type === 'step' && steps.push(event.step),
    });
    expect(steps).toEqual([70, 80]);
    await again.runner.stop();
  });

  it('embeds the reader’s own images', async () => {
    const files = new Map<string, Uint8Array>();
    for (let i = 0; i < 30; i++) {
      const picture = (level: number) =>
        pngOf({ width: 12, height: 10, depth: 8, colour: 2, samples: (x, y) => [level + i, (x * 9 + i) % 256, (y * 7) % 256] });
      files.set(`mine/dark/${i}.png`, picture(10));
      files.set(`mine/light/${i}.png`, picture(200));
    }
    const own = { dataset: 'own', ownSide: 12, perplexity: 5, iterations: 300 } as const;
    const { result, store, runner } = await run(own, files);
    expect(result?.points).toBe(60);
    expect(store.data.get('labels')?.classes).toEqual(['dark', 'light']);
    expect(result?.maps[0]?.agreement).toBeGreaterThan(0.9);
    await runner.stop();
    await expect(run({ ...own, layer: 'logits' }, files)).rejects.toThrow(/checkpoint of the classification lab/);
    await expect(run(own)).rejects.toThrow(/drop a folder of images/);
  });

  it('measures against the pixels also where the schedule embeds their principal components', async () => {
    const plain = await run({ iterations: 50 });
    const paper = await run({ iterations: 50, schedule: 'paper' });
    expect(paper.result?.inputAgreement).toBe(plain.result?.inputAgreement);
    expect(paper.store.data.get('neighbours')).toEqual(plain.store.data.get('neighbours'));
    const checks = await verifications(paper.runner);
    for (const check of checks) expect(check.maxError, check.name).toBeLessThanOrEqual(check.tolerance);
    await plain.runner.stop();
    await paper.runner.stop();
  });

  it('draws a grid over perplexities and seeds', async () => {
    const { result, store, runner } = await run({ view: 'grid', perplexities: '4, 12', seeds: 2, iterations: 50 });
    expect(result?.maps.map(({ perplexity, seed }) => [perplexity, seed])).toEqual([
      [4, 1],
      [12, 1],
      [4, 2],
      [12, 2],
    ]);
    const layouts = [0, 1, 2, 3].map((at) => (store.data.get(`layout ${at}`) as { y: Int16Array }).y);
    expect(layouts[0]).not.toEqual(layouts[2]);
    expect(store.series('divergence')).toHaveLength(4);
    await runner.stop();
  });

  it('repeats with the same seed and differs with another', async () => {
    const of = async (config: Partial<Config>) => {
      const { store, runner } = await run({ iterations: 60, ...config });
      await runner.stop();
      return store.data.get('layout 0');
    };
    expect(await of({})).toEqual(await of({}));
    expect(await of({ seed: 2 })).not.toEqual(await of({}));
  });

  it('follows perplexity, layer, epoch and rate while it runs, from where the points are', async () => {
    const events: LabEvent[] = [];
    let wake = () => {};
    let failure = '';
    const runner = new Runner(experiment, environment(), {
      event: (event) => {
        events.push(structuredClone(event));
      },
      state: (report) => {
        failure = report.error?.message ?? failure;
        wake();
      },
      lost: () => {},
    });
    const paused = async () => {
      while (runner.state !== 'paused' && runner.state !== 'failed') {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      expect(failure).toBe('');
      expect(runner.state).toBe('paused');
    };
    const config = { ...base, count: 120, iterations: 400, perplexity: 12, trainCount: 600, epochs: 2 };
    await runner.start({ config });
    const advance = async (steps: number, live: Partial<Config>) => {
      runner.update({ ...config, ...live });
      const from = events.length;
      runner.advance(steps);
      await paused();
      const store = new RunStore<Mapping>();
      store.apply(events.slice(from));
      return store;
    };
    await advance(3, {});
    const changed = await advance(1, { perplexity: 25 });
    expect(changed.data.get('panels')).toMatchObject([{ perplexity: 25 }]);
    expect(changed.step).toMatchObject({ step: 40 });
    const inside = await advance(1, { perplexity: 25, layer: 'hidden', epoch: 0 });
    expect(inside.data.get('space')).toMatch(/128 numbers, epoch 0/);
    expect(inside.step).toMatchObject({ step: 50 });
    const later = await advance(1, { perplexity: 25, layer: 'hidden', epoch: 2, rate: 700 });
    expect(later.data.get('space')).toMatch(/epoch 2/);
    expect(later.data.has('layout 0')).toBe(true);
    const back = await advance(1, { perplexity: 25, layer: 'pixels' });
    expect(back.data.get('space')).toBe('784 pixel values');
    await runner.stop();
  });

  it('goes on from a checkpoint after the device was lost', async () => {
    const { events, runner } = await run({ iterations: 200 });
    await runner.stop();
    const checkpoint = events.find((event) => event.type === 'checkpoint');
    expect(checkpoint).toMatchObject({ step: 200, name: 'maps' });
    const resumed: LabEvent[] = [];
    const done = await runInNode(experiment, {
      environment: environment(),
      config: { count: 120, iterations: 260, perplexity: 12 },
      checkpoint: (checkpoint as { bytes: Uint8Array }).bytes,
      onEvent: (event) => resumed.push(event),
    });
    expect(resumed.filter((event) => event.type === 'step').map((event) => (event as { step: number }).step)).toEqual([
      210, 220, 230, 240, 250, 260,
    ]);
    await done.runner.stop();
  });

  it('moves a finished map on when it starts from its end', async () => {
    const { events, runner } = await run({ iterations: 60 });
    await runner.stop();
    const end = events.findLast((event) => event.type === 'checkpoint') as { bytes: Uint8Array; step: number };
    expect(end.step).toBe(60);
    const steps: number[] = [];
    const done = await runInNode(experiment, {
      environment: environment(),
      config: { count: 120, iterations: 60, perplexity: 20, stopEarly: false },
      checkpoint: end.bytes,
      onEvent: (event) => event.type === 'step' && steps.push(event.step),
    });
    expect([steps[0], steps.at(-1)]).toEqual([70, 360]);
    await done.runner.stop();
  });
});

describe('settings', () => {
  it('read perplexities from text', () => {
    expect(perplexitiesOf('5 30;100', 50)).toEqual([5, 30, 50]);
    expect(perplexitiesOf('7,7', 50)).toEqual([7]);
    expect(perplexitiesOf('nothing', 50)).toEqual([30]);
    expect(perplexitiesOf('2 3 4 5 6', 50)).toEqual([2, 3, 4, 5]);
  });

  it('keep the perplexity within what so few points allow', () => {
    expect(panelsOf({ ...base, perplexity: 100 }, 31)).toEqual([{ perplexity: 10, seed: 1 }]);
  });

  it('give the schedules of the table', () => {
    expect(scheduleOf({ ...base, schedule: 'paper' })).toMatchObject({ exaggeration: 4, exaggerated: 50, components: 30 });
    expect(scheduleOf(base).learningRate(10_000)).toBeCloseTo(10_000 / 48);
    expect(scheduleOf({ ...base, rate: 7 }).learningRate(10_000)).toBe(7);
    expect(scheduleOf({ ...base, schedule: 'paper', components: 0 })).toMatchObject({ components: 0, initScale: 0.01 });
    expect(scheduleOf(base).components).toBe(0);
    const own = scheduleOf({ ...base, schedule: 'own', exaggeration: 3, exaggerated: 20, components: 5 });
    expect(own).toMatchObject({ exaggeration: 3, exaggerated: 20, momentumSwitch: 20, components: 5 });
    expect(tsneSchedules.paper.learningRate()).toBe(100);
  });
});

describe('layers of a network', () => {
  it('are found by what they are', async () => {
    await init({ device: 'wasm' });
    const cnn = buildNetwork(mnistCnn({ filters: 2, hidden: 8, softmax: true }), { inputShape: [28, 28, 1], rng: 1 });
    expect(['first', 'hidden', 'logits', 'softmax'].map((layer) => layerPath(cnn, layer as 'first', ''))).toEqual([
      '1',
      '4',
      '5',
      '5',
    ]);
    expect(layerPath(cnn, 'other', '3')).toBe('3');
    expect(() => layerPath(cnn, 'other', 'nowhere')).toThrow(/no layer/);
    const plain = buildNetwork(mlp([784, 10]), { inputShape: [28, 28, 1], rng: 1 });
    expect(layerPath(plain, 'hidden', '')).toBe('0');
    cnn.dispose();
    plain.dispose();
  });

  it('give probabilities once, whether or not the network ends in a softmax', async () => {
    await init({ device: 'wasm' });
    const set = await loadDataset('mnist', { source: data, split: 'test', count: 20 });
    const found: Float32Array[] = [];
    for (const softmax of [true, false]) {
      const network = buildNetwork(mnistCnn({ filters: 2, hidden: 8, softmax }), { inputShape: [28, 28, 1], rng: 1 });
      const source = new NetworkSource(set, [{ epoch: 0, bytes: await saveNetwork(network) }]);
      network.dispose();
      found.push((await source.points('softmax', '', 0, () => {})).values);
    }
    const [ends, open] = found as [Float32Array, Float32Array];
    expect(ends).toEqual(open);
    for (let i = 0; i < 20; i++) {
      expect(ends.subarray(10 * i, 10 * i + 10).reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
    }
  });

  it('average blocks of pixels where they have too many numbers', () => {
    const shape = [2, 50, 50, 2];
    const values = Float32Array.from({ length: 10_000 }, (_, at) => at % 2);
    const small = averagedBlocks(values, shape);
    expect(small.block).toBe(2);
    expect(small.shape).toEqual([2, 25, 25, 2]);
    small.values.forEach((value, at) => {
      expect(value).toBe(at % 2);
    });
    expect(averagedBlocks(values, [100, 100])).toMatchObject({ block: 1, values });
    const uneven = averagedBlocks(
      Float32Array.from({ length: 47 * 47 }, (_, at) => Math.floor(at / 47)),
      [1, 47, 47, 1],
    );
    expect(uneven.shape).toEqual([1, 24, 24, 1]);
    expect(uneven.values[0]).toBe(0.5);
    expect(uneven.values.at(-1)).toBe(46);
  });
});

describe('withProgress', () => {
  it('tells shares and returns the result; errors come through', async () => {
    const phases: unknown[] = [];
    const steps = withProgress('work', 'much', async (report) => {
      for (const share of [0.25, 0.5, 1]) {
        report(share);
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      return 7;
    });
    for (;;) {
      const { done, value } = await steps.next();
      if (done) {
        expect(value).toBe(7);
        break;
      }
      phases.push((value as { progress: number }).progress);
    }
    // Nobody knows yet.
    expect(phases[0]).toBeUndefined();
    expect(phases.at(-1)).toBe(1);
    const failing = withProgress('work', '', () => Promise.reject(new Error('no')));
    await failing.next();
    await expect(failing.next()).rejects.toThrow('no');
  });
});
