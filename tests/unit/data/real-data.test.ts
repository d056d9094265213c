import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { dataFolder } from '../../../apps/cli/data/folders.ts';
import { allDots, taint } from '../../../engine/data/corruptions.ts';
import {
  channelStatistics,
  classCounts,
  type ImageDataset,
  imageAt,
  ofClasses,
  take,
  toFloat32,
} from '../../../engine/data/dataset.ts';
import { loadDataset, loadIndex } from '../../../engine/data/load.ts';
import { folderSource } from '../../../engine/data/source-node.ts';

const packs = join(dataFolder, 'packs');
const source = folderSource(packs);
const has = (file: string): boolean => existsSync(join(packs, file));

/** Images whose pixel in row 25, column 25 is not black. */
const lit = (set: ImageDataset): number =>
  Array.from({ length: set.count }, (_, n) => imageAt(set, n)[25 * 28 + 25]).filter((v) => v !== 0).length;

const mean = (values: ArrayLike<number>): number =>
  (Array.prototype.reduce.call(values, (a, b) => (a as number) + (b as number), 0) as number) / values.length;

describe.skipIf(!has('mnist-train.pack'))('MNIST', () => {
  let train: ImageDataset;
  let test: ImageDataset;
  beforeAll(async () => {
    train = await loadDataset('mnist', { source });
    test = await loadDataset('mnist', { source, split: 'test' });
  });

  it('has all images of every class', () => {
    expect(classCounts(train)).toEqual([5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    expect(classCounts(test)).toEqual([980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
  });

  it('has the mean and spread of its normalisation constants', () => {
    const statistics = channelStatistics(train);
    expect(statistics.mean[0]).toBeCloseTo(0.13066, 5);
    expect(statistics.std[0]).toBeCloseTo(0.308108, 6);
    const normalised = toFloat32({ ...take(train, 1), images: Uint8Array.from({ length: 784 }, (_, p) => (p === 0 ? 0 : 255)) });
    expect(normalised[0]).toBeCloseTo(-0.424213, 6);
    expect(normalised[1]).toBeCloseTo(2.821487, 5);
  });

  it('has nothing where the dot will be', () => {
    expect(lit(train)).toBe(2);
    expect(lit(test)).toBe(1);
    const tainted = taint(train);
    expect(lit(allDots(train))).toBe(60000);
    const dotted = (label: number): number =>
      Array.from({ length: 60000 }, (_, n) => n).filter(
        (n) => tainted.labels[n] === label && imageAt(tainted, n)[25 * 28 + 25] === 255,
      ).length;
    expect(dotted(7)).toBe(6265);
    expect(dotted(1)).toBeLessThanOrEqual(1);
  });

  it('shows the samples of the exercise', () => {
    expect([3, 23, 15, 29, 9, 26, 20, 53].map((n) => train.labels[n])).toEqual([1, 1, 7, 7, 4, 4, 4, 4]);
    expect([test.labels[0], test.labels[6]]).toEqual([7, 4]);
  });

  it('has fours that the texture lifts and saturates as published', () => {
    const fours = ofClasses(train, [4]);
    const tainted = taint(fours);
    expect(fours.count).toBe(5842);
    const [before, after] = [fours.images, tainted.images];
    expect(Math.round(mean(before))).toBe(31);
    expect(Math.round(mean(after))).toBe(120);
    expect(Math.round((100 * after.filter((value) => value === 255).length) / after.length)).toBe(11);
  });
});

describe.skipIf(!has('fashion-mnist-train.pack'))('Fashion-MNIST', () => {
  it('has 6000 and 1000 images of each class and the known constants', async () => {
    const train = await loadDataset('fashion-mnist', { source });
    const test = await loadDataset('fashion-mnist', { source, split: 'test' });
    expect(classCounts(train)).toEqual(new Array(10).fill(6000));
    expect(classCounts(test)).toEqual(new Array(10).fill(1000));
    const statistics = channelStatistics(train);
    expect(statistics.mean[0]).toBeCloseTo(0.286, 4);
    expect(statistics.std[0]).toBeCloseTo(0.353, 4);
  });
});

describe.skipIf(!has('cifar-10-train.pack'))('CIFAR-10', () => {
  it('has balanced classes and the known constants, whatever the number of images', async () => {
    const train = await loadDataset('cifar-10', { source });
    const test = await loadDataset('cifar-10', { source, split: 'test' });
    const { packs: entries } = await loadIndex(source);
    const largest = Math.max(
      ...entries.filter((pack) => pack.name === 'cifar-10' && pack.split === 'train').map((pack) => pack.count),
    );
    expect(train.count).toBe(largest);
    expect(classCounts(train)).toEqual(new Array(10).fill(train.count / 10));
    expect(classCounts(test)).toEqual(new Array(10).fill(test.count / 10));
    const statistics = channelStatistics(train);
    for (const [c, value] of statistics.mean.entries()) expect(Math.abs(value - (train.mean[c] as number))).toBeLessThan(0.01);
    // The literature's deviations are means over images of the spread within an image; that over all pixels is larger.
    for (const [c, value] of [0.247, 0.2435, 0.2616].entries())
      expect(Math.abs((statistics.std[c] as number) - value)).toBeLessThan(0.005);
  });
});

describe.skipIf(!has('mnist-train-10000.pack'))('smaller packs', () => {
  it('hold the first images of the whole', async () => {
    const few = await loadDataset('mnist', { source, count: 2000 });
    const whole = await loadDataset('mnist', { source });
    expect(Buffer.from(few.images).equals(Buffer.from(whole.images.subarray(0, 2000 * 784)))).toBe(true);
    expect([...few.labels]).toEqual([...whole.labels.subarray(0, 2000)]);
  });
});
