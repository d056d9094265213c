/** The methods by name, the methods for pixels on a layer's maps, one step of the randomisation cascade, and maps as they are shown. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../engine/errors.ts';
import { guidedBackpropagation } from '../../../engine/explain/attribution.ts';
import { cam, gradCam } from '../../../engine/explain/cam.ts';
import { enlargeMap, massShare, scaleMap } from '../../../engine/explain/display.ts';
import { scoresFrom } from '../../../engine/explain/layer-attribution.ts';
import { layerIntegrated } from '../../../engine/explain/layer-gradients.ts';
import { METHOD_NAMES, type MethodName, readsMaps } from '../../../engine/explain/method-names.ts';
import { explainBy, lastMaps, mapLayers, whyUndefined } from '../../../engine/explain/methods.ts';
import { cascadeLayers, randomisationCascade, randomisedTop } from '../../../engine/explain/randomisation.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { Generator } from '../../../engine/random.ts';
import { setDevice, sizeOf, type Tensor, tensor, zeros } from '../../../engine/tensor.ts';
import { processorDevices } from '../core/devices.ts';

const opened = await processorDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

const values = async (t: Tensor) => [...(await t.data())];
const random = (shape: readonly number[], seed = 1) => tensor(new Generator(seed, 'methods').normal(sizeOf(shape)), shape);
const sum = (list: readonly number[]) => list.reduce((a, b) => a + b, 0);

const definition: NetworkDefinition = [
  { type: 'conv2d', in: 2, out: 5, kernel: 3, padding: 1 },
  { type: 'relu', name: 'early' },
  { type: 'maxpool2d', kernel: 2 },
  { type: 'conv2d', in: 5, out: 3, kernel: 3, padding: 1 },
  { type: 'globalavgpool2d' },
  { type: 'flatten' },
];

describe.each(opened)('%s', (_name, device) => {
  beforeEach(() => setDevice(device));
  const build = () => buildNetwork(definition, { inputShape: [8, 8, 2], rng: 3, device });
  const small = { samples: 2, steps: 4, sigma: 0.1 };

  test('every method gives finite maps of the picture or of its layer, on the pixels and on a layer', async () => {
    const network = build();
    const x = random([2, 8, 8, 2]);
    for (const method of METHOD_NAMES) {
      for (const layer of readsMaps(method) ? ['3'] : [undefined, 'early']) {
        const map = explainBy(method, network, x, [0, 2], { ...small, ...(layer !== undefined && { layer }) });
        const side = layer === '3' ? 4 : 8;
        expect(map.shape, `${method}, ${layer}`).toEqual([2, side, side]);
        expect((await values(map)).every(Number.isFinite), method).toBe(true);
      }
    }
  });

  test('names lead to the functions, ReLU only where it is wanted', async () => {
    const network = build();
    const x = random([1, 8, 8, 2]);
    const at = (method: MethodName, more: object = {}) => values(explainBy(method, network, x, [1], { layer: '3', ...more }));
    const signed = await values(cam(network, x, [1], '3'));
    expect(await at('CAM', { signed: true })).toEqual(signed);
    expect(await at('CAM')).toEqual(signed.map((value) => Math.max(0, value)));
    expect(await at('Grad-CAM')).toEqual(await values(gradCam(network, x, [1], '3')));
    // At the class maps Grad-CAM is CAM over the number of cells.
    const raw = await at('Grad-CAM', { signed: true });
    for (const [i, value] of raw.entries()) expect(value).toBeCloseTo((signed[i] as number) / 16, 5);
    const guided = await values(guidedBackpropagation(network, x, [1]));
    const pixels = await values(explainBy('guided back-propagation', network, x, [1]));
    for (const [i, value] of pixels.entries()) {
      expect(value).toBeCloseTo(Math.max(Math.abs(guided[2 * i] as number), Math.abs(guided[2 * i + 1] as number)), 6);
    }
  });

  test('integrated gradients of a layer sum to S(A) − S(0)', async () => {
    const network = build().eval();
    const x = random([1, 8, 8, 2], 4);
    const got = sum(await values(layerIntegrated(network, x, [2], 'early', { steps: 40 })));
    const { activations } = network.forward(x, { capture: ['early'] });
    const A = activations.get('early') as Tensor;
    const [full, empty] = [scoresFrom(network, x, 'early', A), scoresFrom(network, x, 'early', zeros(A.shape))];
    const difference = ((await values(full))[2] as number) - ((await values(empty))[2] as number);
    expect(got).toBeCloseTo(difference, 2);
  });

  test('a cascade’s steps are those of the network with its top randomised', async () => {
    const network = build();
    const before = await values(network.parameters()[0] as Tensor);
    expect(cascadeLayers(network).map(({ path }) => path)).toEqual(['3', '0']);
    const x = random([1, 8, 8, 2]);
    const explain = (net: typeof network) => explainBy('saliency', net, x, [0]);
    let depth = 0;
    for await (const { map } of randomisationCascade(network, explain, { seed: 5 })) {
      depth += 1;
      const copy = randomisedTop(network, depth, 5);
      expect(await values(explain(copy))).toEqual([...map]);
      const first = await values(copy.parameters()[0] as Tensor);
      if (depth === 1) expect(first).toEqual(before);
      else expect(first).not.toEqual(before);
    }
    expect(depth).toBe(2);
    expect(await values(network.parameters()[0] as Tensor)).toEqual(before);
  });

  test('says why a method is not defined', () => {
    const network = build();
    expect(lastMaps(network)?.path).toBe('3');
    expect(mapLayers(network).map(({ path }) => path)).toEqual(['0', '1', '2', '3', '4']);
    expect(whyUndefined(network, 'CAM', '3')).toBeUndefined();
    expect(whyUndefined(network, 'CAM', 'early')).toMatch(/CAM needs a global average pool/);
    expect(whyUndefined(network, 'Grad-CAM', '5')).toMatch(/puts out a vector/);
    expect(whyUndefined(network, 'Score-CAM', undefined)).toMatch(/No layer/);
    expect(() => explainBy('CAM', network, random([1, 8, 8, 2]), [0], { layer: 'early' })).toThrow(ConfigError);
    const vectors = buildNetwork([{ type: 'linear', in: 4, out: 2 }], { inputShape: [4], rng: 1, device });
    expect(whyUndefined(vectors, 'saliency', undefined)).toMatch(/no picture/);
    expect(lastMaps(vectors)).toBeUndefined();
  });
});

test('maps are scaled each by itself, enlarged by the rule of the engine, and counted', () => {
  const map = Float32Array.of(-1, 0, 1, 3);
  expect([...scaleMap(map, 'min–max')]).toEqual([0, 0.25, 0.5, 1]);
  expect(sum([...scaleMap(map, 'sum')].map(Math.abs))).toBeCloseTo(1, 6);
  expect([...scaleMap(map, 'none')]).toEqual([...map]);
  expect([...scaleMap(new Float32Array(3), 'sum')]).toEqual([0, 0, 0]);
  // LABS §9: (0, 1) → 4 samples.
  expect([...enlargeMap(Float32Array.of(0, 1), 1, 2, 1, 4)]).toEqual([0, 0.25, 0.75, 1]);
  expect(massShare([1, -1, 2, 0], [1, 1, 0, 0])).toBe(0.5);
  expect(massShare([0, 0, 0, 0], [1, 0, 0, 0])).toBe(0.25);
  expect(() => massShare([1], [1, 2])).toThrow(ConfigError);
});
