import { DataFormatError } from '../../errors.ts';

/** A picture of 8 bits a channel: rows from top to bottom, the channels of a pixel side by side. */
export interface RasterImage {
  readonly width: number;
  readonly height: number;
  /** 1 (grey) or 3 (red, green, blue). */
  readonly channels: number;
  readonly data: Uint8Array;
}

/**
 * Turns the bytes of a JPEG or PNG file into a colour image of three channels; transparent pixels are laid on black.
 * `browserDecoder` (image-browser.ts) and `nodeDecoder` (image-node.ts) implement it.
 *
 * @throws DataFormatError when the file is damaged or of another format
 */
export type ImageDecoder = (bytes: Uint8Array, file: string) => Promise<RasterImage>;

/** Format of an image file as its first bytes tell it, or undefined. */
export function imageFormat(bytes: Uint8Array): 'jpeg' | 'png' | undefined {
  if (bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff) return 'jpeg';
  if (bytes[0] === 0x89 && bytes[1] === 0x50 && bytes[2] === 0x4e && bytes[3] === 0x47) return 'png';
  return undefined;
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
