/** A run of each lab that takes a second or so, on images made here. */
import { verifiable } from '../../../apps/labs/classify/card-tensors.ts';
import { DATASETS } from '../../../engine/data/catalog.ts';
import { imageDataset } from '../../../engine/data/dataset.ts';
import { writePixelPack } from '../../../engine/data/pack.ts';
import { Generator } from '../../../engine/random.ts';

/** A bright bar whose place is the class, on noise. */
async function packOf(name: 'mnist' | 'fashion-mnist', split: 'train' | 'test', count: number) {
  const noise = new Generator(count, `${name} ${split}`).uniform(count * 784, 0, 60);
  const images = Uint8Array.from(
    noise,
    (value, at) => value + (Math.floor((at % 784) / 76) === Math.floor(at / 784) % 10 ? 190 : 0),
  );
  const labels = Uint8Array.from({ length: count }, (_, n) => n % 10);
  const info = { ...DATASETS[name], name, split, height: 28, width: 28, channels: 1 };
  return writePixelPack(imageDataset(info, images, labels), 'made by a test');
}

/** The site's packs, with images of both data sets. */
export async function tinyPacks(): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  const packs = [];
  for (const name of ['mnist', 'fashion-mnist'] as const) {
    for (const [split, count] of [
      ['train', 600],
      ['test', 900],
    ] as const) {
      const bytes = await packOf(name, split, count);
      const file = `${name}-${split}.pack`;
      files.set(file, bytes);
      packs.push({ file, name, split, count, bytes: bytes.length, sha256: '' });
    }
  }
  files.set('index.json', new TextEncoder().encode(JSON.stringify({ version: 1, packs, models: {} })));
  return files;
}

/** A tiny run of each lab, and the cards that have nothing to compare. */
export const tinyLabs: readonly (readonly [
  id: string,
  config: Readonly<Record<string, unknown>>,
  without: (card: string) => boolean,
])[] = [
  ['regression', { steps: 100, samples: 0 }, (card) => card === 'early-stopping'],
  ['denoise', { images: 64, testImages: 64, maps: 4, batch: 32, epochs: 1, training: 'MNIST' }, () => false],
  ['failure-modes', { images: 500, testImages: 200, epochs: 1, batch: 64 }, () => false],
  [
    'classify',
    {
      network: 'custom',
      layers: [
        { type: 'conv2d', out: 4, kernel: 3 },
        { type: 'batchnorm2d' },
        { type: 'relu' },
        { type: 'maxpool2d', kernel: 2 },
        { type: 'flatten' },
        { type: 'linear', out: 8 },
        { type: 'residual', layers: [{ type: 'linear', out: 8 }, { type: 'relu' }] },
        { type: 'linear', out: 10 },
      ],
      images: 24,
      validationImages: 10,
      testImages: 10,
      batch: 8,
      epochs: 1,
      evaluations: 1,
    },
    (card) => !verifiable.has(card),
  ],
  ['masktune', { images: 500, testImages: 200, width: 4, epochs: 1, tuneRate: 1e-2 }, () => false],
  ['adversarial', { images: 500, testImages: 50, epochs: 1, attackSteps: 2, curveSteps: 1, sizes: 1 }, () => false],
  ['tsne', { count: 60, iterations: 50, perplexity: 5 }, () => false],
  ['saliency', { images: 100, epochs: 1, pictures: 1, methods: ['CAM'] }, () => false],
  [
    'mode',
    { images: 600, testImages: 200, epochs: 1, rounds: 1, repairImages: 20, seeds: 1, compare: 'one method', layers: 'off' },
    () => false,
  ],
];
