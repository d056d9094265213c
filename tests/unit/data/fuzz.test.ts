import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { readCifar10 } from '../../../engine/data/formats/cifar.ts';
import { listTarImages } from '../../../engine/data/formats/folder.ts';
import { gunzip } from '../../../engine/data/formats/gzip.ts';
import { readIdx } from '../../../engine/data/formats/idx.ts';
import { nodeDecoder } from '../../../engine/data/formats/image-node.ts';
import { readTar, streamOf } from '../../../engine/data/formats/tar.ts';
import { readZip } from '../../../engine/data/formats/zip.ts';
import { loadIndex } from '../../../engine/data/load.ts';
import { readFilePack, readPixelPack, writeFilePack, writePixelPack } from '../../../engine/data/pack.ts';
import { ChalkgradError } from '../../../engine/errors.ts';
import { readCsv } from '../../../engine/io/csv.ts';
import { loadPretrained } from '../../../engine/io/pretrained.ts';
import { readSafetensors, writeSafetensors } from '../../../engine/io/safetensors.ts';
import { readTfjsLayersModel } from '../../../engine/io/tfjs-layers.ts';
import { exifSegment, jpegOf, quarters, tiffOf } from './exif-writer.ts';
import { mendPng, mendTar, mutate, mutateText } from './mutate.ts';
import { generator, noise } from './noise.ts';
import { pngOf } from './png-writer.ts';
import { tarOf } from './tar-writer.ts';
import { zip64Of } from './zip-writer.ts';

/** A reader with a sound file of its format. */
interface Subject {
  readonly name: string;
  readonly file: Uint8Array;
  readonly read: (bytes: Uint8Array) => unknown;
  /** Makes damaged files pass their checksums, so that what is behind them is tried as well. */
  readonly mend?: (bytes: Uint8Array) => Uint8Array;
  readonly text?: boolean;
  readonly times?: number;
}

const encode = (value: unknown): Uint8Array =>
  new TextEncoder().encode(typeof value === 'string' ? value : JSON.stringify(value));

async function drain(entries: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of entries);
}

const png = (colour: number, depth: number, more: object = {}): Uint8Array =>
  pngOf({
    width: 12,
    height: 9,
    depth,
    colour,
    samples: (x, y) => [x, y, 3, 200].slice(0, { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[colour]),
    filters: [0, 1, 2, 3, 4],
    exif: tiffOf(6),
    ...more,
  });

const info = { name: 'x', split: 'train', classNames: ['a', 'b'], mean: [0.5, 0.5, 0.5], std: [1, 1, 1] };
const pictures = {
  ...info,
  height: 4,
  width: 4,
  channels: 3,
  count: 2,
  labels: Uint8Array.of(0, 1),
  images: new Uint8Array(noise(96, 1)),
};

const tensors = writeSafetensors(
  [
    ['0.weight', { dtype: 'F32', shape: [2, 3], data: new Float32Array(6) }],
    ['steps', { dtype: 'I64', shape: [], data: BigInt64Array.of(7n) }],
  ],
  { format: 'pt' },
);
const keras = (name: string, config: object) => ({ class_name: name, config: { name: name.toLowerCase(), ...config } });
const model = {
  modelTopology: {
    class_name: 'Sequential',
    config: {
      layers: [
        keras('Conv2D', {
          batch_input_shape: [null, 6, 6, 1],
          filters: 2,
          kernel_size: [3, 3],
          strides: [1, 1],
          padding: 'same',
          activation: 'relu',
          use_bias: true,
        }),
        keras('BatchNormalization', { axis: 3, epsilon: 0.001, momentum: 0.9 }),
        keras('MaxPooling2D', { pool_size: [2, 2], padding: 'valid' }),
        keras('ZeroPadding2D', {
          padding: [
            [1, 0],
            [0, 1],
          ],
        }),
        {
          class_name: 'Conv2D',
          config: {
            name: 'second',
            filters: 1,
            kernel_size: 2,
            strides: 1,
            padding: 'valid',
            activation: 'linear',
            use_bias: false,
          },
        },
        keras('Flatten', {}),
        keras('Dropout', { rate: 0.5 }),
        keras('Dense', { units: 2, activation: 'softmax', use_bias: false }),
      ],
    },
  },
  weightsManifest: [
    {
      paths: ['w.bin'],
      weights: [
        { name: 'conv2d/kernel', shape: [3, 3, 1, 2], dtype: 'float32' },
        { name: 'conv2d/bias', shape: [2], dtype: 'float32', quantization: { dtype: 'uint8', scale: 0.1, min: 0 } },
        ...['gamma', 'beta', 'moving_mean', 'moving_variance'].map((name) => ({
          name: `batchnormalization/${name}`,
          shape: [2],
          dtype: 'float32',
        })),
        { name: 'second/kernel', shape: [2, 2, 2, 1], dtype: 'float32', quantization: { dtype: 'float16' } },
        { name: 'dense/kernel', shape: [9, 2], dtype: 'float32' },
      ],
    },
  ],
};
const weights = new Uint8Array(72 + 2 + 32 + 16 + 72).fill(1);
const packIndex = {
  version: 1,
  packs: [{ file: 'a.pack', name: 'mnist', split: 'train', count: 2, bytes: 9, sha256: '' }],
  models: { net: { file: 'net.safetensors', bytes: 9, sha256: '' } },
};
const pretrained = {
  network: '[{"type":"relu"}]',
  inputShape: '[4,4,3]',
  classNames: '["a"]',
  mean: '[0]',
  std: '[1]',
  source: 'here',
};

const subjects: readonly Subject[] = [
  { name: 'gzip', file: new Uint8Array(gzipSync(noise(2000, 1))), read: (bytes) => gunzip(bytes, 'f') },
  {
    name: 'gzip of two members',
    file: new Uint8Array(Buffer.concat([gzipSync('one'), gzipSync('two'), Buffer.alloc(20)])),
    read: (bytes) => gunzip(bytes, 'f'),
  },
  {
    name: 'IDX',
    file: Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6),
    read: (bytes) => readIdx(bytes, 'f'),
  },
  {
    name: 'gzipped IDX',
    file: new Uint8Array(gzipSync(Buffer.from([0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3]))),
    read: (bytes) => readIdx(bytes, 'f'),
  },
  { name: 'CIFAR-10', file: new Uint8Array(3073), read: (bytes) => readCifar10(bytes, 'f'), times: 60 },
  ...(
    [
      [2, 8],
      [3, 4, { palette: [1, 2, 3, 4, 5, 6], transparency: [9] }],
      [0, 16, { transparency: [0, 3] }],
      [6, 16, { interlaced: true }],
      [4, 8],
      [0, 1, { interlaced: true }],
    ] as const
  ).map(([colour, depth, more]) => ({
    name: `PNG of colour type ${colour}, ${depth} bits`,
    file: png(colour, depth, { ...(colour === 3 || depth < 8 ? { samples: (x: number) => [x & 1] } : {}), ...more }),
    read: (bytes: Uint8Array) => nodeDecoder(bytes, 'f'),
    mend: mendPng,
  })),
  { name: 'JPEG', file: jpegOf(quarters(), exifSegment(tiffOf(6))), read: (bytes) => nodeDecoder(bytes, 'f'), times: 150 },
  ...[{}, { zip64: true }].map((form) => ({
    name: `ZIP ${JSON.stringify(form)}`,
    file: zip64Of(
      [
        { name: 'a/1.png', data: noise(300, 1) },
        { name: 'ä', data: noise(30, 2), method: 0 as const },
      ],
      form,
    ),
    read: (bytes: Uint8Array) => Promise.all(readZip(bytes, 'f').map((entry) => entry.bytes())),
  })),
  {
    name: 'tar',
    file: tarOf([
      { name: `${'d/'.repeat(60)}a.png`, data: noise(700, 1), style: 'gnu' },
      { name: 'b.png', data: noise(9, 1), style: 'pax' },
    ]),
    read: (bytes) => drain(readTar(streamOf(bytes, 300), 'f')),
    mend: mendTar,
  },
  {
    name: 'tgz',
    file: new Uint8Array(gzipSync(tarOf([{ name: 'b.png', data: noise(99, 1) }]))),
    read: (bytes) => listTarImages(streamOf(bytes, 50), 'f'),
  },
  { name: 'pack of pixels', file: await writePixelPack(pictures, 'here'), read: (bytes) => readPixelPack(bytes, 'f') },
  {
    name: 'pack of files',
    file: writeFilePack({ ...info, source: 'here' }, [noise(9, 1), noise(5, 2)], Uint8Array.of(0, 1)),
    read: (bytes) => readFilePack(bytes, 'f'),
  },
  { name: 'safetensors', file: tensors, read: (bytes) => readSafetensors(bytes) },
  {
    name: 'safetensors header',
    file: tensors.subarray(8, 8 + Buffer.from(tensors).readUInt32LE(0)),
    text: true,
    read: (header) => {
      const length = Buffer.alloc(8);
      length.writeUInt32LE(header.length);
      return readSafetensors(new Uint8Array(Buffer.concat([length, header, Buffer.alloc(32)])));
    },
  },
  { name: 'model.json', file: encode(model), text: true, read: (bytes) => readTfjsLayersModel(bytes, async () => weights) },
  { name: 'index of packs', file: encode(packIndex), text: true, read: (bytes) => loadIndex({ read: async () => bytes }) },
  {
    name: 'header of a trained network',
    file: encode(pretrained),
    text: true,
    read: (bytes) => {
      let metadata: Record<string, string>;
      try {
        metadata = Object.fromEntries(
          Object.entries(JSON.parse(new TextDecoder().decode(bytes)) as object).map(([key, value]) => [key, String(value)]),
        );
      } catch {
        return undefined;
      }
      const file = writeSafetensors([], metadata);
      return loadPretrained('net', { source: { read: async (path) => (path === 'index.json' ? encode(packIndex) : file) } });
    },
  },
  {
    name: 'CSV',
    file: encode('x,"t, y",z\r\n1,2,3\r\n-4.5,6e7,\r\n'),
    text: true,
    read: (bytes) => readCsv(new TextDecoder().decode(bytes), 'f', { missing: 'nan' }),
  },
];

const SEED = 20_240_601;
/** Milliseconds for a file of at most a few kilobytes, on a busy machine. */
const SLOW = 3000;
/** Bytes for one, many times what the sound file takes. */
const MUCH = 64e6;

/** What went wrong, other than by an error of the engine. */
async function fault({ read }: Subject, bytes: Uint8Array): Promise<string | undefined> {
  const started = performance.now();
  const held = process.memoryUsage().arrayBuffers;
  let wrong: string | undefined;
  try {
    await read(bytes);
  } catch (error) {
    if (!(error instanceof ChalkgradError)) wrong = String((error as Error).stack).slice(0, 400);
    else if (error.message.length > 2000) wrong = `a message of ${error.message.length} characters`;
  }
  const [time, taken] = [performance.now() - started, process.memoryUsage().arrayBuffers - held];
  if (time > SLOW) wrong = `${Math.round(time)} ms`;
  if (taken > MUCH) wrong = `${Math.round(taken / 1e6)} MB`;
  return wrong;
}

describe('readers of damaged files', () => {
  it.each(subjects)('$name: no hang, no other error, no giant allocation', async (subject) => {
    // The sound file is read, or the fuzzing tries nothing.
    await subject.read(subject.file);
    const uniform = generator(SEED);
    const faults: string[] = [];
    for (let i = 0; i < (subject.times ?? 400); i++) {
      const damaged = subject.text
        ? encode(mutateText(new TextDecoder().decode(subject.file), uniform))
        : mutate(subject.file, uniform);
      for (const bytes of subject.mend ? [damaged, subject.mend(damaged)] : [damaged]) {
        const wrong = await fault(subject, bytes);
        if (wrong) faults.push(`${i}: ${wrong}\n${Buffer.from(bytes.subarray(0, 200)).toString(subject.text ? 'utf8' : 'hex')}`);
      }
    }
    expect(faults).toEqual([]);
  });

  it('nested without end: JSON that cannot be written back', async () => {
    const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
    const header = encode(`{"a":${deep}}`);
    const length = Buffer.alloc(8);
    length.writeUInt32LE(header.length);
    const safetensors = { ...(subjects[0] as Subject), read: (bytes: Uint8Array) => readSafetensors(bytes) };
    expect(await fault(safetensors, new Uint8Array(Buffer.concat([length, header])))).toBeUndefined();
    const tfjs = { ...(subjects[0] as Subject), read: (bytes: Uint8Array) => readTfjsLayersModel(bytes, async () => weights) };
    for (const topology of [`{"class_name":${deep}}`, deep, `{"config":[{"class_name":"Flatten","config":{"name":${deep}}}]}`]) {
      expect(await fault(tfjs, encode(`{"modelTopology":${topology},"weightsManifest":[]}`))).toBeUndefined();
    }
  });
});
