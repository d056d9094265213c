import { imageSize } from './dataset.ts';
import { paeth } from './formats/paeth.ts';

/**
 * Lossless prediction of the pixels of colour photographs, which makes gzip worth its while: each byte becomes its difference from what
 * its neighbours foretell (Paeth 1991, as in PNG), and red and blue become differences from green's difference. All modulo 256.
 * CIFAR-10 shrinks to 61 % of its size instead of 95 %.
 */

interface Size {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** What the neighbours to the left, above and diagonal foretell for the byte at `at`; outside of the image they are 0. */
function prediction(images: Uint8Array, at: number, x: number, y: number, { width, channels }: Size): number {
  const row = width * channels;
  const left = x > 0 ? (images[at - channels] as number) : 0;
  const up = y > 0 ? (images[at - row] as number) : 0;
  const corner = x > 0 && y > 0 ? (images[at - row - channels] as number) : 0;
  return paeth(left, up, corner);
}

/** Images (N·H·W·C bytes) → residuals of the same size. */
export function encodeResiduals(images: Uint8Array, size: Size): Uint8Array<ArrayBuffer> {
  const { height, width, channels } = size;
  const out = new Uint8Array(images.length);
  const reference = channels === 3 ? 1 : -1;
  for (let start = 0; start < images.length; start += imageSize(size)) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = start + (y * width + x) * channels;
        for (let c = 0; c < channels; c++) out[at + c] = (images[at + c] as number) - prediction(images, at + c, x, y, size);
        if (reference < 0) continue;
        const green = out[at + reference] as number;
        out[at] = (out[at] as number) - green;
        out[at + 2] = (out[at + 2] as number) - green;
      }
    }
  }
  return out;
}

/** Residuals → images, in place. */
export function decodeResiduals(residuals: Uint8Array, size: Size): void {
  const { height, width, channels } = size;
  const coloured = channels === 3;
  for (let start = 0; start < residuals.length; start += imageSize(size)) {
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const at = start + (y * width + x) * channels;
        const green = coloured ? (residuals[at + 1] as number) : 0;
        for (let c = 0; c < channels; c++) {
          const difference = (residuals[at + c] as number) + (coloured && c !== 1 ? green : 0);
          residuals[at + c] = difference + prediction(residuals, at + c, x, y, size);
        }
      }
    }
  }
}
