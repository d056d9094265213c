/** The math cards of every lab on a real, tiny run: live tensors that belong to its terms, and a *Verify* that passes. */
import { beforeAll, describe, expect, it } from 'vitest';
import type { LiveTensor } from '../../../apps/components/math-card/element.ts';
import { verifiable } from '../../../apps/labs/classify/card-tensors.ts';
import type { MathCard, Verification } from '../../../apps/math/card.ts';
import { loseEngine, openEngine } from '../../../apps/runtime/engine-device.ts';
import type { AnyExperiment } from '../../../apps/runtime/experiment.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { DATASETS } from '../../../engine/data/catalog.ts';
import { imageDataset } from '../../../engine/data/dataset.ts';
import { writePixelPack } from '../../../engine/data/pack.ts';
import { Generator } from '../../../engine/random.ts';

const files = new Map<string, Uint8Array>();

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

beforeAll(async () => {
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
});

/** A tiny run of each lab, and the cards that have nothing to compare. */
const labs: readonly (readonly [id: string, config: Readonly<Record<string, unknown>>, without: (card: string) => boolean])[] = [
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

describe.each(labs)('the cards of %s', (id, config, without) => {
  it('have live tensors of their own, and are verified', async () => {
    const { experiment } = (await import(`../../../apps/labs/${id}/experiment.ts`)) as { experiment: AnyExperiment };
    const { cards } = (await import(`../../../apps/labs/${id}/cards.ts`)) as { cards: readonly MathCard[] };
    const environment = { data: { read: async (path: string) => files.get(path) }, open: openEngine, lose: loseEngine };
    const { runner } = await runInNode(experiment, { environment, device: 'wasm', config });
    const tensors = (await runner.request('tensors', undefined)) as readonly LiveTensor[];
    const terms = new Set(cards.flatMap((card) => card.terms.map((term) => `${card.id}/${term.id}`)));
    expect(tensors.length).toBeGreaterThan(2);
    for (const { name, shape, data, terms: of } of tensors) {
      expect(of.length, name).toBeGreaterThan(0);
      for (const term of of) expect(terms, name).toContain(term);
      expect(data, name).toHaveLength(shape.reduce((a, b) => a * b, 1));
      expect([...(data as Float32Array)].every(Number.isFinite), name).toBe(true);
    }
    for (const card of cards) {
      const asked = runner.request('verify', { card: card.id });
      if (without(card.id)) {
        await expect(asked, card.id).rejects.toThrow(/no check/);
        continue;
      }
      const found = (await asked) as readonly Verification[];
      expect(found.length, card.id).toBeGreaterThan(0);
      for (const { name, maxError, tolerance } of found) expect(maxError, `${card.id}: ${name}`).toBeLessThanOrEqual(tolerance);
    }
    await runner.stop();
  }, 120_000);
});
