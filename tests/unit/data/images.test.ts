import { crc32 } from 'node:zlib';
import { encode } from 'jpeg-js';
import { describe, expect, it } from 'vitest';
import { imageFormat, isImageName, type RasterImage, rgbaToRgb, toGrey } from '../../../engine/data/formats/image.ts';
import { nodeDecoder } from '../../../engine/data/formats/image-node.ts';
import { decodePng } from '../../../engine/data/formats/png.ts';
import { resizeImage, resizeSamples } from '../../../engine/data/formats/resize.ts';
import { formatError } from './errors.ts';
import { exifSegment, jpegOf, quarters, segmentOf, tiffOf } from './exif-writer.ts';
import { pngOf } from './png-writer.ts';

const SIZE = { width: 13, height: 11 };

/** Pixel values as the decoder should give them. */
function pixels(of: (x: number, y: number) => readonly number[]): number[] {
  const out: number[] = [];
  for (let y = 0; y < SIZE.height; y++) for (let x = 0; x < SIZE.width; x++) out.push(...of(x, y));
  return out;
}

const mix = (x: number, y: number, k: number): number => (x * 37 + y * 91 + k * 53 + ((x * y) % 7)) & 255;

describe('PNG', () => {
  it.each([false, true])('undoes every row filter in colour (interlaced: %s)', async (interlaced) => {
    const samples = (x: number, y: number) => [mix(x, y, 0), mix(x, y, 1), mix(x, y, 2)];
    const image = await decodePng(
      pngOf({ ...SIZE, depth: 8, colour: 2, samples, filters: [0, 1, 2, 3, 4], interlaced }),
      'a.png',
    );
    expect(image).toMatchObject({ ...SIZE, channels: 3 });
    expect([...image.data]).toEqual(pixels(samples));
  });

  it.each([1, 2, 4, 8, 16])('reads grey of %i bits', async (depth) => {
    const top = 2 ** depth - 1;
    const value = (x: number, y: number) => (depth === 16 ? mix(x, y, 0) * 257 : mix(x, y, 0) & top);
    const image = await decodePng(
      pngOf({ ...SIZE, depth, colour: 0, samples: (x, y) => [value(x, y)], filters: [4, 2, 1] }),
      'a.png',
    );
    expect([...image.data]).toEqual(pixels((x, y) => new Array(3).fill(Math.round((value(x, y) * 255) / top))));
  });

  it.each([1, 2, 4, 8])('reads palettes of %i bits, with transparency over black', async (depth) => {
    const palette = Array.from({ length: 3 * 2 ** depth }, (_, i) => (i * 29) & 255);
    const index = (x: number, y: number) => mix(x, y, 0) & (2 ** depth - 1);
    const bytes = pngOf({
      ...SIZE,
      depth,
      colour: 3,
      samples: (x, y) => [index(x, y)],
      palette,
      transparency: [0],
      interlaced: true,
    });
    const image = await decodePng(bytes, 'a.png');
    const colour = (i: number) => (i === 0 ? [0, 0, 0] : palette.slice(3 * i, 3 * i + 3));
    expect([...image.data]).toEqual(pixels((x, y) => colour(index(x, y))));
  });

  it('lays alpha and a transparent colour on black', async () => {
    const rgba = (x: number, y: number) => [200, 100, 50, mix(x, y, 3)];
    const image = await decodePng(pngOf({ ...SIZE, depth: 8, colour: 6, samples: rgba }), 'a.png');
    expect([...image.data]).toEqual(pixels((x, y) => [200, 100, 50].map((v) => Math.round((v * mix(x, y, 3)) / 255))));
    const grey = await decodePng(pngOf({ ...SIZE, depth: 8, colour: 4, samples: (x) => [90, x % 2 ? 255 : 0] }), 'a.png');
    expect([...grey.data]).toEqual(pixels((x) => new Array(3).fill(x % 2 ? 90 : 0)));
    const keyed = pngOf({ ...SIZE, depth: 8, colour: 2, samples: (x) => [x, 9, 9], transparency: [0, 4, 0, 9, 0, 9] });
    expect([...(await decodePng(keyed, 'a.png')).data]).toEqual(pixels((x) => (x === 4 ? [0, 0, 0] : [x, 9, 9])));
  });

  it('says where a file is damaged', async () => {
    const bytes = pngOf({ ...SIZE, depth: 8, colour: 2, samples: (x, y) => [x, y, 0] });
    expect(await formatError(() => decodePng(bytes.subarray(0, 60), 'a.png'))).toMatchObject({ file: 'a.png', offset: 60 });
    expect(await formatError(() => decodePng(bytes.subarray(4), 'a.png'))).toMatchObject({ offset: 0 });
    const flipped = bytes.slice();
    flipped[18] = 99;
    expect((await formatError(() => decodePng(flipped, 'a.png'))).message).toContain('IHDR chunk with a correct checksum');
    const filter = pngOf({ ...SIZE, depth: 8, colour: 2, samples: () => [0, 0, 0], filters: [0, 7] });
    expect((await formatError(() => decodePng(filter, 'a.png'))).message).toContain('a row filter of 0 to 4');
    await formatError(() => decodePng(pngOf({ ...SIZE, depth: 3, colour: 2, samples: () => [0, 0, 0] }), 'a.png'));
    await formatError(() => decodePng(pngOf({ ...SIZE, depth: 8, colour: 3, samples: () => [9], palette: [0, 0, 0] }), 'a.png'));
  });
});

describe('PNG of 16 bits', () => {
  it('compares the transparent colour with all bits before samples are cut', async () => {
    const grey = pngOf({ ...SIZE, depth: 16, colour: 0, samples: (x) => [0x8000 + x], transparency: [0x80, 0x03] });
    expect([...(await decodePng(grey, 'a.png')).data]).toEqual(pixels((x) => new Array(3).fill(x === 3 ? 0 : 0x80)));
    const of = (x: number, y: number) => [0xc000 + x, 0x9000, 0xa000 + y];
    const colour = pngOf({ ...SIZE, depth: 16, colour: 2, samples: of, transparency: [0xc0, 4, 0x90, 0, 0xa0, 2] });
    const expected = pixels((x, y) => (x === 4 && y === 2 ? [0, 0, 0] : [0xc0, 0x90, 0xa0]));
    expect([...(await decodePng(colour, 'a.png')).data]).toEqual(expected);
    const low = pngOf({ ...SIZE, depth: 2, colour: 0, samples: (x) => [x & 3], transparency: [0, 2] });
    expect([...(await decodePng(low, 'a.png')).data]).toEqual(pixels((x) => new Array(3).fill((x & 3) === 2 ? 0 : 85 * (x & 3))));
  });
});

describe('PNG that no reader should guess at', () => {
  const base = { ...SIZE, depth: 8, colour: 2, samples: () => [1, 2, 3] };
  it.each([
    ['a critical chunk it does not know', { extra: [['CgBI', new Uint8Array(4)]] }, 'the critical chunk CgBI'],
    ['a second header', { extra: [['IHDR', new Uint8Array(13)]] }, 'one IHDR chunk'],
    ['other methods', { methods: [0, 1, 0] }, 'methods 0, 0 and 0 or 1'],
    ['another interlacing', { methods: [0, 0, 2] }, 'methods 0, 0 and 0 or 1'],
    ['a palette of half a colour', { palette: [1, 2, 3, 4] }, 'a palette of 1 to 256 colours'],
    ['half a transparent colour', { transparency: [0, 1, 0] }, 'a tRNS chunk of 6 bytes'],
    ['too few rows', { raw: new Uint8Array(50) }, '440 uncompressed bytes'],
    ['a decompression bomb', { raw: new Uint8Array(10e6) }, 'a decompression bomb?'],
  ] as const)('refuses %s', async (_, change, message) => {
    expect((await formatError(() => decodePng(pngOf({ ...base, ...change }), 'a.png'))).message).toContain(message);
  });

  it('refuses absurd sizes before anything is allocated', async () => {
    for (const [width, height, message] of [
      [60_000, 60_000, 'at most 100000000 pixels'],
      [9_000, 9_000, 'cannot hold'],
      [0, 5, 'above zero'],
    ] as const) {
      const png = pngOf({ ...base, width: 1, height: 1 });
      const header = Buffer.from(png.slice(12, 29));
      header.writeUInt32BE(width, 4);
      header.writeUInt32BE(height, 8);
      png.set(header, 12);
      Buffer.from(png.buffer).writeUInt32BE(crc32(header), 29);
      const before = process.memoryUsage().arrayBuffers;
      expect((await formatError(() => nodeDecoder(png, 'a.png'))).message).toContain(message);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20e6);
    }
    const jpeg = jpegOf(quarters());
    const sof = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
    for (const side of [0xffff, 3000]) {
      Buffer.from(jpeg.buffer).writeUInt16BE(side, sof + 5);
      Buffer.from(jpeg.buffer).writeUInt16BE(side, sof + 7);
      expect(await formatError(() => nodeDecoder(jpeg, 'a.jpg'))).toMatchObject({ offset: sof + 5 });
    }
  });
});

describe('Exif orientation', () => {
  const picture = quarters();
  const [red, green, blue, white] = [0, 1, 2, 3];
  /** Which quarter of the stored picture is in each corner: upper left, upper right, lower left, lower right. */
  const CORNERS: Readonly<Record<number, readonly number[]>> = {
    1: [red, green, blue, white],
    2: [green, red, white, blue],
    3: [white, blue, green, red],
    4: [blue, white, red, green],
    5: [red, blue, green, white],
    6: [blue, red, white, green],
    7: [white, green, blue, red],
    8: [green, white, red, blue],
  };
  const colourAt = (image: RasterImage, x: number, y: number): number => {
    const [r = 0, g = 0, b = 0] = image.data.subarray(3 * (y * image.width + x));
    return r > 128 ? (g > 128 ? white : red) : g > b ? green : blue;
  };
  const corners = (image: RasterImage): number[] => {
    const [x, y] = [image.width - 2, image.height - 2];
    return [colourAt(image, 1, 1), colourAt(image, x, 1), colourAt(image, 1, y), colourAt(image, x, y)];
  };

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('%i turns the picture of a JPEG and a PNG file', async (orientation) => {
    const size = orientation >= 5 ? { width: 16, height: 24 } : { width: 24, height: 16 };
    for (const little of [true, false]) {
      const exif = tiffOf(orientation, { little });
      const image = await nodeDecoder(jpegOf(picture, exifSegment(exif)), 'a.jpg');
      expect(image).toMatchObject(size);
      expect(corners(image)).toEqual(CORNERS[orientation]);
      const at = (x: number, y: number) => [...picture.data.subarray(3 * (y * 24 + x), 3 * (y * 24 + x) + 3)];
      const png = await nodeDecoder(pngOf({ width: 24, height: 16, depth: 8, colour: 2, samples: at, exif }), 'a.png');
      expect(png).toMatchObject(size);
      expect(corners(png)).toEqual(CORNERS[orientation]);
    }
  });

  it('is left alone where it is damaged, of another type or absent, and found behind other segments', async () => {
    const turned = async (...segments: Uint8Array[]) => (await nodeDecoder(jpegOf(picture, ...segments), 'a.jpg')).width === 16;
    const six = tiffOf(6);
    expect(await turned(exifSegment(six))).toBe(true);
    expect(await turned(segmentOf(0xfe, Buffer.from('comment')), exifSegment(six))).toBe(true);
    expect(await turned(segmentOf(0xe1, Buffer.from('http://ns.adobe.com/xap/1.0/\0')), exifSegment(six))).toBe(true);
    for (let length = 0; length < 34; length++)
      expect(await turned(exifSegment(six.subarray(0, length))), `${length} bytes`).toBe(false);
    for (const tiff of [tiffOf(0), tiffOf(9), tiffOf(6, { type: 4 }), tiffOf(6, { count: 2 }), tiffOf(6, { tag: 0x0113 })])
      expect(await turned(exifSegment(tiff))).toBe(false);
    expect(await turned()).toBe(false);
  });
});

describe('the decoder for Node', () => {
  const flat = encode({ width: 16, height: 8, data: Buffer.from(new Array(128).fill([200, 60, 20, 255]).flat()) }, 95).data;

  it('decodes JPEG and PNG by their content', async () => {
    const image = await nodeDecoder(new Uint8Array(flat), 'named.png');
    expect(image).toMatchObject({ width: 16, height: 8, channels: 3 });
    for (let i = 0; i < image.data.length; i++) {
      expect(Math.abs((image.data[i] as number) - ([200, 60, 20][i % 3] as number))).toBeLessThanOrEqual(3);
    }
    const png = pngOf({ ...SIZE, depth: 8, colour: 2, samples: (x, y) => [x, y, 7] });
    expect((await nodeDecoder(png, 'a')).data.subarray(0, 6)).toEqual(Uint8Array.of(0, 0, 7, 1, 0, 7));
  });

  it('refuses what it cannot decode', async () => {
    await formatError(() => nodeDecoder(new TextEncoder().encode('GIF89a'), 'a.gif'));
    await formatError(() => nodeDecoder(new Uint8Array(flat.subarray(0, 40)), 'a.jpg'));
  });

  it('knows files by content and name', () => {
    expect(imageFormat(new Uint8Array(flat))).toBe('jpeg');
    expect(imageFormat(new Uint8Array(3))).toBeUndefined();
    expect(['a.JPG', 'b/c.jpeg', 'd.png', 'e.gif', 'jpg'].map(isImageName)).toEqual([true, true, true, false, false]);
  });
});

describe('pixels', () => {
  it('turn grey by luma and lose alpha', () => {
    const image = rgbaToRgb(Uint8Array.of(255, 0, 0, 255, 0, 200, 0, 255, 0, 0, 99, 128), 3, 1, 'a');
    expect([...image.data]).toEqual([255, 0, 0, 0, 200, 0, 0, 0, 50]);
    const grey = toGrey(image);
    expect([...grey.data]).toEqual([76, 117, 6]);
    expect(toGrey(grey)).toBe(grey);
  });
});

describe('resizing', () => {
  const line = (values: readonly number[], width: number) => [...resizeSamples(values, 1, values.length, 1, 1, width)];

  it('interpolates at half-pixel centres', () => {
    expect(line([0, 1], 4)).toEqual([0, 0.25, 0.75, 1]);
    const ramp = line([0, 1, 2, 3, 4, 5, 6, 7], 28);
    const start = [0, 0, 0.2143, 0.5, 0.7857, 1.0714, 1.3571, 1.6429];
    const end = [6.5, 6.7857, 7, 7];
    for (const [i, value] of start.entries()) expect(ramp[i]).toBeCloseTo(value, 4);
    for (const [i, value] of end.entries()) expect(ramp[24 + i]).toBeCloseTo(value, 4);
  });

  it('treats both axes and all channels alike', () => {
    const values = [0, 10, 1, 20, 2, 30, 3, 40];
    const out = resizeSamples(values, 2, 2, 2, 4, 4);
    const weights = [0, 0.25, 0.75, 1];
    for (let y = 0; y < 4; y++) {
      for (let x = 0; x < 4; x++) {
        const [v, u] = [weights[y] as number, weights[x] as number];
        expect(out[(y * 4 + x) * 2]).toBeCloseTo(2 * v + u, 6);
        expect(out[(y * 4 + x) * 2 + 1]).toBeCloseTo(10 + 20 * v + 10 * u, 5);
      }
    }
  });

  it('averages areas exactly, also for ratios that are not whole', () => {
    expect([...resizeSamples([1, 2, 3, 4, 5, 6], 1, 6, 1, 1, 3, 'area')]).toEqual([1.5, 3.5, 5.5]);
    const thirds = [...resizeSamples([3, 6, 9], 1, 3, 1, 1, 2, 'area')];
    expect(thirds[0]).toBeCloseTo(4, 6);
    expect(thirds[1]).toBeCloseTo(8, 6);
    const image = { width: 2, height: 2, channels: 1, data: Uint8Array.of(0, 1, 2, 4) };
    expect([...resizeImage(image, 1, 1, 'area').data]).toEqual([2]);
    expect(resizeImage(image, 2, 2)).toBe(image);
  });

  it('keeps what is constant and refuses impossible sizes', () => {
    for (const method of ['bilinear', 'area'] as const) {
      const out = resizeSamples(new Array(7 * 5 * 3).fill(42), 7, 5, 3, 11, 3, method);
      for (const value of out) expect(value).toBeCloseTo(42, 5);
    }
    expect(() => resizeSamples([1], 1, 1, 1, 0, 5)).toThrow('resize.height');
  });
});
