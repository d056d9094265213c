/** Brush and background painter: pixels and a mask on plain arrays. */

/** What a brush or the space around the object is filled with. */
export const FILLS = ['sky', 'meadow', 'grey', 'black', 'white', 'blurred'] as const;
export type Fill = (typeof FILLS)[number];

export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
}

/** Colours at the top and at the bottom, as bytes. */
const RAMPS: Readonly<Record<Exclude<Fill, 'blurred'>, readonly [top: readonly number[], bottom: readonly number[]]>> = {
  sky: [
    [96, 148, 220],
    [140, 180, 228],
  ],
  meadow: [
    [118, 170, 84],
    [90, 146, 68],
  ],
  grey: [
    [124, 116, 104],
    [124, 116, 104],
  ],
  black: [
    [0, 0, 0],
    [0, 0, 0],
  ],
  white: [
    [255, 255, 255],
    [255, 255, 255],
  ],
};

const luma = ([r = 0, g = 0, b = 0]: readonly number[]): number => 0.299 * r + 0.587 * g + 0.114 * b;

/** Pixels of a disc around (x, y), within the picture. */
export function disc({ width, height }: Canvas, x: number, y: number, radius: number): number[] {
  const pixels: number[] = [];
  for (let row = Math.max(0, Math.floor(y - radius)); row <= Math.min(height - 1, y + radius); row++) {
    for (let column = Math.max(0, Math.floor(x - radius)); column <= Math.min(width - 1, x + radius); column++) {
      if ((column + 0.5 - x) ** 2 + (row + 0.5 - y) ** 2 <= radius * radius) pixels.push(row * width + column);
    }
  }
  return pixels;
}

/** A picture as far from sharp as a mean over a ninth of its width makes it, twice. */
function blurred(source: Uint8Array, { width, height, channels }: Canvas): Uint8Array {
  const radius = Math.max(1, Math.floor(width / 9));
  let from = Float32Array.from(source);
  for (const [step, length, lines, stride] of [
    [channels, width, height, width * channels],
    [width * channels, height, width, channels],
    [channels, width, height, width * channels],
    [width * channels, height, width, channels],
  ] as const) {
    const to = new Float32Array(from.length);
    for (let line = 0; line < lines; line++) {
      for (let c = 0; c < channels; c++) {
        const at = (i: number) => line * stride + Math.min(length - 1, Math.max(0, i)) * step + c;
        let sum = 0;
        for (let i = -radius; i <= radius; i++) sum += from[at(i)] as number;
        for (let i = 0; i < length; i++) {
          to[at(i)] = sum / (2 * radius + 1);
          sum += (from[at(i + radius + 1)] as number) - (from[at(i - radius)] as number);
        }
      }
    }
    from = to;
  }
  return Uint8Array.from(from, Math.round);
}

/** A copy of the picture in which some pixels are filled. @param original what `blurred` blurs */
export function filled(
  pixels: Uint8Array,
  where: Iterable<number>,
  fill: Fill,
  canvas: Canvas,
  original: Uint8Array = pixels,
): Uint8Array<ArrayBuffer> {
  const out = Uint8Array.from(pixels);
  const { width, height, channels } = canvas;
  const source = fill === 'blurred' ? blurred(original, canvas) : null;
  for (const pixel of where) {
    const t = Math.floor(pixel / width) / Math.max(1, height - 1);
    if (source || fill === 'blurred') {
      out.set((source ?? original).subarray(pixel * channels, (pixel + 1) * channels), pixel * channels);
      continue;
    }
    const [top, bottom] = RAMPS[fill];
    const colour = top.map((value, c) => Math.round(value + ((bottom[c] as number) - value) * t));
    out.set(channels === 3 ? colour : [Math.round(luma(colour))], pixel * channels);
  }
  return out;
}

/** A copy of the mask with some pixels set. */
export function marked(mask: Uint8Array, where: Iterable<number>, value: 0 | 1): Uint8Array<ArrayBuffer> {
  const out = Uint8Array.from(mask);
  for (const pixel of where) out[pixel] = value;
  return out;
}

/** Pixels outside the mask. */
export const outsideOf = (mask: Uint8Array): number[] =>
  Array.from(mask, (_, pixel) => pixel).filter((pixel) => mask[pixel] === 0);
