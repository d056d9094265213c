/** A NaN has one place in every order, on every device: WGSL leaves open what a comparison makes of it, so the kernels tell it by its bits. */
import { beforeEach, describe, expect, it } from 'vitest';
import { percentile, setDevice, sign, sort, tensor, where } from '../../../engine/index.ts';
import { availableDevices } from '../core/devices.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

describe.each(await availableDevices())('NaN on %s', (_, device) => {
  beforeEach(() => setDevice(device));

  it.each([
    [
      [nan, 1, 2],
      [1, 2, nan],
    ],
    [
      [2, nan, -inf, inf, nan, -3, 0.5],
      [-inf, -3, 0.5, 2, inf, nan, nan],
    ],
    [
      [-nan, -1e-40, 1e-40, -1e38, 1e38],
      [-1e38, -1e-40, 1e-40, 1e38, nan],
    ],
  ])('sort puts it behind every number: %j', async (values, expected) => {
    expect(Array.from(await sort(tensor(values)).data())).toEqual(expected.map(Math.fround));
  });

  it('sort keeps numbers as they are, however many', async () => {
    const values = Array.from({ length: 200 }, (_, i) => Math.fround(Math.sin(i * 7919) * 10 ** ((i % 60) - 30)));
    expect(Array.from(await sort(tensor(values)).data())).toEqual([...values].sort((a, b) => a - b));
  });

  it('percentile of values with a NaN is NaN, as in NumPy, and of the other rows is not', async () => {
    const x = tensor([
      [nan, 1, 2],
      [3, 1, 2],
      [-inf, -inf, 5],
    ]);
    expect(Array.from(await percentile(x, 50).data())).toEqual([nan, 2, -inf]);
    expect(Array.from(await percentile(x, 0).data())).toEqual([nan, 1, -inf]);
  });

  it('sign hands it on', async () => {
    expect(Array.from(await sign(tensor([nan, -2, 0, inf, -inf])).data())).toEqual([nan, -1, 0, 1, -1]);
  });

  it.each([5, 8])('a mask of NaN is not 0: %i elements', async (n) => {
    const mask = [nan, 0, 1, -0, -nan, inf, 0, nan].slice(0, n);
    const expected = [1, 2, 1, 2, 1, 1, 2, 1].slice(0, n);
    expect(Array.from(await where(tensor(mask), 1, 2).data())).toEqual(expected);
    const ones = tensor(mask.map(() => 1));
    const twos = tensor(mask.map(() => 2));
    expect(Array.from(await where(tensor(mask), ones, twos).data())).toEqual(expected);
  });
});
