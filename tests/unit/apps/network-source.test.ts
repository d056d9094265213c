/** Where the networks of labs come from. */
import { beforeAll, describe, expect, it } from 'vitest';
import { checkpointFacts } from '../../../apps/components/network-source/facts.ts';
import type { PlainEvent, RunContext } from '../../../apps/runtime/experiment.ts';
import { inputOf, openNetwork, openSnapshot, snapshotsFor, snapshotsOf } from '../../../apps/runtime/network-source.ts';
import { isPictureFile } from '../../../apps/runtime/own-images.ts';
import { DATASETS } from '../../../engine/data/catalog.ts';
import { type ImageDataset, imageDataset } from '../../../engine/data/dataset.ts';
import { writePixelPack } from '../../../engine/data/pack.ts';
import { init } from '../../../engine/device/init.ts';
import { DataFormatError } from '../../../engine/errors.ts';
import { writeSafetensors } from '../../../engine/io/safetensors.ts';
import { mlp } from '../../../engine/nn/architectures.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { saveNetwork } from '../../../engine/train/checkpoint.ts';
import { evaluate } from '../../../engine/train/evaluate.ts';

/** Class k is a bright row k. */
function digits(split: 'train' | 'test', count: number): ImageDataset {
  const images = Uint8Array.from({ length: count * 784 }, (_, at) =>
    Math.floor((at % 784) / 56) === Math.floor(at / 784) % 10 ? 200 : (at * 37) % 40,
  );
  const labels = Uint8Array.from({ length: count }, (_, n) => n % 10);
  return imageDataset({ ...DATASETS.mnist, name: 'mnist', split, height: 28, width: 28, channels: 1 }, images, labels);
}

const files = new Map<string, Uint8Array>();
const context = (given: ReadonlyMap<string, Uint8Array> = new Map()): RunContext => ({
  data: { read: async (path) => files.get(path) },
  device: { kind: 'cpu', name: 'reference loops', software: true },
  signal: new AbortController().signal,
  live: {},
  checkpoint: undefined,
  files: given,
  onDispose: () => undefined,
  log: () => undefined,
});
const train = { dataset: 'mnist', images: 60, epochs: 2, seed: 3, layers: () => mlp([784, 4, 10]) } as const;

async function through<T>(events: AsyncGenerator<PlainEvent, T>): Promise<{ value: T; told: PlainEvent[] }> {
  const told: PlainEvent[] = [];
  for (;;) {
    const { done, value } = await events.next();
    if (done) return { value, told };
    told.push(value);
  }
}

const checkpoint = async (notes?: Readonly<Record<string, unknown>>) => {
  const network = buildNetwork(mlp([784, 10]), { inputShape: [28, 28, 1], rng: 5 });
  const bytes = await saveNetwork(network, notes);
  network.dispose();
  return bytes;
};

beforeAll(async () => {
  await init({ device: 'cpu' });
  const pack = await writePixelPack(digits('train', 60), 'made by a test');
  files.set('train.pack', pack);
  const { packed, state } = tinyModel();
  files.set('tiny-darknet.safetensors', packed);
  const packs = [{ file: 'train.pack', name: 'mnist', split: 'train', count: 60, bytes: pack.length, sha256: '' }];
  const models = { 'tiny-darknet': { file: 'tiny-darknet.safetensors', bytes: packed.length, sha256: '' } };
  files.set('index.json', new TextEncoder().encode(JSON.stringify({ version: 1, packs, models })));
  expect(state).toHaveLength(3 * 2);
});

/** A file as `npm run data` makes of Tiny Darknet, of one layer. */
function tinyModel() {
  const state = Float32Array.of(1, 2, 3, 4, 5, 6);
  const metadata = {
    network: JSON.stringify([{ type: 'flatten' }, { type: 'linear', in: 3, out: 2, bias: false }]),
    inputShape: '[1,1,3]',
    classNames: '["cat","dog"]',
    mean: '[0,0,0]',
    std: '[1,1,1]',
    source: 'a test',
  };
  return { state, packed: writeSafetensors(new Map([['1.weight', { dtype: 'F32', shape: [2, 3], data: state }]]), metadata) };
}

describe('the network of a run', () => {
  it('is trained here, kept for the next run, and says how its images are prepared', async () => {
    const { value: opened, told } = await through(openNetwork({ source: 'train', train }, context()));
    expect(opened).toMatchObject({ origin: 'trained here, epoch 2', dataset: 'mnist', classNames: DATASETS.mnist.classNames });
    expect(opened.normalisation).toEqual({ mean: [...DATASETS.mnist.mean], std: [...DATASETS.mnist.std] });
    expect(told.some((event) => event.type === 'phase' && event.name === 'download')).toBe(true);
    const before = await through(snapshotsFor({ ...train, epochs: 2 }, context()));
    expect(before.value.map(({ epoch }) => epoch)).toEqual([0, 1, 2]);
    expect(before.told.filter((event) => event.type === 'metric')).toEqual([]);
    const { accuracy = 0 } = await evaluate(opened.network, inputOf(opened, digits('test', 30)));
    expect(accuracy).toBeGreaterThan(0.15);
    opened.network.dispose();
  });

  it('is the furthest trained of the files, whatever pictures come with them', async () => {
    const given = new Map([
      ['cats/1.png', new Uint8Array(3)],
      ['net.safetensors', await checkpoint({ dataset: 'fashion-mnist', normalisation: null })],
    ]);
    expect(snapshotsOf(given)).toHaveLength(1);
    const { value: opened } = await through(openNetwork({ source: 'file' }, context(given)));
    expect(opened).toMatchObject({
      origin: 'from a file, epoch 0',
      dataset: 'fashion-mnist',
      normalisation: null,
      classNames: [],
    });
    expect(() => inputOf(opened, { ...digits('test', 10), height: 14, width: 56 })).toThrow(
      /takes \[28, 28, 1\], 'mnist' has \[14, 56, 1\]/,
    );
    opened.network.dispose();
    await expect(through(openNetwork({ source: 'file' }, context()))).rejects.toThrow(/give a checkpoint/);
    expect(() => snapshotsOf(new Map([['x', new Uint8Array(20)]]))).toThrow(/x/);
  });

  it('was trained by others', async () => {
    const { value: opened } = await through(openNetwork({ source: 'pretrained', name: 'tiny-darknet' }, context()));
    expect(opened).toMatchObject({
      origin: 'tiny-darknet (a test)',
      classNames: ['cat', 'dog'],
      normalisation: { mean: [0, 0, 0] },
    });
    expect(opened.network.outputShape).toEqual([2]);
    opened.network.dispose();
  });
});

it('refuses a file that says of its images what no lab would', async () => {
  const open = async (notes: Readonly<Record<string, unknown>>) => openSnapshot({ epoch: 0, bytes: await checkpoint(notes) });
  for (const notes of [{ classNames: 'a' }, { normalisation: 5 }, { normalisation: { mean: [0] } }])
    await expect(open(notes), JSON.stringify(notes)).rejects.toThrow(DataFormatError);
  const { network, normalisation } = await open({ normalisation: null });
  expect(normalisation).toBeNull();
  network.dispose();
});

it('reads the facts of a checkpoint without the engine', async () => {
  const facts = checkpointFacts(await checkpoint({ dataset: 'mnist', classNames: ['a', 'b'] }));
  expect(facts).toEqual({ dataset: 'mnist', inputShape: [28, 28, 1], classes: 2 });
  expect(checkpointFacts(Uint8Array.of(9, 9))).toEqual({});
  expect(['a/b.JPG', 'c.tar.gz', 'net.safetensors', 'x'].map(isPictureFile)).toEqual([true, true, false, false]);
});
