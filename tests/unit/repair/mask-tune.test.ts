import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { costOfMaps } from '../../../apps/labs/masktune/cost.ts';
import { newNetwork } from '../../../apps/labs/masktune/network.ts';
import { ConfigError, ShapeError } from '../../../engine/errors.ts';
import { gradCam, xGradCam } from '../../../engine/explain/cam.ts';
import { memory } from '../../../engine/memory.ts';
import type { NetworkDefinition } from '../../../engine/nn/definition.ts';
import { buildNetwork, type Network } from '../../../engine/nn/network.ts';
import { DeviceGenerator } from '../../../engine/ops/random.ts';
import { Generator } from '../../../engine/random.ts';
import { cutout, eraseRegion, onInputs } from '../../../engine/repair/controls.ts';
import { maskedData, selectData, withTargets } from '../../../engine/repair/data.ts';
import {
  iteratedMaskTune,
  maskTune,
  maskTuneSweep,
  SWEEP_RULES,
  saliencyMaps,
  shuffledMaps,
} from '../../../engine/repair/mask-tune.ts';
import { fitNetwork } from '../../../engine/repair/training.ts';
import { ones, setDevice, tensor } from '../../../engine/tensor.ts';
import { inBatches } from '../../../engine/train/batches.ts';
import { arrayData } from '../../../engine/train/data.ts';
import { evaluate } from '../../../engine/train/evaluate.ts';
import { processorDevices } from '../core/devices.ts';
import { CUE, cueData, SIZE } from './cue.ts';

const opened = await processorDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

const definition: NetworkDefinition = [
  { type: 'conv2d', in: 1, out: 8, kernel: 3 },
  { type: 'batchnorm2d', features: 8 },
  { type: 'relu', name: 'maps' },
  { type: 'maxpool2d', kernel: 2 },
  { type: 'flatten' },
  { type: 'linear', in: 128, out: 16 },
  { type: 'relu' },
  { type: 'linear', in: 16, out: 2 },
];

const training = cueData(600, 1, (label, u) => (label === 0 ? u < 0.99 : u < 0.01));
const raw = cueData(300, 2, () => false);
const biased = cueData(300, 3, (label) => label === 1);

test('maps of a training set take at most three times as long as its forward passes', async () => {
  const device = new Map(opened).get('wasm') as (typeof opened)[number][1];
  setDevice(device);
  const count = 128;
  const labels = Int32Array.from({ length: count }, (_, i) => i % 2);
  const values = new Generator(1, 'images').uniform(count * 28 * 28 * 3);
  const data = arrayData({ values, shape: [28, 28, 3] }, { values: labels, shape: [] }, 2);
  const network = newNetwork(16, 1);
  const times: { readonly forward: number; readonly maps: number }[] = [];
  for (let i = 0; i < 3; i++) times.push(await costOfMaps(network, data, () => performance.now()));
  network.dispose();
  const least = (of: 'forward' | 'maps') => Math.min(...times.map((time) => time[of]));
  expect(least('maps') / least('forward')).toBeLessThan(3);
});

describe.each(opened)('MaskTune on %s', (_, device) => {
  let erm: Network;
  beforeAll(async () => {
    setDevice(device);
    erm = buildNetwork(definition, { inputShape: [SIZE, SIZE, 1], rng: 1, device });
    await fitNetwork(erm, training.data, {
      optimiser: { type: 'sgd', lr: 0.03, momentum: 0.9 },
      epochs: 3,
      batchSize: 50,
      seed: 1,
    });
  });
  beforeEach(() => setDevice(device));
  const accuracy = async (network: Network, set: typeof raw) => (await evaluate(network, set.data)).accuracy as number;

  test('the network has found the shortcut, its maps show it, and masks of a tenth repair it as random ones do not', async () => {
    expect(await accuracy(erm, training)).toBeGreaterThan(0.97);
    const before = await accuracy(erm, biased);
    expect(before).toBeLessThan(0.1);
    expect(await accuracy(erm, raw)).toBeLessThan(0.55);
    const maps = await saliencyMaps(erm, training.data, { layer: 'maps', batchSize: 128 });
    expect([maps.count, maps.height, maps.width, maps.values.length]).toEqual([600, 8, 8, 600 * 64]);
    expect(Math.max(...maps.values)).toBeCloseTo(1, 5);
    // The cell under the middle of the cue is the hottest, or among the hottest tenth, in nearly all images of class 0 that have it.
    const hot = [...training.groups].flatMap((group, i) => {
      if (group !== 1) return [];
      const map = maps.values.subarray(i * 64, i * 64 + 64);
      const best = Math.max(...[0, 1, 2, 8, 9, 10, 16, 17, 18].map((cell) => map[cell] as number));
      return [map.filter((value) => value > best).length < 7];
    });
    expect(hot.filter(Boolean).length / hot.length).toBeGreaterThan(0.9);
    const tune = (control?: number) =>
      maskTune(erm, training.data, {
        layer: 'maps',
        rule: { rule: 'topK', k: 0.1 },
        maps,
        ...(control === undefined ? {} : { control }),
        fit: { optimiser: { type: 'adam', lr: 3e-3 }, epochs: 3, batchSize: 50 },
      });
    const [tuned, random] = [await tune(), await tune(5)];
    expect(await accuracy(tuned.network, raw)).toBeGreaterThan(0.75);
    expect(await accuracy(tuned.network, biased)).toBeGreaterThan(before + 0.3);
    // As many cells at random places change nothing.
    expect(await accuracy(random.network, raw)).toBeLessThan(0.55);
    expect(await accuracy(random.network, biased)).toBeLessThan(before + 0.1);
    expect(await accuracy(erm, biased)).toBe(before);
    for (const { network } of [tuned, random]) network.dispose();
    // Again: constants are made once and stay, nothing else does.
    const tensors = memory(device).tensors;
    (await tune()).network.dispose();
    expect(memory(device).tensors).toBe(tensors);
  });

  test('maps of the predicted class, of Grad-CAM, and in other batches', async () => {
    const few = selectData(training.data, [0, 1, 2, 3, 4, 5, 6]);
    const whole = await saliencyMaps(erm, few, { layer: 'maps' });
    const parts = await saliencyMaps(erm, few, { layer: 'maps', batchSize: 3 });
    parts.values.forEach((value, i) => {
      expect(value).toBeCloseTo(whole.values[i] as number, 5);
    });
    const { predictions } = await evaluate(erm, few);
    const told = withTargets(few, { values: Int32Array.from(predictions as Int32Array), shape: [] });
    const predicted = await saliencyMaps(erm, few, { layer: 'maps', of: 'predicted' });
    expect(predicted.values).toEqual((await saliencyMaps(erm, told, { layer: 'maps' })).values);
    // Each method's own maps, of which each sample's is scaled from 0 to 1.
    const images = tensor(training.values.slice(0, 7 * SIZE * SIZE), [7, SIZE, SIZE, 1]);
    const labels = training.labels.slice(0, 7);
    for (const [method, raw] of [
      ['gradCam', gradCam(erm, images, labels, 'maps')],
      ['xGradCam', xGradCam(erm, images, labels, 'maps')],
    ] as const) {
      const { values } = await saliencyMaps(erm, few, { layer: 'maps', method });
      const expected = await raw.data();
      for (let i = 0; i < 7; i++) {
        const own = expected.subarray(64 * i, 64 * i + 64);
        const [low, high] = [Math.min(...own), Math.max(...own)];
        own.forEach((value, cell) => {
          expect(values[64 * i + cell], `${method}, image ${i}`).toBeCloseTo((value - low) / (high - low + 1e-8), 4);
        });
      }
    }
    // Layer 5 is linear: it has no maps.
    await expect(saliencyMaps(erm, few, { layer: 5 })).rejects.toThrow(ShapeError);
    await expect(saliencyMaps(erm, few, { layer: 5 })).rejects.toThrow("layer '5' must put out maps [H, W, C]");
    await expect(saliencyMaps(erm, few, { layer: 'nowhere' })).rejects.toThrow(ConfigError);
  });

  test('shuffled maps hide as much elsewhere', async () => {
    const few = selectData(training.data, [0, 2, 4, 6]);
    const maps = await saliencyMaps(erm, few, { layer: 'maps' });
    const shuffled = shuffledMaps(maps, 3);
    expect(shuffled.values).not.toEqual(maps.values);
    for (let i = 0; i < 4; i++) {
      const sorted = (m: typeof maps) => m.values.slice(i * 64, i * 64 + 64).sort();
      expect(sorted(shuffled)).toEqual(sorted(maps));
    }
    expect(shuffledMaps(maps, 3).values).toEqual(shuffled.values);
  });

  test('masked data are x ⊙ (1 − M), in any order', async () => {
    const values = new Float32Array(3 * 64).fill(0);
    // Image 0: nothing is salient; image 1: the left half; image 2: all but one cell.
    for (let cell = 0; cell < 64; cell++) values[64 + cell] = cell % 8 < 4 ? 1 : 0;
    values.fill(1, 128);
    values[128] = 0;
    const three = selectData(training.data, [0, 1, 2]);
    const masked = maskedData(
      three,
      { count: 3, height: 8, width: 8, values },
      { rule: 'threshold', threshold: 0.5 },
      { hard: true, fill: 0.5 },
    );
    for await (const { values: found } of inBatches(selectData(masked, [1, 0]), device, 2, ({ inputs }) => [inputs])) {
      const pixels = found[0] as Float32Array;
      expect([...pixels.slice(0, 10)].map((v) => v === 0.5)).toEqual(Array.from({ length: 10 }, (_, x) => x < 5));
      expect([...pixels.slice(100, 200)]).toEqual([...training.values.slice(0, 100)]);
    }
    expect(masked.labels).toEqual(Int32Array.of(0, 1, 0));
    expect(masked.hash()).not.toBe(three.hash());
    expect(() => maskedData(three, { count: 2, height: 8, width: 8, values: values.slice(64) }, { rule: 'paper' })).toThrow(
      ShapeError,
    );
  });

  test('selected data repeat samples, also in recorded steps', async () => {
    const rows = arrayData(
      { values: Float32Array.of(0, 10, 20, 30), shape: [1] },
      { values: Int32Array.of(0, 1, 0, 1), shape: [] },
      2,
    );
    const chosen = selectData(selectData(rows, [3, 3, 1, 0]), [0, 2, 1]);
    expect([chosen.count, chosen.classes, [...(chosen.labels as Int32Array)]]).toEqual([3, 2, [1, 1, 1]]);
    for await (const { values } of inBatches(chosen, device, 2, ({ inputs, targets }) => [inputs, targets])) {
      expect([...(values[0] as Float32Array)]).toEqual(values[0]?.length === 2 ? [30, 10] : [30]);
    }
    const train = async (mode: 'all' | 'select') => {
      const network = buildNetwork(definition, { inputShape: [SIZE, SIZE, 1], rng: 4, device });
      const data =
        mode === 'all'
          ? training.data
          : selectData(
              training.data,
              Array.from({ length: 600 }, (_, i) => i),
            );
      await fitNetwork(network, data, { optimiser: { type: 'sgd', lr: 0.05 }, steps: 3, batchSize: 50 });
      const weights = await network.arena.flat.data();
      network.dispose();
      return weights;
    };
    expect(await train('select')).toEqual(await train('all'));
    expect(() => selectData(rows, [])).toThrow('no sample');
    expect(() => selectData(rows, [4])).toThrow('there are 4 samples');
  });

  test('a sweep yields a model for each rule, iteration hides more', async () => {
    const few = selectData(
      training.data,
      Array.from({ length: 64 }, (_, i) => i),
    );
    const names: string[] = [];
    for await (const { name, network } of maskTuneSweep(erm, few, {
      layer: 'maps',
      rules: [{ rule: 'topK', k: 0.1 }, { rule: 'paper' }],
    })) {
      names.push(name);
      network.dispose();
    }
    expect(names).toEqual(['topK 0.1', 'paper']);
    expect(SWEEP_RULES).toHaveLength(15);
    const options = { layer: 'maps', rule: { rule: 'topK', k: 0.1 }, hard: true, rounds: 2 } as const;
    /** Pixels that are hidden after each round. */
    const zerosOf = async (control?: number) => {
      const zeros: number[] = [];
      for await (const { network, data } of iteratedMaskTune(erm, few, {
        ...options,
        ...(control !== undefined && { control }),
      })) {
        let count = 0;
        for await (const { values } of inBatches(data, device, 64, ({ inputs }) => [inputs])) {
          count += (values[0] as Float32Array).filter((v) => v === 0).length;
        }
        zeros.push(count);
        network.dispose();
      }
      return zeros;
    };
    // The control too hides other places in its second round.
    for (const [first = 0, second] of [await zerosOf(), await zerosOf(7)]) {
      expect(first).toBeGreaterThan(64 * 5);
      expect(second).toBeGreaterThan(first * 1.3);
    }
  });

  test('cutout hides one square anywhere, the oracle the cue', async () => {
    const rng = new DeviceGenerator(1, 'cutout', device);
    const host = await cutout(ones([200, 6, 8, 1]), { size: 3, rng }).data();
    const areas = Array.from({ length: 200 }, (_, i) => host.slice(i * 48, i * 48 + 48).filter((v) => v === 0).length);
    expect(Math.max(...areas)).toBe(9);
    expect(Math.min(...areas)).toBeGreaterThanOrEqual(2);
    const erased = await eraseRegion(ones([2, 4, 4, 1]), { top: 0, left: 1, height: 2, width: 9 }, 0.25).data();
    expect([...erased.slice(16, 24)]).toEqual([1, 0.25, 0.25, 0.25, 1, 0.25, 0.25, 0.25]);
    const oracle = buildNetwork(definition, { inputShape: [SIZE, SIZE, 1], rng: 4, device });
    await fitNetwork(oracle, training.data, {
      optimiser: { type: 'sgd', lr: 0.05, momentum: 0.9 },
      epochs: 6,
      batchSize: 50,
      transform: onInputs((x) => eraseRegion(x, CUE, 0.17)),
    });
    expect(await accuracy(oracle, raw)).toBeGreaterThan(0.85);
    oracle.dispose();
    expect(() => cutout(ones([1, 2, 2, 1]), { size: 0, rng })).toThrow(ConfigError);
    expect(await tensor([1]).data()).toEqual(Float32Array.of(1));
  });
});
