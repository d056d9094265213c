/**
 * Every question that a run answers, when the thread's device is no longer the run's: another lab of the page has opened one since. The
 * answers are the same as before.
 */
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { MathCard } from '../../../apps/math/card.ts';
import { openEngine } from '../../../apps/runtime/engine-device.ts';
import type { AnyExperiment } from '../../../apps/runtime/experiment.ts';
import { runInNode } from '../../../apps/runtime/node.ts';
import { openDevice } from '../../../engine/device/init.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { getDevice } from '../../../engine/tensor.ts';
import { saveNetwork } from '../../../engine/train/checkpoint.ts';
import { pngOf } from '../data/png-writer.ts';
import { tinyLabs, tinyPacks } from './tiny-labs.ts';

const packs = await tinyPacks();
const pixels = Uint8Array.from({ length: 784 }, (_, at) => (at * 7) % 256);

const layers: NetworkDefinition = [
  { type: 'conv2d', in: 1, out: 6, kernel: 3, padding: 1 },
  { type: 'relu' },
  { type: 'conv2d', in: 6, out: 5, kernel: 3, padding: 1 },
  { type: 'relu' },
  { type: 'flatten' },
  { type: 'linear', in: 720, out: 4 },
];
const network = buildNetwork(layers, { inputShape: [12, 12, 1], rng: 2, device: await openDevice('cpu') });
/** What the features lab looks into. */
const files = new Map([
  ['net.safetensors', await saveNetwork(network, { classNames: ['a', 'b', 'c', 'd'] })],
  ['own/edge.png', pngOf({ width: 12, height: 12, depth: 8, colour: 0, samples: (x, y) => [x + y < 9 ? 240 : 15] })],
]);
const features = { network: 'file', steps: 4, batch: 1, terms: [{ kind: 'channel', layer: '3', unit: 2, weight: 1 }] };
const blocks = { ...features, figure: 'blocks', photo: 'own', layer: '1', icons: 2, grid: 1, groups: 2, path: 2 };
const two = { first: 0, second: 1 };

/** What is asked besides what any lab is asked; of a name several, where it asks the device for several things. */
const questions: Readonly<Record<string, Readonly<Record<string, readonly unknown[]>>>> = {
  denoise: {
    denoise: [{ training: 'MNIST', cut: 'none' }],
    own: [{ pixels, as: 'MNIST' }],
    inside: [{ training: 'MNIST', cut: 'none', set: 'MNIST', index: 1 }],
    network: [{ training: 'MNIST' }],
  },
  'failure-modes': {
    explain: [undefined],
    explainOwn: [{ pixels }],
    path: [{ network: 'tainted', test: 'tainted' }],
    network: [{ network: 'clean' }],
    behind: [{ test: 'clean', indices: [1] }],
  },
  classify: {
    predict: [{ pixels }],
    inspect: [{ pixels }],
    images: [{ set: 'test', indices: [1] }],
    checkpoint: [undefined],
  },
  masktune: { look: [{ models: ['ERM'], set: 'training', index: 1 }], tune: [undefined] },
  adversarial: { attack: [{ pixels: null }, { pixels }] },
  tsne: { network: [undefined] },
  saliency: {
    maps: ['CAM', 'integrated gradients', 'occlusion', 'Score-CAM'].map((method) => ({ method, picture: null })),
    look: [{ pixels: new Uint8Array(32 * 32 * 3) }],
    files: [undefined],
    bench: [{ fresh: true, images: 2, seed: 1, cue: 'dot' }],
  },
  mode: { ofLabel: [{ label: 1 }], ofMeasure: [{ measure: 'dot' }], between: [{ label: 1, other: 2 }] },
  blocks: { effects: [two], groups: [{ rank: 2, ...two }], groupIcons: [{ rank: 2, ...two }], between: [{ to: '3' }] },
};

/** Of a fine-tuning that was asked for, its rows: its steps are counted on from those of the one before. */
const lasting = (answer: unknown): unknown => {
  const { told } = (answer ?? {}) as { readonly told?: readonly { readonly type: string }[] };
  if (!told) return answer;
  const rows = told.filter(({ type }) => type === 'row');
  expect(rows).not.toHaveLength(0);
  return rows;
};

const runs: typeof tinyLabs = [...tinyLabs, ['features', features, () => false], ['features', blocks, () => false]];

describe.each(runs)('%s', (id, config, without) => {
  it('answers as before', async () => {
    const { experiment } = (await import(`../../../apps/labs/${id}/experiment.ts`)) as { experiment: AnyExperiment };
    const { cards } = (await import(`../../../apps/labs/${id}/cards.ts`)) as { cards: readonly MathCard[] };
    const served = new Set<string>();
    const noted: AnyExperiment = {
      ...experiment,
      run: (given, context) =>
        experiment.run(given, {
          ...context,
          serve(name: string, answer: unknown) {
            served.add(name);
            context.serve(name, answer);
          },
        }),
    };
    const environment = { data: { read: async (path: string) => packs.get(path) }, open: openEngine };
    const { runner } = await runInNode(noted, { environment, device: 'wasm', config, ...(id === 'features' && { files }) });
    const asked: Readonly<Record<string, readonly unknown[]>> = {
      tensors: [undefined],
      verify: cards.filter(({ id }) => !without(id)).map(({ id: card }) => ({ card })),
      ...(served.has('pytorch') && { pytorch: [undefined] }),
      ...questions[config === blocks ? 'blocks' : id],
    };
    expect(new Set(Object.keys(asked))).toEqual(served);
    for (const [name, payloads] of [['kernels', [undefined]] as const, ...Object.entries(asked)]) {
      for (const payload of payloads) {
        const before = lasting(await runner.request(name, payload));
        await openEngine('cpu');
        expect(getDevice().info.kind).toBe('cpu');
        // Not `toEqual`, which takes a minute for the bytes of a network.
        const same = isDeepStrictEqual(lasting(await runner.request(name, payload)), before);
        expect(same, `${name} ${JSON.stringify(payload)}`).toBe(true);
      }
    }
    await runner.stop();
  }, 120_000);
});
