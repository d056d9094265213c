import { exifSegment, jpegOf, quarters, segmentOf, tiffOf } from './exif-writer.ts';
import { pngOf } from './png-writer.ts';

/** Pictures on which decoders differ, as files: the tests compare the decoder for Node with that of the browser on them. */
export function pictureFiles(): { readonly name: string; readonly bytes: Uint8Array }[] {
  const picture = quarters();
  const size = { width: 9, height: 7 };
  const wide = (x: number, y: number, k: number) => (x * 7919 + y * 104729 + k * 15485863) & 0xffff;
  return [
    ...[1, 2, 3, 4, 5, 6, 7, 8].flatMap((orientation) =>
      [false, true].map((little) => ({
        name: `orientation ${orientation}, ${little ? 'little' : 'big'} endian.jpg`,
        bytes: jpegOf(picture, exifSegment(tiffOf(orientation, { little }))),
      })),
    ),
    { name: 'orientation 0.jpg', bytes: jpegOf(picture, exifSegment(tiffOf(0))) },
    { name: 'orientation 9.jpg', bytes: jpegOf(picture, exifSegment(tiffOf(9))) },
    { name: 'orientation as a long.jpg', bytes: jpegOf(picture, exifSegment(tiffOf(6, { type: 4, little: true }))) },
    { name: 'orientation twice.jpg', bytes: jpegOf(picture, exifSegment(tiffOf(6, { count: 2 }))) },
    {
      name: 'Exif behind XMP.jpg',
      bytes: jpegOf(picture, segmentOf(0xe1, Buffer.from('http://ns.adobe.com/xap/1.0/\0<x/>')), exifSegment(tiffOf(6))),
    },
    {
      name: 'Exif behind a comment.jpg',
      bytes: jpegOf(picture, segmentOf(0xfe, Buffer.from('a comment')), exifSegment(tiffOf(8))),
    },
    { name: 'damaged Exif.jpg', bytes: jpegOf(picture, exifSegment(tiffOf(6).subarray(0, 20))) },
    ...[1, 3, 6].map((orientation) => ({
      name: `orientation ${orientation}.png`,
      bytes: pngOf({ ...size, depth: 8, colour: 2, samples: (x, y) => [20 * x, 30 * y, 0], exif: tiffOf(orientation) }),
    })),
    {
      name: '16-bit transparent grey.png',
      bytes: pngOf({ ...size, depth: 16, colour: 0, samples: (x) => [0x8000 + x], transparency: [0x80, 0x03] }),
    },
    {
      name: '16-bit transparent colour.png',
      bytes: pngOf({
        ...size,
        depth: 16,
        colour: 2,
        samples: (x, y) => [0xc000 + x, 0x9000, 0xa000 + y],
        transparency: [0xc0, 4, 0x90, 0, 0xa0, 2],
      }),
    },
    { name: '16-bit grey.png', bytes: pngOf({ ...size, depth: 16, colour: 0, samples: (x, y) => [wide(x, y, 0)] }) },
    {
      name: '16-bit alpha.png',
      bytes: pngOf({ ...size, depth: 16, colour: 6, samples: (x, y) => [0xffff, 0x8000, 0x1234, wide(x, y, 3)] }),
    },
    {
      name: '8-bit alpha.png',
      bytes: pngOf({ ...size, depth: 8, colour: 6, samples: (x, y) => [255, 128, 20, 255 - 28 * x - y] }),
    },
    {
      name: '2-bit transparent grey.png',
      bytes: pngOf({ ...size, depth: 2, colour: 0, samples: (x) => [x & 3], transparency: [0, 2] }),
    },
    {
      name: 'palette.png',
      bytes: pngOf({
        ...size,
        depth: 4,
        colour: 3,
        samples: (x) => [x],
        palette: Array.from({ length: 48 }, (_, i) => 5 * i),
        transparency: [0, 128],
      }),
    },
  ];
}
