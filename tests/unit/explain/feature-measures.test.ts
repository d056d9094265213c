/** What feature visualisations are worth, many directions at once, and the typed errors of the building blocks. */
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ArgumentError, ConfigError, ShapeError } from '../../../engine/errors.ts';
import { activationGrid, displayScale, semanticDictionary, twoClassColours } from '../../../engine/explain/building-blocks.ts';
import { objectiveUnderTransforms } from '../../../engine/explain/features/measure.ts';
import { channelObjective, directionsObjective } from '../../../engine/explain/features/objectives.ts';
import { NO_ROBUSTNESS } from '../../../engine/explain/features/robustness.ts';
import { buildNetwork } from '../../../engine/nn/network.ts';
import { Generator } from '../../../engine/random.ts';
import { setDevice, type Tensor, tensor } from '../../../engine/tensor.ts';
import { processorDevices } from '../core/devices.ts';

const opened = await processorDevices();
afterAll(() => {
  for (const [, device] of opened) device.destroy();
});

describe.each(opened)('on %s', (_, device) => {
  beforeEach(() => setDevice(device));

  test('each image climbs a direction of its own', async () => {
    const A = tensor(new Generator(1, 'A').normal(2 * 3 * 2 * 4), [2, 3, 2, 4]);
    const look = { image: A, output: A, layer: () => A };
    const one = (k: number) => Float32Array.from({ length: 4 }, (_, i) => (i === k ? 1 : 0));
    const both = await directionsObjective('1', [one(2), one(0)])
      .value(look)
      .data();
    const [first, second] = [
      await channelObjective('1', 2).value(look).data(),
      await channelObjective('1', 0).value(look).data(),
    ];
    expect(both[0]).toBeCloseTo(first[0] as number, 6);
    expect(both[1]).toBeCloseTo(second[1] as number, 6);
    expect(() => directionsObjective('1', [one(2)]).value(look)).toThrow(ShapeError);
    expect(() => directionsObjective('1', [one(2), [1, 2]]).value(look)).toThrow(/one number a channel/);
  });

  test('an objective is measured under transformations that the images share', async () => {
    const network = buildNetwork([{ type: 'conv2d', in: 1, out: 2, kernel: 3, padding: 1 }, { type: 'relu' }], {
      inputShape: [8, 8, 1],
      rng: 4,
      device,
    });
    const pixels = new Generator(2, 'pixels').uniform(64);
    const images = tensor(Float32Array.from([...pixels, ...pixels]), [2, 8, 8, 1], { device });
    const objective = channelObjective('1', 1);
    const still = await objectiveUnderTransforms({ network, objective, images, robustness: NO_ROBUSTNESS, draws: 1 });
    const A = network.forward(images, { capture: ['1'] }).activations.get('1') as Tensor;
    const look = { image: images, output: A, layer: () => A };
    expect(still[0]).toBeCloseTo((await objective.value(look).data())[0] as number, 5);
    const moving = { jitter: [4], scales: [0.8, 1.2], angles: [-20, 20] };
    const moved = await objectiveUnderTransforms({ network, objective, images, robustness: moving, draws: 3, seed: 5 });
    expect(moved[0]).toBe(moved[1]);
    expect(moved[0]).not.toBeCloseTo(still[0] as number, 4);
    const again = await objectiveUnderTransforms({ network, objective, images, robustness: moving, draws: 3, seed: 5 });
    expect(again).toEqual(moved);
    await expect(objectiveUnderTransforms({ network, objective, images, robustness: moving, draws: 0 })).rejects.toThrow(
      ConfigError,
    );
    await expect(objectiveUnderTransforms({ network, objective, images: tensor([1, 2]), robustness: moving })).rejects.toThrow(
      ShapeError,
    );
    network.dispose();
  });
});

describe('building blocks refuse nonsense', () => {
  const maps = { height: 1, width: 2, channels: 2, values: [1, 0, 0, 2] };
  const any = (value: unknown) => value as never;

  test.each([
    ['no maps', undefined],
    ['a list', [1, 2]],
    ['text for values', { ...maps, values: 'abcd' }],
    ['no values', { height: 1, width: 2, channels: 2 }],
  ])('%s', (_, given) => {
    expect(() => activationGrid(any(given))).toThrow(ArgumentError);
    expect(() => semanticDictionary(any(given))).toThrow(ArgumentError);
  });

  test.each([
    ['sizes that do not multiply to the values', { ...maps, height: 2 }],
    ['sizes that are no whole numbers', { ...maps, height: 0.5, width: 4 }],
    ['sizes below zero', { ...maps, height: -1, width: -2 }],
    ['nothing', { ...maps, height: 0, values: [] }],
  ])('%s', (_, given) => {
    expect(() => activationGrid(any(given))).toThrow(ShapeError);
  });

  test('values that are not finite', () => {
    expect(() => activationGrid({ ...maps, values: [1, 0, Number.NaN, 2] })).toThrow(/row 0, column 1/);
    expect(() => displayScale([1, Number.NaN])).toThrow(ConfigError);
    expect(() => displayScale([1, Number.POSITIVE_INFINITY])).toThrow(/finite/);
  });

  test('a share outside 0 … 1, an empty map, what is no map', () => {
    for (const q of [-0.1, 1.5, Number.NaN]) expect(() => displayScale([1, 2], q)).toThrow(/share from 0 to 1/);
    expect(() => displayScale([])).toThrow(ConfigError);
    expect(() => displayScale(any(undefined))).toThrow(ArgumentError);
    expect(() => displayScale(any({ length: 3 }))).toThrow(ArgumentError);
    expect(() => twoClassColours(any(null), [1])).toThrow(ArgumentError);
    expect(displayScale([1, -3], 1)).toBe(3);
  });

  test('many positions do not overflow the stack', () => {
    const large = { height: 500, width: 500, channels: 1, values: new Float32Array(250_000).fill(2) };
    expect(activationGrid(large)).toHaveLength(250_000);
  });
});
