/**
 * Tiny Darknet on photographs, as TensorFlow.js sees them. `tiny-darknet-tfjs.json` holds the five largest probabilities [class, p] that TensorFlow.js 4.22
 * (layers model, WebAssembly backend) gives for the same pixels: decoded here, stretched to 224 × 224 (bilinear), divided by 255.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { userPlaces } from '../../../apps/cli/data/folders.ts';
import { repositoryRoot } from '../../../apps/cli/root.ts';
import { nodeDecoder } from '../../../engine/data/formats/image-node.ts';
import { resizeSamples } from '../../../engine/data/formats/resize.ts';
import { folderSource } from '../../../engine/data/source-node.ts';
import { init } from '../../../engine/device/init.ts';
import { noGrad, scope, softmax, tensor } from '../../../engine/index.ts';
import { loadPretrained, type PretrainedNetwork } from '../../../engine/io/pretrained.ts';
import { foldBatchNorm } from '../../../engine/nn/fold-batch-norm.ts';
import { buildNetwork, type Network } from '../../../engine/nn/network.ts';

type Reference = Readonly<Record<string, readonly (readonly [index: number, probability: number])[]>>;
const file = new URL('./tiny-darknet-tfjs.json', import.meta.url);
const reference = JSON.parse(readFileSync(file, 'utf8')) as Reference;

/** Path of a photograph of the reference; undefined where this machine has none. */
function pathOf(key: string): string | undefined {
  const [folder = '', name = ''] = key.split('/');
  const places =
    folder === 'photos-free' ? [join(repositoryRoot, 'apps/cli/data/photos-free')] : userPlaces([folder]).map((p) => p.folder);
  return places.map((place) => join(place, `${name}.jpg`)).find(existsSync);
}

const packs = join(repositoryRoot, 'data/packs');
const ready = existsSync(join(packs, 'tiny-darknet.safetensors'));

describe.skipIf(!ready)('on the processor', () => {
  let found: PretrainedNetwork;
  let network: Network;
  beforeAll(async () => {
    await init({ device: 'wasm' });
    found = await loadPretrained('tiny-darknet', { source: folderSource(packs) });
    const folded = foldBatchNorm(found.network, found.state);
    network = buildNetwork(folded.network, { inputShape: found.inputShape, rng: 0 }).eval();
    network.loadStateDict(folded.state);
  });
  afterAll(() => network?.dispose());

  async function probabilities(path: string): Promise<Float32Array> {
    const { data, height, width } = await nodeDecoder(readFileSync(path), path);
    const pixels = Float32Array.from(resizeSamples(data, height, width, 3, 224, 224), (value) => value / 255);
    const out = scope(() => noGrad(() => softmax(network.forward(tensor(pixels, [1, 224, 224, 3])))));
    const values = await out.data();
    out.dispose();
    return values;
  }

  it.each(['photos-free', 'photos'])('gives the probabilities of TensorFlow.js for %s', { timeout: 60_000 }, async (folder) => {
    const here = Object.entries(reference).flatMap(([key, top]) => {
      const path = key.startsWith(`${folder}/`) ? pathOf(key) : undefined;
      return path ? [{ key, top, path }] : [];
    });
    if (folder === 'photos-free') expect(here).toHaveLength(8);
    let right = 0;
    for (const { key, top, path } of here) {
      const p = await probabilities(path);
      expect(p.indexOf(Math.max(...p)), key).toBe(top[0]?.[0]);
      for (const [index, probability] of top) expect(Math.abs((p[index] as number) - probability), key).toBeLessThan(1e-3);
      const name = (key.split('/')[1] ?? '').replaceAll('_', ' ');
      right += Number(top.some(([index]) => found.classNames[index]?.toLowerCase() === name));
    }
    // Of the eighteen classes thirteen are among the five largest.
    if (folder === 'photos' && here.length > 0) expect([here.length, right]).toEqual([18, 13]);
  });
});
