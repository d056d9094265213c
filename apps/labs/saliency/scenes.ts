/**
 * Pictures whose class goes with their background: a balloon in the sky, a house on a meadow. What is object and what is background is
 * known for each pixel, so that a map can be told right from wrong, and the background can be exchanged.
 */
import { type ImageDataset, imageDataset } from '../../../engine/data/dataset.ts';
import { Generator } from '../../../engine/random.ts';

export const SCENE = 32;
export const SCENE_CLASSES = ['balloon', 'house'] as const;
/** Backgrounds in the order of the classes that they go with. */
export const BACKGROUNDS = ['sky', 'meadow'] as const;

/** Middle colours of the backgrounds and their gradient from top to bottom. */
const COLOURS = [
  { middle: [118, 164, 224], slope: [34, 28, 8] },
  { middle: [104, 158, 76], slope: [-26, -22, -14] },
] as const;

export interface Scenes extends ImageDataset {
  /** 1 where the object is, [N, 32, 32]. */
  readonly objects: Uint8Array;
  /** Background of each picture, an index into BACKGROUNDS. */
  readonly backgrounds: Uint8Array;
}

/** A point of the object? Coordinates from its middle, in units of its half width. */
const INSIDE: readonly ((u: number, v: number) => boolean)[] = [
  // A balloon: a disc, and a basket below it.
  (u, v) => u * u + (v + 0.12) ** 2 < 0.86 || (Math.abs(u) < 0.24 && v > 0.7 && v < 1.05),
  // A house: a square below a gable.
  (u, v) => (v > -0.25 && v < 0.95 && Math.abs(u) < 0.8) || (v <= -0.25 && v > -1.05 && Math.abs(u) < (v + 1.05) * 1.2),
];

/** Marks inside the object, darker than it: stripes of a balloon, door and windows of a house. */
const MARKS: readonly ((u: number, v: number) => boolean)[] = [
  (u, v) => v < 0.72 && Math.abs(Math.abs(u) - 0.38) < 0.09,
  (u, v) => (Math.abs(u) < 0.17 && v > 0.45) || (Math.abs(Math.abs(u) - 0.45) < 0.16 && Math.abs(v - 0.12) < 0.15),
];

/** Colours that objects of either class have: no blue, no green. */
const PAINTS = [
  [206, 66, 52],
  [232, 150, 44],
  [226, 206, 96],
  [164, 74, 150],
  [208, 196, 188],
  [120, 72, 58],
] as const;

/** Draws a background over the pixels for which `where` holds. */
export function paintBackground(
  pixels: Uint8Array,
  background: number,
  where: (pixel: number) => boolean,
  noise: ArrayLike<number>,
): void {
  const { middle, slope } = COLOURS[background] as (typeof COLOURS)[number];
  for (let pixel = 0; pixel < SCENE * SCENE; pixel++) {
    if (!where(pixel)) continue;
    const height = Math.floor(pixel / SCENE) / (SCENE - 1) - 0.5;
    for (let c = 0; c < 3; c++) {
      const value = (middle[c] as number) + (slope[c] as number) * height + 22 * ((noise[pixel] as number) - 0.5);
      pixels[3 * pixel + c] = Math.min(255, Math.max(0, Math.round(value)));
    }
  }
}

/**
 * @param correlation probability that the background is that of the class; 0.5: it says nothing
 * @param stream names the random numbers: other names give other pictures
 */
export function makeScenes(count: number, correlation: number, seed: number, stream: string): Scenes {
  const random = new Generator(seed, `scenes ${stream}`);
  const images = new Uint8Array(count * SCENE * SCENE * 3);
  const objects = new Uint8Array(count * SCENE * SCENE);
  const labels = Uint8Array.from({ length: count }, (_, n) => n % 2);
  const backgrounds = new Uint8Array(count);
  for (let n = 0; n < count; n++) {
    const label = labels[n] as number;
    const [chance, paint, size, x, y] = [...random.uniform(5)] as [number, number, number, number, number];
    const noise = random.uniform(2 * SCENE * SCENE);
    const background = chance < correlation ? label : 1 - label;
    backgrounds[n] = background;
    const half = 12 + 2.5 * size;
    const [cx, cy] = [SCENE / 2 + (x - 0.5) * 4, SCENE / 2 + (y - 0.5) * 3];
    const own = images.subarray(n * SCENE * SCENE * 3, (n + 1) * SCENE * SCENE * 3);
    paintBackground(own, background, () => true, noise);
    const colour = PAINTS[Math.floor(paint * PAINTS.length)] as (typeof PAINTS)[number];
    for (let pixel = 0; pixel < SCENE * SCENE; pixel++) {
      const [u, v] = [((pixel % SCENE) + 0.5 - cx) / half, (Math.floor(pixel / SCENE) + 0.5 - cy) / half];
      if (!INSIDE[label]?.(u, v)) continue;
      objects[n * SCENE * SCENE + pixel] = 1;
      const shade = MARKS[label]?.(u, v) ? 0.55 : 1;
      for (let c = 0; c < 3; c++) {
        const value = (colour[c] as number) * shade + 30 * ((noise[SCENE * SCENE + pixel] as number) - 0.5);
        own[3 * pixel + c] = Math.min(255, Math.max(0, Math.round(value)));
      }
    }
  }
  const info = {
    name: 'scenes',
    split: stream,
    height: SCENE,
    width: SCENE,
    channels: 3,
    classNames: [...SCENE_CLASSES],
    mean: [0.5, 0.5, 0.5],
    std: [0.25, 0.25, 0.25],
  };
  return { ...imageDataset(info, images, labels), objects, backgrounds };
}

/** The same pictures with the other background; the objects stay, pixel by pixel. */
export function withOtherBackground(scenes: Scenes, seed: number): Scenes {
  const images = scenes.images.slice();
  const random = new Generator(seed, 'scenes other background');
  const area = SCENE * SCENE;
  const backgrounds = scenes.backgrounds.map((background, n) => {
    const object = scenes.objects.subarray(n * area, (n + 1) * area);
    const other = 1 - background;
    paintBackground(
      images.subarray(n * area * 3, (n + 1) * area * 3),
      other,
      (pixel) => object[pixel] === 0,
      random.uniform(area),
    );
    return other;
  });
  return { ...scenes, images, backgrounds };
}
