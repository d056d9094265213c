import { dataView } from './bytes.ts';
import type { RasterImage } from './image.ts';

/**
 * How a camera was held, as Exif 2.3 numbers it (tag 0112, §4.6.4 A): 1 upright, 3 half a turn, 6 and 8 a quarter turn, 2, 4, 5 and 7
 * the same mirrored. Browsers turn images by it, so whoever decodes without a browser must.
 */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;
const UNSIGNED_SHORT = 3;

/** Markers of a JPEG file without a length: TEM, RST0 … RST7, SOI. */
const isBare = (marker: number): boolean => marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);

/** The bytes of the TIFF structure in a JPEG file's APP1 segment, or undefined. */
function exifOfJpeg(bytes: Uint8Array): Uint8Array | undefined {
  const view = dataView(bytes);
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1] as number;
    // Fill bytes may stand before a marker.
    if (marker === 0xff) at++;
    else if (isBare(marker)) at += 2;
    // Scans begin, or the file ends: Exif stands before.
    else if (marker === 0xda || marker === 0xd9) return undefined;
    else {
      const length = view.getUint16(at + 2);
      const content = bytes.subarray(at + 4, at + 2 + length);
      if (marker === 0xe1 && content.length > 6 && String.fromCharCode(...content.subarray(0, 6)) === 'Exif\0\0') {
        return content.subarray(6);
      }
      if (length < 2) return undefined;
      at += 2 + length;
    }
  }
  return undefined;
}

/** The orientation that a TIFF structure gives in its first directory; 1 where it gives none or is damaged. */
export function tiffOrientation(tiff: Uint8Array): Orientation {
  if (tiff.length < 8) return 1;
  const order = String.fromCharCode(tiff[0] as number, tiff[1] as number);
  if (order !== 'II' && order !== 'MM') return 1;
  const little = order === 'II';
  const view = dataView(tiff);
  const directory = view.getUint32(4, little);
  if (view.getUint16(2, little) !== 42 || directory + 2 > tiff.length) return 1;
  const count = view.getUint16(directory, little);
  for (let i = 0; i < count; i++) {
    const entry = directory + 2 + 12 * i;
    if (entry + 12 > tiff.length) return 1;
    if (view.getUint16(entry, little) !== ORIENTATION_TAG) continue;
    const fits = view.getUint16(entry + 2, little) === UNSIGNED_SHORT && view.getUint32(entry + 4, little) === 1;
    const value = view.getUint16(entry + 8, little);
    return fits && value >= 1 && value <= 8 ? (value as Orientation) : 1;
  }
  return 1;
}

/** The orientation of a JPEG file; 1 where it says nothing. */
export function jpegOrientation(bytes: Uint8Array): Orientation {
  const exif = exifOfJpeg(bytes);
  return exif ? tiffOrientation(exif) : 1;
}

/** Turns an image upright. */
export function upright(image: RasterImage, orientation: Orientation): RasterImage {
  if (orientation === 1) return image;
  const { width: w, height: h, channels, data } = image;
  const turned = orientation >= 5;
  const [width, height] = turned ? [h, w] : [w, h];
  const out = new Uint8Array(data.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      // Where the pixel at (x, y) of the upright image is in the stored one.
      let [u, v] = turned ? [y, x] : [x, y];
      if (orientation === 2 || orientation === 3 || orientation === 7 || orientation === 8) u = w - 1 - u;
      if (orientation === 3 || orientation === 4 || orientation === 6 || orientation === 7) v = h - 1 - v;
      for (let c = 0; c < channels; c++) out[(y * width + x) * channels + c] = data[(v * w + u) * channels + c] as number;
    }
  }
  return { width, height, channels, data: out };
}
