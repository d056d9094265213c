import { describe, expect, it } from 'vitest';
import {
  allDots,
  allGrid,
  BLUE_SQUARE,
  globalCorruption,
  localCorruption,
  lowerOrUpper,
  REVERSED,
  spuriousSquare,
  taint,
  texture,
  toColour,
} from '../../../engine/data/corruptions.ts';
import { type ImageDataset, imageAt, imageDataset } from '../../../engine/data/dataset.ts';
import { generator, noise } from './noise.ts';

const DIGITS = Array.from({ length: 10 }, (_, k) => String(k));

function digits(labels: readonly number[], seed = 1): ImageDataset {
  const info = {
    name: 'digits',
    split: 'train',
    height: 28,
    width: 28,
    channels: 1,
    classNames: DIGITS,
    mean: [0.1],
    std: [0.3],
  };
  return imageDataset(info, new Uint8Array(noise(labels.length * 784, seed)), Uint8Array.from(labels));
}

/** Indices of the images that differ. */
const touched = (a: ImageDataset, b: ImageDataset): number[] =>
  [...a.labels.keys()].filter((n) => !Buffer.from(imageAt(a, n)).equals(Buffer.from(imageAt(b, n))));

describe('the texture', () => {
  const t = texture(28, 28);
  const at = (i: number, j: number): number => t[28 * i + j] as number;
  const row = (i: number, from: number, to: number): number[] => [...t.subarray(28 * i + from, 28 * i + to)];

  it('has the values that SciPy computes at the borders', () => {
    expect([0, 1, 2].map((i) => row(i, 0, 6))).toEqual([
      [88, 200, 48, 200, 48, 200],
      [160, 160, 120, 160, 120, 160],
      [48, 120, 8, 120, 8, 120],
    ]);
    expect([25, 26, 27].map((i) => row(i, 25, 28))).toEqual([
      [160, 120, 40],
      [120, 8, 40],
      [80, 40, 0],
    ]);
    expect([at(27, 27), at(0, 27), at(27, 0)]).toEqual([0, 40, 40]);
  });

  it('depends inside on the parity of row and column only', () => {
    for (let i = 1; i < 27; i++) {
      for (let j = 1; j < 27; j++)
        expect(at(i, j)).toBe(
          [
            [8, 120],
            [120, 160],
          ][i % 2]?.[j % 2],
        );
    }
    expect(Math.round(t.reduce((sum, value) => sum + value, 0) / 784)).toBe(99);
  });

  it('scales with the amplitude and follows the stride', () => {
    expect([...texture(28, 28, { amplitude: 40, stride: 2 })]).toEqual([...t].map((value) => value / 2));
    expect(texture(28, 28, { amplitude: 0, stride: 2 }).every((value) => value === 0)).toBe(true);
    // One spike at a time shows the flipped kernel around it: T[i, j] = K[i − row + 1, j − column + 1].
    const sparse = texture(9, 9, { amplitude: 10, stride: 4 });
    expect([3, 4, 5].map((i) => [...sparse.subarray(9 * i + 3, 9 * i + 6)])).toEqual([
      [5, 10, 5],
      [10, 1, 5],
      [10, 5, 0],
    ]);
    expect(() => texture(9, 9, { amplitude: 10, stride: 0 })).toThrow('stride');
  });
});

describe('corruptions', () => {
  const clean = digits([7, 4, 7, 1, 4, 0]);

  it('paints the dot on the sevens and nothing else', () => {
    const dotted = localCorruption(clean);
    expect(touched(clean, dotted)).toEqual([0, 2]);
    expect(imageAt(dotted, 0)[25 * 28 + 25]).toBe(255);
    const changed = [...imageAt(clean, 0).keys()].filter((p) => imageAt(clean, 0)[p] !== imageAt(dotted, 0)[p]);
    expect(changed).toEqual([25 * 28 + 25]);
    expect([...dotted.labels]).toEqual([...clean.labels]);
  });

  it('takes class, place, size and value', () => {
    const painted = localCorruption(clean, { label: 1, row: 2, col: 3, size: 2, value: 9 });
    expect(touched(clean, painted)).toEqual([3]);
    const image = imageAt(painted, 3);
    expect([2, 3].map((y) => [...image.subarray(28 * y + 3, 28 * y + 5)])).toEqual([
      [9, 9],
      [9, 9],
    ]);
    expect(() => localCorruption(clean, { row: 27, size: 2 })).toThrow('do not lie inside');
    expect(() => localCorruption(clean, { col: -1 })).toThrow('do not lie inside');
  });

  it('adds the texture to the fours, clamped and cut to whole numbers', () => {
    const gridded = globalCorruption(clean);
    expect(touched(clean, gridded)).toEqual([1, 4]);
    const grid = texture(28, 28);
    expect([...imageAt(gridded, 4)]).toEqual(
      [...imageAt(clean, 4)].map((value, p) => Math.min(255, Math.floor(value + (grid[p] as number)))),
    );
    // 0.1 · 33 = 3.3 and 0.5 · 33 = 16.5 must lose their fractions.
    const black = { ...clean, images: new Uint8Array(clean.images.length) };
    const cut = imageAt(globalCorruption(black, { amplitude: 33 }), 1);
    expect([cut[28 * 2 + 2], cut[28 * 2 + 3], cut[28 * 3 + 3]]).toEqual([3, 49, 66]);
  });

  it('leaves the original alone and joins both edits in the tainted set', () => {
    const before = Buffer.from(clean.images);
    const tainted = taint(clean);
    expect(touched(clean, tainted)).toEqual([0, 1, 2, 4]);
    expect(Buffer.from(clean.images).equals(before)).toBe(true);
    expect(touched(taint(clean, { dot: { fraction: 0 } }), globalCorruption(clean))).toEqual([]);
  });

  it('makes the bonus sets', () => {
    expect(touched(clean, allDots(clean))).toEqual([0, 1, 2, 3, 4, 5]);
    expect(touched(clean, allGrid(clean))).toEqual([0, 1, 2, 3, 4, 5]);
    expect(touched(globalCorruption(clean), allGrid(clean))).toEqual([0, 2, 3, 5]);
  });

  it('touches a fraction, the same for the same seed', () => {
    const sevens = digits(new Array(400).fill(7));
    const half = () => touched(sevens, localCorruption(sevens, { fraction: 0.25, value: 0, uniform: generator(5) }));
    expect(half().length).toBeGreaterThan(70);
    expect(half().length).toBeLessThan(130);
    expect(half()).toEqual(half());
    expect(() => localCorruption(sevens, { fraction: 0.5 })).toThrow('uniform');
    expect(() => localCorruption(sevens, { fraction: 1.5 })).toThrow('fraction');
  });
});

describe('the spurious square', () => {
  const grey = digits(Array.from({ length: 2000 }, (_, n) => n % 10));
  const colour = lowerOrUpper(toColour(grey));

  it('works on two classes in colour', () => {
    expect(colour).toMatchObject({ channels: 3, mean: [0.1, 0.1, 0.1], classNames: ['0, 1, 2, 3, 4', '5, 6, 7, 8, 9'] });
    expect([...colour.labels.subarray(0, 10)]).toEqual([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    expect([...imageAt(colour, 3).subarray(0, 3)]).toEqual(new Array(3).fill(imageAt(grey, 3)[0]));
    expect(toColour(colour)).toBe(colour);
  });

  it('goes with the class at the given probabilities', () => {
    const { dataset, carries } = spuriousSquare(colour, { uniform: generator(7) });
    expect(touched(colour, dataset)).toEqual([...carries.keys()].filter((n) => carries[n] === 1));
    const share = (label: number): number =>
      [...carries].filter((value, n) => value === 1 && dataset.labels[n] === label).length / 1000;
    expect(Math.abs(share(0) - 0.99)).toBeLessThan(0.015);
    expect(Math.abs(share(1) - 0.01)).toBeLessThan(0.015);
  });

  it('covers rows and columns 0 to 5 with blue', () => {
    const { dataset } = spuriousSquare(colour, { probability: [1, 1] });
    const pixel = (y: number, x: number): number[] => [...imageAt(dataset, 0).subarray(3 * (28 * y + x), 3 * (28 * y + x) + 3)];
    for (let y = 0; y < 6; y++) for (let x = 0; x < 6; x++) expect(pixel(y, x)).toEqual([0, 0, 255]);
    for (const [y, x] of [
      [6, 0],
      [0, 6],
      [6, 6],
    ] as const) {
      expect(pixel(y, x)).toEqual([...imageAt(colour, 0).subarray(3 * (28 * y + x), 3 * (28 * y + x) + 3)]);
    }
    expect(BLUE_SQUARE.size).toBe(6);
  });

  it('reverses the correlation for the biased test set without a random draw', () => {
    const { dataset, carries } = spuriousSquare(colour, { probability: REVERSED });
    expect([...carries]).toEqual([...colour.labels]);
    expect(touched(colour, dataset)).toHaveLength(1000);
  });

  it('says what does not fit', () => {
    expect(() => spuriousSquare(lowerOrUpper(grey), { probability: REVERSED })).toThrow('toColour');
    expect(() => spuriousSquare(toColour(grey), { probability: REVERSED })).toThrow('each of 10 classes');
    expect(() => spuriousSquare(colour)).toThrow('uniform');
  });
});
