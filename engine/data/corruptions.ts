import { ConfigError } from '../errors.ts';
import { checkDataset, type ImageDataset, imageSize, type Uniform } from './dataset.ts';

/**
 * Edits that plant a shortcut in a data set: a dot or a texture that goes with one class (DL@MBL exercise on failure modes), a coloured
 * square that goes with half of the classes (MaskTune, Taghanaki et al. 2022). All work on the bytes, before any normalisation, and
 * return a new set; labels and order stay.
 */

/** Which images an edit touches. */
export interface Selection {
  /** Only images of this class; null for every class. */
  readonly label: number | null;
  /** Probability with which each such image is touched, drawn independently; 1 touches all and draws nothing. */
  readonly fraction: number;
  /** Source of random numbers; needed where `fraction` is neither 0 nor 1. */
  readonly uniform?: Uniform;
}

/** Options of `localCorruption`. Rows and columns count from 0 at the top left. */
export interface LocalCorruption extends Selection {
  readonly row: number;
  readonly col: number;
  /** Side of the square of pixels that is painted, extending down and to the right. */
  readonly size: number;
  /** Byte that every channel of these pixels becomes. */
  readonly value: number;
}

/** Options of `globalCorruption`. */
export interface GlobalCorruption extends Selection, TextureOptions {}

/** Size of the texture's starting grid. */
export interface TextureOptions {
  /** Height of the spikes of the starting grid, in grey levels (0…80 is the exercise's range). */
  readonly amplitude: number;
  /** Distance of the spikes along both axes, in pixels. */
  readonly stride: number;
}

/** The dot of the exercise: pixel (25, 25) of every 7 becomes white. */
export const DOT: LocalCorruption = { label: 7, row: 25, col: 25, size: 1, value: 255, fraction: 1 };

/** The texture of the exercise: added to every 4. */
export const GRID: GlobalCorruption = { label: 4, amplitude: 80, stride: 2, fraction: 1 };

/** The kernel K of the texture. */
const TEXTURE_KERNEL = [
  [0.5, 1, 0.5],
  [1, 0.1, 0.5],
  [1, 0.5, 0],
] as const;

/** Index of a pixel beyond the border, mirrored with the border pixel repeated (d c b a | a b c d): SciPy's mode 'reflect'. */
function reflect(index: number, size: number): number {
  const period = 2 * size;
  const folded = ((index % period) + period) % period;
  return folded < size ? folded : period - 1 - folded;
}

/**
 * The texture T = T₀ * K, a true convolution (the kernel is flipped) with reflecting border:
 * T[i, j] = Σ_{u,v} K[u, v] T₀[i + 1 − u, j + 1 − v], T₀ = amplitude where i and j are multiples of the stride, else 0.
 *
 * @returns height × width grey levels, row by row, not rounded
 * @throws ConfigError when the stride is no positive whole number
 */
export function texture(height: number, width: number, { amplitude, stride }: TextureOptions = GRID): Float64Array {
  if (!Number.isInteger(stride) || stride < 1) throw new ConfigError('stride', `must be a positive whole number, got ${stride}`);
  const out = new Float64Array(height * width);
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      let sum = 0;
      for (let u = 0; u < 3; u++) {
        for (let v = 0; v < 3; v++) {
          const row = reflect(i + 1 - u, height);
          const col = reflect(j + 1 - v, width);
          if (row % stride === 0 && col % stride === 0) sum += amplitude * (TEXTURE_KERNEL[u]?.[v] as number);
        }
      }
      out[i * width + j] = sum;
    }
  }
  return out;
}

function copyOf(dataset: ImageDataset): ImageDataset {
  return { ...dataset, images: new Uint8Array(dataset.images), labels: new Uint8Array(dataset.labels) };
}

/** Decides for each image whether it is touched. Draws once for each candidate, so that the choice depends on seed and labels alone. */
function chooser(selection: Selection): (label: number) => boolean {
  const { label, fraction, uniform } = selection;
  if (!(fraction >= 0 && fraction <= 1)) throw new ConfigError('fraction', `must be from 0 to 1, got ${fraction}`);
  const drawn = fraction > 0 && fraction < 1;
  if (drawn && !uniform) throw new ConfigError('uniform', 'is needed where the fraction is neither 0 nor 1');
  return (candidate) => {
    if (label !== null && candidate !== label) return false;
    return drawn ? (uniform as Uniform)() < fraction : fraction === 1;
  };
}

/** Paints a rectangle of one image; it must lie inside. */
function paint(
  dataset: ImageDataset,
  index: number,
  row: number,
  col: number,
  height: number,
  width: number,
  colour: readonly number[],
): void {
  const { channels } = dataset;
  const start = index * imageSize(dataset);
  for (let y = row; y < row + height; y++) {
    for (let x = col; x < col + width; x++) {
      for (let c = 0; c < channels; c++) dataset.images[start + (y * dataset.width + x) * channels + c] = colour[c] as number;
    }
  }
}

function requireInside(dataset: ImageDataset, row: number, col: number, size: number): void {
  const whole = Number.isInteger(row) && Number.isInteger(col) && Number.isInteger(size);
  if (!whole || row < 0 || col < 0 || size < 0 || row + size > dataset.height || col + size > dataset.width) {
    throw new ConfigError(
      'position',
      `${size}×${size} pixels at row ${row}, column ${col} do not lie inside an image of ${dataset.height}×${dataset.width}`,
    );
  }
}

/** Local corruption: paints a small square of pixels on the selected images. */
export function localCorruption(dataset: ImageDataset, options: Partial<LocalCorruption> = {}): ImageDataset {
  checkDataset('localCorruption', dataset);
  const { row, col, size, value, ...selection } = { ...DOT, ...options };
  requireInside(dataset, row, col, size);
  const chosen = chooser(selection);
  const out = copyOf(dataset);
  const colour = new Array<number>(dataset.channels).fill(value);
  for (let n = 0; n < out.count; n++) {
    if (chosen(out.labels[n] as number)) paint(out, n, row, col, size, size, colour);
  }
  return out;
}

/** Global corruption: adds the texture to every channel of the selected images, clamps to 0…255 and cuts off the fraction. */
export function globalCorruption(dataset: ImageDataset, options: Partial<GlobalCorruption> = {}): ImageDataset {
  checkDataset('globalCorruption', dataset);
  const settings = { ...GRID, ...options };
  const chosen = chooser(settings);
  const grid = texture(dataset.height, dataset.width, settings);
  const out = copyOf(dataset);
  const size = imageSize(dataset);
  for (let n = 0; n < out.count; n++) {
    if (!chosen(out.labels[n] as number)) continue;
    for (let p = 0; p < size; p++) {
      const sum = (out.images[n * size + p] as number) + (grid[Math.floor(p / dataset.channels)] as number);
      out.images[n * size + p] = Math.trunc(Math.min(255, Math.max(0, sum)));
    }
  }
  return out;
}

/** The tainted set of the exercise: the dot on one class, then the texture on another. */
export function taint(
  dataset: ImageDataset,
  options: { readonly dot?: Partial<LocalCorruption>; readonly grid?: Partial<GlobalCorruption> } = {},
): ImageDataset {
  checkDataset('taint', dataset);
  return globalCorruption(localCorruption(dataset, options.dot), options.grid);
}

/** Bonus set: the dot on every image, so that it says nothing about the class. */
export function allDots(dataset: ImageDataset, options: Partial<LocalCorruption> = {}): ImageDataset {
  checkDataset('allDots', dataset);
  return localCorruption(dataset, { ...options, label: null });
}

/** Bonus set: the texture on every image. */
export function allGrid(dataset: ImageDataset, options: Partial<GlobalCorruption> = {}): ImageDataset {
  checkDataset('allGrid', dataset);
  return globalCorruption(dataset, { ...options, label: null });
}

/** Repeats the grey channel as red, green and blue. Colour images are returned as they are. */
export function toColour(dataset: ImageDataset): ImageDataset {
  checkDataset('toColour', dataset);
  if (dataset.channels === 3) return dataset;
  if (dataset.channels !== 1) throw new ConfigError('channels', `must be 1 or 3, got ${dataset.channels}`);
  const images = new Uint8Array(dataset.images.length * 3);
  for (let i = 0; i < dataset.images.length; i++) images.fill(dataset.images[i] as number, 3 * i, 3 * i + 3);
  const thrice = (values: readonly number[]): number[] => [0, 1, 2].map(() => values[0] as number);
  return {
    ...dataset,
    channels: 3,
    images,
    labels: new Uint8Array(dataset.labels),
    mean: thrice(dataset.mean),
    std: thrice(dataset.std),
  };
}

/** Two classes out of ten: labels 0…4 become 0, labels 5…9 become 1. */
export function lowerOrUpper(dataset: ImageDataset): ImageDataset {
  checkDataset('lowerOrUpper', dataset);
  const { classNames } = dataset;
  const half = Math.floor(classNames.length / 2);
  return {
    ...dataset,
    labels: dataset.labels.map((label) => (label < half ? 0 : 1)),
    classNames: [classNames.slice(0, half).join(', '), classNames.slice(half).join(', ')],
  };
}

/** Options of `spuriousSquare`. */
export interface SpuriousSquare {
  readonly row: number;
  readonly col: number;
  readonly size: number;
  /** One byte a channel. */
  readonly colour: readonly number[];
  /** For each class the probability that an image of it carries the square, drawn independently. */
  readonly probability: readonly number[];
  /** Source of random numbers; needed where a probability is neither 0 nor 1. */
  readonly uniform?: Uniform;
}

/** The square of the re-implementation: 6×6, blue, rows and columns 0…5, on 99 % of class 0 and 1 % of class 1. */
export const BLUE_SQUARE: SpuriousSquare = { row: 0, col: 0, size: 6, colour: [0, 0, 255], probability: [0.99, 0.01] };

/** Probabilities of the biased test set, the correlation reversed: every image of class 1 and none of class 0. */
export const REVERSED = [0, 1] as const;

/**
 * Plants the square.
 *
 * @returns the new set, and for each image 1 where it carries the square (what a mask should find)
 * @throws ConfigError when the square does not lie inside, or colour or probabilities do not fit the set
 */
export function spuriousSquare(
  dataset: ImageDataset,
  options: Partial<SpuriousSquare> = {},
): { readonly dataset: ImageDataset; readonly carries: Uint8Array } {
  const { row, col, size, colour, probability, uniform } = { ...BLUE_SQUARE, ...options };
  requireInside(dataset, row, col, size);
  if (colour.length !== dataset.channels) {
    throw new ConfigError('colour', `needs ${dataset.channels} numbers, got ${colour.length}; see toColour() for grey images`);
  }
  if (probability.length !== dataset.classNames.length) {
    throw new ConfigError(
      'probability',
      `needs a number for each of ${dataset.classNames.length} classes, got ${probability.length}`,
    );
  }
  const choosers = probability.map((fraction, label) => chooser({ label, fraction, ...(uniform ? { uniform } : {}) }));
  const out = copyOf(dataset);
  const carries = new Uint8Array(out.count);
  for (let n = 0; n < out.count; n++) {
    const label = out.labels[n] as number;
    if (!choosers[label]?.(label)) continue;
    carries[n] = 1;
    paint(out, n, row, col, size, size, colour);
  }
  return { dataset: out, carries };
}
