/**
 * Ways to write an image that is optimised (Olah et al. 2017, Feature Visualization, and its code, Lucid). They span the same images, but a step of
 * gradient ascent in one is another step in the other: in the Fourier basis all frequencies move alike, so structure comes before noise.
 */
import { constantTable } from '../../constant.ts';
import type { Device } from '../../device/device.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import { keep } from '../../memory.ts';
import { add, affine, clamp, inverseRealDft2, matmul, mul, permute, reshape, resize2d, sigmoid, slice } from '../../ops/index.ts';
import type { Generator } from '../../random.ts';
import { type Shape, sizeOf, type Tensor, tensor } from '../../tensor.ts';

export interface ImageShape {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  /** 1 or 3. */
  readonly channels: number;
}

/** An image as a function of numbers that are optimised. */
export interface ImageParameters {
  /** Leaves that require gradients. */
  readonly parameters: readonly Tensor[];
  /** The image [N, H, W, C] in [0, 1], on the tape. */
  image(): Tensor;
  dispose(): void;
}

/** L of Lucid: columns are the axes of decorrelated colour, rows red, green and blue (measured on ImageNet). */
const COLOUR = [
  [0.26, 0.09, 0.02],
  [0.27, 0.0, -0.05],
  [0.27, -0.09, 0.03],
] as const;

/** Mean colour of ImageNet, for images without a sigmoid. */
const MEAN_COLOUR = [0.48, 0.46, 0.41] as const;

/** Mᵀ with M = L / max over columns of ‖L_:,col‖₂. */
function colourTable(x: Tensor): Tensor {
  return constantTable('decorrelated colour', x.device, [3, 3], () => {
    const norm = Math.max(...[0, 1, 2].map((axis) => Math.hypot(...COLOUR.map((row) => row[axis] as number))));
    return Float32Array.from({ length: 9 }, (_, i) => (COLOUR[i % 3]?.[Math.floor(i / 3)] as number) / norm);
  });
}

/** t ← t Mᵀ: from decorrelated to red, green and blue. @param t [N, H, W, 3] */
export function correlateColour(t: Tensor): Tensor {
  if (t.shape.at(-1) !== 3) throw new ShapeError('correlateColour', [t.shape], 'the last axis must hold three colours');
  return reshape(matmul(reshape(t, [-1, 3]), colourTable(t)), t.shape);
}

/** Values in [0, 1] from any: a sigmoid, or the mean colour added and the rest cut off. */
function squash(t: Tensor, withSigmoid: boolean): Tensor {
  if (withSigmoid) return sigmoid(t);
  const channels = t.shape.at(-1) as number;
  const mean = constantTable(`mean colour ${channels}`, t.device, [channels], () => (channels === 3 ? MEAN_COLOUR : [0.5]));
  return clamp(add(t, mean), 0, 1);
}

/** Columns of the half spectrum of an image of this width: ⌊w/2⌋ + 1, and one more where it is odd, as in Lucid. */
export function spectrumColumns(width: number): number {
  return Math.floor(width / 2) + 1 + (width % 2);
}

/** √(hw)/max(f, 1/max(h, w)) for each frequency, f = √(f_x² + f_y²) in cycles per pixel: [h, columns]. */
function frequencyScale(x: Tensor, height: number, width: number, columns: number): Tensor {
  const cycles = (k: number, length: number) => Math.min(k, length - k) / length;
  return constantTable(`frequency scale ${height} ${width} ${columns}`, x.device, [height, columns], () =>
    Float32Array.from({ length: height * columns }, (_, i) => {
      const f = Math.hypot(cycles(Math.floor(i / columns), height), cycles(i % columns, width));
      return Math.sqrt(height * width) / Math.max(f, 1 / Math.max(height, width));
    }),
  );
}

export interface FourierImageOptions {
  readonly height: number;
  readonly width: number;
  /** Default true: decorrelated colours (of three channels). */
  readonly colour?: boolean;
  /** Default true; false adds the mean colour and clips. */
  readonly sigmoid?: boolean;
}

/**
 * The image of a half spectrum: scale by √(hw)/max(f, 1/max(h, w)), inverse real DFT, ÷ 4, decorrelated colour, sigmoid. Differentiable.
 * @param spectrum [N, h, ⌊w/2⌋ + 1, C, 2] with real and imaginary parts last, or one more column where w is odd (then the image is made one
 *   pixel wider and cut); C is 3, or 1 for grey images, which have no colour step
 * @returns [N, h, w, C]
 * @throws ShapeError for another spectrum
 */
export function fourierImage(spectrum: Tensor, options: FourierImageOptions): Tensor {
  const { height, width } = options;
  const [n, h, columns, channels, parts] = spectrum.shape as [number, number, number, number, number];
  const least = Math.floor(width / 2) + 1;
  const fits = columns === least || (width % 2 === 1 && columns === least + 1);
  if (spectrum.rank !== 5 || h !== height || !fits || parts !== 2) {
    throw new ShapeError(
      'fourierImage',
      [spectrum.shape],
      `the spectrum must be [N, ${height}, ${least}, C, 2] for ${height}×${width} pixels`,
    );
  }
  // [N, C, h, columns, 2], so that the transform's axes are last.
  const byChannel = permute(spectrum, [0, 3, 1, 2, 4]);
  const scale = frequencyScale(spectrum, height, width, columns);
  const part = (at: number) =>
    mul(reshape(slice(byChannel, [0, 0, 0, 0, at], [n, channels, h, columns, at + 1]), [n, channels, h, columns]), scale);
  const wide = columns === least ? width : width + 1;
  const waves = inverseRealDft2(part(0), part(1), wide);
  const cut = wide === width ? waves : slice(waves, [0, 0, 0, 0], [n, channels, h, width]);
  const t = affine(permute(cut, [0, 2, 3, 1]), 1 / 4, 0);
  return squash((options.colour ?? true) && channels === 3 ? correlateColour(t) : t, options.sigmoid ?? true);
}

export type ImageParametersKind = 'pixels' | 'fourier' | 'laplacian';

export interface ImageParametersOptions extends ImageShape {
  /** Default 'fourier'. */
  readonly kind?: ImageParametersKind;
  /** Decorrelated colours (of three channels). Default: as in Lucid, for 'fourier' and 'laplacian'. */
  readonly colour?: boolean;
  /** Default true. */
  readonly sigmoid?: boolean;
  /** Standard deviation of the start values. Default 0.01. */
  readonly std?: number;
  readonly rng: Generator;
  readonly device?: Device;
}

const LEVELS = 4;

function checkImage({ batch, height, width, channels }: ImageShape): void {
  for (const [name, value] of Object.entries({ batch, height, width })) {
    if (!Number.isInteger(value) || value < 1) throw new ConfigError(name, `must be a whole number of at least 1, got ${value}.`);
  }
  if (channels !== 1 && channels !== 3) throw new ConfigError('channels', `must be 1 or 3, got ${channels}.`);
}

/**
 * Random parameters of images:
 * - 'pixels': N(0, std²) for each pixel;
 * - 'fourier': N(0, std²) for both parts of each frequency (see `fourierImage`);
 * - 'laplacian': the sum of four images of 1, ½, ¼ and ⅛ of the size, each enlarged bilinearly.
 */
export function imageParameters(options: ImageParametersOptions): ImageParameters {
  checkImage(options);
  const { kind = 'fourier', batch, height, width, channels, std = 0.01, rng } = options;
  const colour = (options.colour ?? kind !== 'pixels') && channels === 3;
  const withSigmoid = options.sigmoid ?? true;
  const leaf = (shape: Shape) =>
    keep(
      tensor(rng.normal(sizeOf(shape), 0, std), shape, {
        requiresGrad: true,
        ...(options.device ? { device: options.device } : {}),
      }),
    );
  const finished = (t: Tensor) => squash(colour ? correlateColour(t) : t, withSigmoid);
  const made = (parameters: Tensor[], image: () => Tensor): ImageParameters => ({
    parameters,
    image,
    dispose: () => {
      for (const parameter of parameters) parameter.dispose();
    },
  });
  switch (kind) {
    case 'pixels': {
      const pixels = leaf([batch, height, width, channels]);
      return made([pixels], () => finished(pixels));
    }
    case 'fourier': {
      const spectrum = leaf([batch, height, spectrumColumns(width), channels, 2]);
      return made([spectrum], () => fourierImage(spectrum, { height, width, colour, sigmoid: withSigmoid }));
    }
    case 'laplacian': {
      const side = (length: number, level: number) => Math.max(1, Math.ceil(length / 2 ** level));
      const levels = Array.from({ length: LEVELS }, (_, k) => leaf([batch, side(height, k), side(width, k), channels]));
      return made(levels, () => {
        const enlarged = levels.map((level) => resize2d(level, { size: [height, width], mode: 'bilinear' }));
        return finished(enlarged.reduce((a, b) => add(a, b)));
      });
    }
    default:
      throw new ConfigError('kind', `'${String(kind)}' is no parametrisation; use pixels, fourier or laplacian.`);
  }
}
