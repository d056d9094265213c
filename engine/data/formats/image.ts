import { DataFormatError } from '../../errors.ts';
import { dataView } from './bytes.ts';

/** A picture of 8 bits a channel: rows from top to bottom, the channels of a pixel side by side. */
export interface RasterImage {
  readonly width: number;
  readonly height: number;
  /** 1 (grey) or 3 (red, green, blue). */
  readonly channels: number;
  readonly data: Uint8Array;
}

/** Pixels of the largest image that is decoded: 100 million, four bytes each while it is. */
export const MOST_PIXELS = 1e8;

/**
 * Turns the bytes of a JPEG or PNG file into a colour image of three channels, upright as its Exif orientation says; transparent pixels
 * are laid on black. The decoders agree but for the rounding of JPEG.
 * `browserDecoder` (image-browser.ts) and `nodeDecoder` (image-node.ts) implement it.
 *
 * @throws DataFormatError when the file is damaged, of another format, or larger than 100 million pixels
 */
export type ImageDecoder = (bytes: Uint8Array, file: string) => Promise<RasterImage>;

/** Format of an image file as its first bytes tell it, or undefined. */
export function imageFormat(bytes: Uint8Array): 'jpeg' | 'png' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  if (bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47) return 'png';
  return undefined;
}

/** Width and height that the header of a JPEG or PNG file gives, and where it does; undefined where none is found. */
export function announcedSize(bytes: Uint8Array): { width: number; height: number; offset: number } | undefined {
  const view = dataView(bytes);
  if (imageFormat(bytes) === 'png') {
    return bytes.length < 24 ? undefined : { width: view.getUint32(16), height: view.getUint32(20), offset: 16 };
  }
  for (let at = 2; at + 9 <= bytes.length && bytes[at] === 0xff; ) {
    const marker = bytes[at + 1] as number;
    // SOF0 … SOF15, without the three markers among them that mean something else (ITU-T T.81, table B.1).
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return { width: view.getUint16(at + 7), height: view.getUint16(at + 5), offset: at + 5 };
    }
    if (marker === 0xff) at++;
    else if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8)) at += 2;
    else at += 2 + view.getUint16(at + 2);
  }
  return undefined;
}

/**
 * Throws where a file announces more pixels than are decoded, before anything is allocated for them.
 *
 * @throws DataFormatError
 */
export function checkSize(bytes: Uint8Array, file: string): void {
  const size = announcedSize(bytes);
  if (!size) return;
  const { width, height, offset } = size;
  if (width * height > MOST_PIXELS) {
    throw new DataFormatError(file, offset, `at most ${MOST_PIXELS} pixels, found ${width} × ${height}`);
  }
  // A block of 8 × 8 pixels takes one bit at least, in whatever scan (PNG's own bound is its decompressor's).
  if (imageFormat(bytes) === 'jpeg' && width * height > 512 * bytes.length) {
    throw new DataFormatError(file, offset, `a size that ${bytes.length} bytes can hold, found ${width} × ${height}`);
  }
}

/** True when a name ends like that of an image that a decoder reads. */
export function isImageName(name: string): boolean {
  return /\.(jpe?g|png)$/i.test(name);
}

/** Packs pixels of four channels (red, green, blue, alpha) to three; alpha weighs the colour, as over black. */
export function rgbaToRgb(rgba: Uint8Array | Uint8ClampedArray, width: number, height: number, file: string): RasterImage {
  const pixels = width * height;
  if (rgba.length !== pixels * 4) throw new DataFormatError(file, 0, `${pixels * 4} bytes of RGBA pixels, found ${rgba.length}`);
  const data = new Uint8Array(pixels * 3);
  for (let i = 0; i < pixels; i++) {
    const alpha = rgba[4 * i + 3] as number;
    for (let c = 0; c < 3; c++) data[3 * i + c] = Math.round(((rgba[4 * i + c] as number) * alpha) / 255);
  }
  return { width, height, channels: 3, data };
}

/** Rec. 601 luma, the grey of JPEG: 0.299 R + 0.587 G + 0.114 B, rounded. Grey images are returned as they are. */
export function toGrey(image: RasterImage): RasterImage {
  if (image.channels === 1) return image;
  const data = new Uint8Array(image.width * image.height);
  for (let i = 0; i < data.length; i++) {
    const [r = 0, g = 0, b = 0] = image.data.subarray(3 * i, 3 * i + 3);
    data[i] = Math.round(0.299 * r + 0.587 * g + 0.114 * b);
  }
  return { ...image, channels: 1, data };
}
