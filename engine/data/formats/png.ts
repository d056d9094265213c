import { DataFormatError } from '../../errors.ts';
import { concatBytes, dataView, requireBytes } from './bytes.ts';
import { crc32 } from './crc32.ts';
import { type Orientation, tiffOrientation, upright } from './exif.ts';
import { checkSize, type RasterImage, rgbaToRgb } from './image.ts';
import { canHold, inflate } from './inflate.ts';
import { paeth } from './paeth.ts';

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Samples a pixel for each colour type: 0 grey, 2 colour, 3 palette, 4 grey with alpha, 6 colour with alpha (PNG §11.2.2). */
const SAMPLES: Record<number, number> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** The seven passes of an interlaced image as [x start, y start, x step, y step] (Adam7, PNG §8.2). */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: number;
  readonly interlaced: boolean;
}

function readHeader(data: Uint8Array, offset: number, file: string): PngHeader {
  requireBytes(data, 13, file, 'an IHDR chunk');
  const view = dataView(data);
  const header = {
    width: view.getUint32(0),
    height: view.getUint32(4),
    depth: data[8] as number,
    colour: data[9] as number,
    interlaced: data[12] === 1,
  };
  // Compression, filter and interlacing methods: one, one and two are defined.
  if (data[10] !== 0 || data[11] !== 0 || (data[12] as number) > 1) {
    throw new DataFormatError(file, offset + 10, `methods 0, 0 and 0 or 1, found ${data.subarray(10, 13).join(', ')}`);
  }
  const depths: Record<number, readonly number[]> = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] };
  if (header.width === 0 || header.height === 0) throw new DataFormatError(file, offset, 'a width and height above zero');
  if (!depths[header.colour]?.includes(header.depth)) {
    throw new DataFormatError(file, offset + 8, `a legal bit depth and colour type, found ${header.depth} and ${header.colour}`);
  }
  return header;
}

/** Undoes the row filters of one pass in place; rows start at `start`, each with a filter byte. Returns the rows without it. */
function unfilter(raw: Uint8Array, start: number, rows: number, rowBytes: number, pixelBytes: number, file: string): Uint8Array {
  const out = new Uint8Array(rows * rowBytes);
  for (let y = 0; y < rows; y++) {
    const at = start + y * (rowBytes + 1);
    const filter = raw[at] as number;
    if (filter > 4) throw new DataFormatError(file, at, `a row filter of 0 to 4 in the uncompressed pixels, found ${filter}`);
    for (let i = 0; i < rowBytes; i++) {
      const here = y * rowBytes + i;
      const left = i >= pixelBytes ? (out[here - pixelBytes] as number) : 0;
      const up = y > 0 ? (out[here - rowBytes] as number) : 0;
      const corner = y > 0 && i >= pixelBytes ? (out[here - rowBytes - pixelBytes] as number) : 0;
      const guess = [0, left, up, (left + up) >> 1, filter === 4 ? paeth(left, up, corner) : 0][filter] as number;
      out[here] = (raw[at + 1 + i] as number) + guess;
    }
  }
  return out;
}

/** Sample number `index` of a row, on the scale 0…2^depth − 1. */
function sampleAt(row: Uint8Array, index: number, depth: number): number {
  if (depth === 8) return row[index] as number;
  if (depth === 16) return ((row[2 * index] as number) << 8) | (row[2 * index + 1] as number);
  const bit = index * depth;
  return ((row[bit >> 3] as number) >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
}

/** Writes one pass of pixels into the RGBA image. */
function placePass(
  rgba: Uint8Array,
  header: PngHeader,
  rows: Uint8Array,
  rowBytes: number,
  pass: readonly [number, number, number, number],
  palette: Uint8Array | undefined,
  transparency: Uint8Array | undefined,
  file: string,
): void {
  const [x0, y0, dx, dy] = pass;
  const { width, height, depth, colour } = header;
  const samples = SAMPLES[colour] as number;
  // 16 bits are cut to the upper 8; fewer than 8 are spread over them, which is exact for 1, 2 and 4.
  const toByte = depth === 16 ? (v: number): number => v >> 8 : (v: number): number => (v * 255) / ((1 << depth) - 1);
  // For grey and colour images tRNS holds the one transparent colour, two bytes a sample, compared before samples are cut.
  const key = transparency && colour !== 3 ? [0, 1, 2].map((c) => sampleAt(transparency, c, 16)) : undefined;
  for (let y = y0, r = 0; y < height; y += dy, r++) {
    const row = rows.subarray(r * rowBytes, (r + 1) * rowBytes);
    for (let x = x0, i = 0; x < width; x += dx, i++) {
      const s = (k: number): number => sampleAt(row, i * samples + k, depth);
      const at = 4 * (y * width + x);
      if (colour === 3) {
        const index = s(0);
        if (!palette || 3 * index + 2 >= palette.length) throw new DataFormatError(file, 0, `a palette with entry ${index}`);
        rgba.set(palette.subarray(3 * index, 3 * index + 3), at);
        rgba[at + 3] = transparency?.[index] ?? 255;
      } else {
        const colourful = samples >= 3;
        for (let c = 0; c < 3; c++) rgba[at + c] = toByte(s(colourful ? c : 0));
        const keyed = key !== undefined && s(0) === key[0] && (!colourful || (s(1) === key[1] && s(2) === key[2]));
        rgba[at + 3] = colour === 4 ? toByte(s(1)) : colour === 6 ? toByte(s(3)) : keyed ? 0 : 255;
      }
    }
  }
}

/** What the chunks of a file hold. */
interface PngChunks {
  readonly header: PngHeader;
  readonly palette: Uint8Array | undefined;
  readonly transparency: Uint8Array | undefined;
  readonly orientation: Orientation;
  /** The joined IDAT chunks. */
  readonly compressed: Uint8Array;
  /** Where the first of them starts. */
  readonly offset: number;
}

/** Chunks that must be understood and are; all others with a capital letter first must be, too (PNG §5.4). */
const CRITICAL = ['IHDR', 'PLTE', 'IDAT', 'IEND'];

function readChunks(bytes: Uint8Array, file: string): PngChunks {
  const view = dataView(bytes);
  let header: PngHeader | undefined;
  let palette: Uint8Array | undefined;
  let transparency: Uint8Array | undefined;
  let orientation: Orientation = 1;
  let first: number | undefined;
  const parts: Uint8Array[] = [];
  for (let offset = 8, ended = false; !ended; ) {
    requireBytes(bytes, offset + 12, file, 'a PNG chunk');
    const length = view.getUint32(offset);
    requireBytes(bytes, offset + 12 + length, file, `a PNG chunk of ${length} bytes`);
    const type = String.fromCharCode(...bytes.subarray(offset + 4, offset + 8));
    const data = bytes.subarray(offset + 8, offset + 8 + length);
    if (crc32(bytes.subarray(offset + 4, offset + 8 + length)) !== view.getUint32(offset + 8 + length)) {
      throw new DataFormatError(file, offset, `a ${type} chunk with a correct checksum`);
    }
    if (offset === 8 ? type !== 'IHDR' : type === 'IHDR') throw new DataFormatError(file, offset, 'one IHDR chunk, the first');
    if (/^[A-Z]/.test(type) && !CRITICAL.includes(type)) {
      throw new DataFormatError(file, offset, `a chunk that this reader knows, found the critical chunk ${type}`);
    }
    if (type === 'IHDR') header = readHeader(data, offset + 8, file);
    else if (type === 'PLTE') {
      if (length % 3 !== 0 || length > 768)
        throw new DataFormatError(file, offset, `a palette of 1 to 256 colours, found ${length} bytes`);
      palette = data;
    } else if (type === 'tRNS') {
      // Grey and colour images have their one transparent colour here; too few bytes for it would stand for another.
      const least = header?.colour === 2 ? 6 : header?.colour === 0 ? 2 : 0;
      if (length < least) throw new DataFormatError(file, offset, `a tRNS chunk of ${least} bytes, found ${length}`);
      transparency = data;
    } else if (type === 'eXIf') orientation = tiffOrientation(data);
    else if (type === 'IDAT') {
      first ??= offset + 8;
      parts.push(data);
    }
    ended = type === 'IEND';
    offset += 12 + length;
  }
  if (!header) throw new DataFormatError(file, 8, 'an IHDR chunk');
  if (first === undefined) throw new DataFormatError(file, bytes.length, 'an IDAT chunk');
  return { header, palette, transparency, orientation, compressed: concatBytes(parts), offset: first };
}

/** Bytes behind the last row that are passed over. */
const SLACK = 1 << 16;

/**
 * Decodes a PNG image (ISO/IEC 15948): every colour type, depth and interlacing; 16-bit samples keep their upper 8 bits, colour profiles
 * and gamma are ignored as browsers do with `colorSpaceConversion: 'none'`.
 *
 * @param bytes the whole file
 * @param file its name, for messages
 * @returns an image of three channels, upright, transparent pixels over black
 * @throws DataFormatError when the file is damaged or no PNG
 */
export async function decodePng(bytes: Uint8Array, file: string): Promise<RasterImage> {
  if (!SIGNATURE.every((byte, i) => bytes[i] === byte)) throw new DataFormatError(file, 0, 'the PNG signature');
  checkSize(bytes, file);
  const { header, palette, transparency, orientation, compressed, offset } = readChunks(bytes, file);
  const passes = header.interlaced ? ADAM7 : ([[0, 0, 1, 1]] as const);
  const bits = header.depth * (SAMPLES[header.colour] as number);
  const sizes = passes.map(([x0, y0, dx, dy]) => {
    const columns = Math.max(0, Math.ceil((header.width - x0) / dx));
    const rows = columns === 0 ? 0 : Math.max(0, Math.ceil((header.height - y0) / dy));
    return { rows, rowBytes: Math.ceil((columns * bits) / 8) };
  });
  const expected = sizes.reduce((sum, { rows, rowBytes }) => sum + rows * (rowBytes + 1), 0);
  const size = `${header.width} × ${header.height} pixels of ${bits} bits`;
  if (!canHold(compressed.length, expected)) {
    throw new DataFormatError(file, offset, `${size}, which ${compressed.length} compressed bytes cannot hold`);
  }
  // Some encoders write a little more than the rows; nobody looks at it.
  const raw = await inflate('zlib', compressed, file, expected + SLACK, offset);
  if (raw.length < expected) {
    throw new DataFormatError(file, offset, `${expected} uncompressed bytes for ${size}, found ${raw.length}`);
  }
  const rgba = new Uint8Array(header.width * header.height * 4);
  let start = 0;
  passes.forEach((pass, i) => {
    const { rows, rowBytes } = sizes[i] as (typeof sizes)[number];
    const pixels = unfilter(raw, start, rows, rowBytes, Math.max(1, bits >> 3), file);
    placePass(rgba, header, pixels, rowBytes, pass, palette, transparency, file);
    start += rows * (rowBytes + 1);
  });
  return upright(rgbaToRgb(rgba, header.width, header.height, file), orientation);
}
