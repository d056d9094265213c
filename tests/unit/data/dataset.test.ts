import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  channelStatistics,
  classCounts,
  concatenate,
  type ImageDataset,
  imageAt,
  imageDataset,
  indicesWhere,
  ofClasses,
  permutation,
  shuffle,
  splitDataset,
  subset,
  take,
  toFloat32,
} from '../../../engine/data/dataset.ts';
import { elevenPoints, holdOut } from '../../../engine/data/points.ts';
import { uniformFrom } from '../../../engine/data/uniform.ts';
import { Generator } from '../../../engine/random.ts';
import { generator, noise } from './noise.ts';

const INFO = {
  name: 'set',
  split: 'train',
  height: 2,
  width: 3,
  channels: 2,
  classNames: ['a', 'b', 'c'],
  mean: [0.5, 0.25],
  std: [0.5, 0.125],
};

function make(count: number, seed = 1): ImageDataset {
  return imageDataset(
    INFO,
    new Uint8Array(noise(count * 12, seed)),
    Uint8Array.from({ length: count }, (_, n) => n % 3),
  );
}

describe('image data sets', () => {
  const set = make(10);

  it('checks that images, labels and names fit', () => {
    expect(() => imageDataset(INFO, new Uint8Array(13), Uint8Array.of(0))).toThrow('one image for each label');
    expect(() => imageDataset(INFO, new Uint8Array(12), Uint8Array.of(3))).toThrow("labels[0]: is 3, but 'set' has 3 classes");
    expect(() => imageDataset({ ...INFO, mean: [0] }, new Uint8Array(12), Uint8Array.of(0))).toThrow('one number a channel');
    expect(() => imageAt(set, 10)).toThrow('0 to 9');
  });

  it('picks images by index, class and number', () => {
    const picked = subset(set, [4, 4, 0]);
    expect(picked.count).toBe(3);
    expect([...picked.labels]).toEqual([1, 1, 0]);
    expect([...imageAt(picked, 1)]).toEqual([...imageAt(set, 4)]);
    expect(indicesWhere(set, (label) => label === 2)).toEqual([2, 5, 8]);
    expect([...ofClasses(set, [0, 2]).labels]).toEqual([0, 2, 0, 2, 0, 2, 0]);
    expect(take(set, 3)).toMatchObject({ count: 3 });
    expect([...take(set, 3).images]).toEqual([...set.images.subarray(0, 36)]);
    expect(take(set, 99)).toBe(set);
    expect(() => subset(set, [10])).toThrow('index');
  });

  it('counts classes, those without images too', () => {
    expect(classCounts(set)).toEqual([4, 3, 3]);
    expect(classCounts(take(set, 1))).toEqual([1, 0, 0]);
  });

  it('permutes every element to every place equally often', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.integer(), (count, seed) => {
        expect([...permutation(count, generator(seed))].sort((a, b) => a - b)).toEqual(
          Array.from({ length: count }, (_, i) => i),
        );
      }),
    );
    const uniform = generator(3);
    const seen = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = permutation(3, uniform).join('');
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    expect(seen.size).toBe(6);
    for (const times of seen.values()) expect(Math.abs(times - 1000)).toBeLessThan(150);
  });

  it('splits at random without overlap, the same for the same seed', () => {
    const tagged = { ...set, images: Uint8Array.from({ length: 120 }, (_, i) => Math.floor(i / 12)) };
    const { train, validation } = splitDataset(tagged, 0.3, generator(9));
    expect([train.count, train.split, validation.count, validation.split]).toEqual([7, 'train', 3, 'validation']);
    const tags = [...train.images, ...validation.images].filter((_, i) => i % 12 === 0);
    expect([...tags].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(tags).not.toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(splitDataset(tagged, 3, generator(9)).train.images).toEqual(train.images);
    expect(splitDataset(tagged, 3, generator(10)).train.images).not.toEqual(train.images);
    expect(shuffle(tagged, generator(9)).images.subarray(0, 84)).toEqual(train.images);
    for (const held of [0, 10, 11, Number.NaN, 0.01])
      expect(() => splitDataset(tagged, held, generator(9))).toThrow('both sides');
  });

  it('takes its draws from a generator of the engine', () => {
    const draws = (seed: number) => {
      const uniform = uniformFrom(new Generator(seed, 'split'));
      return Array.from({ length: 3000 }, uniform);
    };
    const values = draws(42);
    expect(values).toEqual(draws(42));
    expect(values).not.toEqual(draws(43));
    expect(new Set(values).size).toBeGreaterThan(2990);
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeLessThan(1);
    expect(Math.abs(values.reduce((a, b) => a + b, 0) / 3000 - 0.5)).toBeLessThan(0.02);
  });

  it('joins sets one after the other and keeps the first one’s constants', () => {
    const other = { ...make(4, 2), name: 'other', mean: [0, 0] };
    const both = concatenate([set, other]);
    expect(both).toMatchObject({ name: 'set+other', count: 14, mean: [0.5, 0.25] });
    expect([...imageAt(both, 12)]).toEqual([...imageAt(other, 2)]);
    expect([...both.labels]).toEqual([...set.labels, ...other.labels]);
    expect(() => concatenate([set, { ...other, width: 2 }])).toThrow('must be of one size');
    expect(() => concatenate([set, { ...other, classNames: ['a'] }])).toThrow('1 classes');
    expect(() => concatenate([])).toThrow('at least one');
  });

  it('normalises with its own constants, others, or none', () => {
    const [first, second] = [imageAt(set, 3)[0] as number, imageAt(set, 3)[1] as number];
    const own = toFloat32(set, [3]);
    expect(own).toHaveLength(12);
    expect([own[0], own[1]]).toEqual([Math.fround((first / 255 - 0.5) / 0.5), Math.fround((second / 255 - 0.25) / 0.125)]);
    expect(toFloat32(set, [3], null)[1]).toBe(Math.fround(second / 255));
    expect(toFloat32(set, [3], { mean: [0, 1], std: [1, 2] })[1]).toBe(Math.fround((second / 255 - 1) / 2));
    expect(toFloat32(set)).toHaveLength(120);
    expect([...toFloat32(set).subarray(36, 48)]).toEqual([...own]);
  });

  it('measures mean and spread of each channel', () => {
    const images = Uint8Array.of(0, 255, 51, 255, 0, 255, 51, 255, 0, 255, 51, 255);
    const { mean, std } = channelStatistics({ ...take(set, 1), images });
    expect(mean[0]).toBeCloseTo(0.1, 12);
    expect(std[0]).toBeCloseTo(0.1, 12);
    expect([mean[1], std[1]]).toEqual([1, 0]);
  });
});

describe('the eleven points', () => {
  it('have the mean and variance of the exercise', () => {
    const { x, t } = elevenPoints();
    expect([...x].map((value) => Number(value.toFixed(6)))).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
    const mean = t.reduce((a, b) => a + b, 0) / 11;
    expect(mean).toBeCloseTo(-0.003, 3);
    expect(t.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 11).toBeCloseTo(0.481, 3);
  });

  it('can be held out by their inputs', () => {
    const { train, validation } = holdOut(elevenPoints(), [0.1, 0.4, 0.7]);
    expect([...validation.t].map((value) => Number(value.toFixed(2)))).toEqual([-0.16, -1.02, 0.05]);
    expect(train.x).toHaveLength(8);
    expect(train.t[1]).toBeCloseTo(-0.61, 6);
  });
});
