import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataFolder } from '../../../apps/cli/data/folders.ts';
import { noGrad } from '../../../engine/autodiff.ts';
import { nodeDecoder } from '../../../engine/data/formats/image-node.ts';
import { resizeSamples } from '../../../engine/data/formats/resize.ts';
import { folderSource } from '../../../engine/data/source-node.ts';
import type { RecordingDevice } from '../../../engine/device/recording-device.ts';
import { loadPretrained } from '../../../engine/io/pretrained.ts';
import { readTfjsLayersModel } from '../../../engine/io/tfjs-layers.ts';
import { scope } from '../../../engine/memory.ts';
import { foldBatchNorm } from '../../../engine/nn/fold-batch-norm.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { softmax } from '../../../engine/ops/index.ts';
import { tensor } from '../../../engine/tensor.ts';
import { availableDevices } from '../core/devices.ts';
import { plainForward, planes } from './plain-forward.ts';

const folder = join(dataFolder, 'tiny-darknet');
const photos = join(dataFolder, 'photos');
const packs = join(dataFolder, 'packs');

const readModel = async () =>
  readTfjsLayersModel(await readFile(join(folder, 'model.json')), (path) => readFile(join(folder, path)), 'model.json');

const bytesOf = (data: Float32Array = new Float32Array(0)) => Buffer.from(data.buffer, data.byteOffset, data.byteLength);

async function probabilities(network: Awaited<ReturnType<typeof readModel>>, photo: string): Promise<Float32Array> {
  const image = await nodeDecoder(await readFile(join(photos, photo)), photo);
  const stretched = resizeSamples(image.data, image.height, image.width, 3, 224, 224);
  const logits = plainForward(
    network,
    planes(
      stretched.map((value) => value / 255),
      224,
      224,
      3,
    ),
  );
  const largest = Math.max(...logits);
  const powers = logits.map((z) => Math.exp(z - largest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

describe.skipIf(!existsSync(join(folder, 'model.json')))('Tiny Darknet', () => {
  it('becomes a layer list and a state of PyTorch shapes', async () => {
    const { network, state, inputShape } = await readModel();
    expect(inputShape).toEqual([224, 224, 3]);
    expect(network.slice(0, 4)).toEqual([
      { type: 'conv2d', in: 3, out: 16, kernel: 3, padding: 1, bias: false },
      { type: 'batchnorm2d', features: 16, eps: 0.001, momentum: 0.01 },
      { type: 'leakyrelu', slope: 0.1 },
      { type: 'maxpool2d', kernel: 2 },
    ]);
    expect(network.slice(-3)).toEqual([
      { type: 'conv2d', in: 128, out: 1000, kernel: 1 },
      { type: 'globalavgpool2d' },
      { type: 'flatten' },
    ]);
    expect(network.filter(({ type }) => type === 'conv2d')).toHaveLength(16);
    expect(state.get('0.weight')?.shape).toEqual([16, 3, 3, 3]);
    expect(state.get('1.running_var')?.shape).toEqual([16]);
    expect([...state.values()].reduce((sum, { data }) => sum + data.length, 0)).toBe(4185952 / 4);
  });

  it.skipIf(!existsSync(photos))('recognises a zebra and a parachute', { timeout: 60_000 }, async () => {
    const network = await readModel();
    const names = (await readFile(join(folder, 'labels.txt'), 'utf8')).split('\n');
    for (const [photo, name, expected] of [
      ['zebra.jpg', 'zebra', 0.97],
      ['parachute.jpg', 'parachute', 0.68],
    ] as const) {
      const p = await probabilities(network, photo);
      const best = p.indexOf(Math.max(...p));
      expect(names[best]).toBe(name);
      // Decoders upsample the colour planes of a JPEG differently, which moves the less certain photograph by two points.
      expect(Math.abs((p[best] as number) - expected), `${photo}: ${p[best]}`).toBeLessThan(0.03);
    }
  });

  it.skipIf(!existsSync(photos))(
    'recognises the zebra on a device, with its normalisations folded or not',
    { timeout: 120_000 },
    async () => {
      const published = await readModel();
      const image = await nodeDecoder(await readFile(join(photos, 'zebra.jpg')), 'zebra.jpg');
      const pixels = Float32Array.from(resizeSamples(image.data, image.height, image.width, 3, 224, 224), (value) => value / 255);
      const device = (await availableDevices()).at(-1)?.[1] as RecordingDevice;
      const on = async ({ network, state }: Pick<typeof published, 'network' | 'state'>) => {
        const built = buildNetwork(network, { inputShape: published.inputShape, rng: 0, device }).eval();
        built.loadStateDict(state);
        const p = scope(() => noGrad(() => softmax(built.forward(tensor(pixels, [1, 224, 224, 3], { device })))));
        return p.data();
      };
      const [plain, folded] = [await on(published), await on(foldBatchNorm(published.network, published.state))];
      const host = await probabilities(published, 'zebra.jpg');
      for (const found of [plain, folded]) {
        expect(found.indexOf(Math.max(...found))).toBe(79);
        expect(Math.max(...found.map((p, i) => Math.abs(p - (host[i] as number))))).toBeLessThan(1e-4);
      }
      device.destroy();
    },
  );

  it('is the same network in the pack of the site', async () => {
    const published = await readModel();
    const packed = await loadPretrained('tiny-darknet', { source: folderSource(packs) });
    expect(packed.network).toEqual(published.network);
    expect(packed.inputShape).toEqual([224, 224, 3]);
    expect(packed.classNames).toHaveLength(1000);
    expect(packed.classNames[79]).toBe('zebra');
    expect([...packed.state.keys()].sort()).toEqual([...published.state.keys()].sort());
    for (const [name, { shape, data }] of published.state) {
      expect(packed.state.get(name)?.shape).toEqual(shape);
      // Compared as bytes: element by element a million of them take seconds.
      expect(bytesOf(packed.state.get(name)?.data).equals(bytesOf(data)), name).toBe(true);
    }
  });
});
