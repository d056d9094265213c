import { encode } from 'jpeg-js';
import type { RasterImage } from '../../../engine/data/formats/image.ts';

/** A TIFF structure whose first directory holds the orientation, of the given type and byte order. */
export function tiffOf(orientation: number, { little = false, type = 3, count = 1, tag = 0x0112 } = {}): Uint8Array {
  const view = new DataView(new ArrayBuffer(8 + 2 + 24 + 4));
  view.setUint16(0, little ? 0x4949 : 0x4d4d);
  view.setUint16(2, 42, little);
  view.setUint32(4, 8, little);
  view.setUint16(8, 2, little);
  // Another tag before it: the width, 256.
  view.setUint16(10, 0x0100, little);
  view.setUint16(12, 3, little);
  view.setUint32(14, 1, little);
  view.setUint16(18, 999, little);
  view.setUint16(22, tag, little);
  view.setUint16(24, type, little);
  view.setUint32(26, count, little);
  if (type === 3) view.setUint16(30, orientation, little);
  else view.setUint32(30, orientation, little);
  return new Uint8Array(view.buffer);
}

/** A segment of a JPEG file. */
export function segmentOf(marker: number, ...content: readonly Uint8Array[]): Uint8Array {
  const length = content.reduce((sum, part) => sum + part.length, 2);
  return new Uint8Array(Buffer.concat([Uint8Array.of(0xff, marker, length >> 8, length & 255), ...content]));
}

/** The Exif segment of a JPEG file. */
export const exifSegment = (tiff: Uint8Array): Uint8Array => segmentOf(0xe1, Buffer.from('Exif\0\0'), tiff);

/** A JPEG file of an image with segments behind its start. */
export function jpegOf({ width, height, data }: RasterImage, ...segments: readonly Uint8Array[]): Uint8Array {
  const rgba = Buffer.alloc(4 * width * height, 255);
  for (let i = 0; i < width * height; i++) rgba.set(data.subarray(3 * i, 3 * i + 3), 4 * i);
  const file = encode({ width, height, data: rgba }, 98).data;
  return new Uint8Array(Buffer.concat([file.subarray(0, 2), ...segments, file.subarray(2)]));
}

/** A picture of 24 × 16 pixels whose four quarters differ: red, green, blue, white. */
export function quarters(width = 24, height = 16): RasterImage {
  const colours = [
    [230, 20, 20],
    [20, 200, 20],
    [20, 20, 230],
    [240, 240, 240],
  ];
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      data.set(colours[(y >= height / 2 ? 2 : 0) + (x >= width / 2 ? 1 : 0)] as number[], 3 * (y * width + x));
    }
  }
  return { width, height, channels: 3, data };
}
