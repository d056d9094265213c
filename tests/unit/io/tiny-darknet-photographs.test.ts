import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderSource } from '../../../engine/data/source-node.ts';
import { init } from '../../../engine/device/init.ts';
import { noGrad, scope, softmax, tensor } from '../../../engine/index.ts';
import { loadPretrained, type PretrainedNetwork } from '../../../engine/io/pretrained.ts';
import { foldBatchNorm } from '../../../engine/nn/fold-batch-norm.ts';
import { buildNetwork, type Network } from '../../../engine/nn/network.ts';
import { hasTinyDarknet, packsFolder, photographsIn, pixelsOf } from './tiny-darknet-photographs.ts';

describe.skipIf(!hasTinyDarknet)('on the processor', () => {
  let found: PretrainedNetwork;
  let network: Network;
  beforeAll(async () => {
    await init({ device: 'wasm' });
    found = await loadPretrained('tiny-darknet', { source: folderSource(packsFolder) });
    const folded = foldBatchNorm(found.network, found.state);
    network = buildNetwork(folded.network, { inputShape: found.inputShape, rng: 0 }).eval();
    network.loadStateDict(folded.state);
  });
  afterAll(() => network?.dispose());

  async function probabilities(pixels: Float32Array<ArrayBuffer>): Promise<Float32Array> {
    const out = scope(() => noGrad(() => softmax(network.forward(tensor(pixels, [1, 224, 224, 3])))));
    const values = await out.data();
    out.dispose();
    return values;
  }

  it.each(['photos-free', 'photos'] as const)(
    'gives the probabilities of TensorFlow.js for %s',
    {
      timeout: 60_000,
    },
    async (folder) => {
      const here = photographsIn(folder);
      if (folder === 'photos-free') expect(here).toHaveLength(8);
      let right = 0;
      for (const photograph of here) {
        const { key, top } = photograph;
        const p = await probabilities(await pixelsOf(photograph));
        expect(p.indexOf(Math.max(...p)), key).toBe(top[0]?.[0]);
        for (const [index, probability] of top) expect(Math.abs((p[index] as number) - probability), key).toBeLessThan(1e-3);
        const name = (key.split('/')[1] ?? '').replaceAll('_', ' ');
        right += Number(top.some(([index]) => found.classNames[index]?.toLowerCase() === name));
      }
      // Of the eighteen classes thirteen are among the five largest.
      if (folder === 'photos' && here.length > 0) expect([here.length, right]).toEqual([18, 13]);
    },
  );
});
