import { crc32, deflateSync } from 'node:zlib';

/** What `pngOf` writes. `samples` are rows of samples on the scale of the depth, channel by channel within a pixel. */
export interface PngSpec {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colour: number;
  readonly samples: (x: number, y: number) => readonly number[];
  /** Row filter 0…4 for each row in turn. */
  readonly filters?: readonly number[];
  readonly interlaced?: boolean;
  readonly palette?: readonly number[];
  readonly transparency?: readonly number[];
  /** A TIFF structure for an eXIf chunk. */
  readonly exif?: Uint8Array;
  /** Chunks before the pixels, by type. */
  readonly extra?: readonly (readonly [type: string, data: Uint8Array])[];
  /** Uncompressed bytes in place of the rows. */
  readonly raw?: Uint8Array;
  /** The IHDR chunk's last three bytes; 0, 0 and the interlacing when left out. */
  readonly methods?: readonly number[];
}

function chunk(type: string, data: Uint8Array): Buffer {
  const out = Buffer.alloc(12 + data.length);
  out.writeUInt32BE(data.length, 0);
  out.write(type, 4, 'latin1');
  out.set(data, 8);
  out.writeUInt32BE(crc32(out.subarray(4, 8 + data.length)), 8 + data.length);
  return out;
}

const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

/** One row of packed samples. */
function packRow(samples: readonly number[], depth: number): Uint8Array {
  if (depth === 16) return Uint8Array.from(samples.flatMap((s) => [s >> 8, s & 255]));
  const out = new Uint8Array(Math.ceil((samples.length * depth) / 8));
  samples.forEach((s, i) => {
    const bit = i * depth;
    out[bit >> 3] = (out[bit >> 3] as number) | (s << (8 - depth - (bit & 7)));
  });
  return out;
}

function filterRow(row: Uint8Array, above: Uint8Array, bpp: number, filter: number): Uint8Array {
  return row.map((value, i) => {
    const a = i >= bpp ? (row[i - bpp] as number) : 0;
    const b = above[i] ?? 0;
    const c = i >= bpp ? (above[i - bpp] ?? 0) : 0;
    const p = a + b - c;
    const nearest = [a, b, c].reduce((best, v) => (Math.abs(p - v) < Math.abs(p - best) ? v : best));
    return value - ([0, a, b, Math.floor((a + b) / 2), nearest][filter] ?? 0);
  });
}

/** Encodes a PNG image. */
export function pngOf(spec: PngSpec): Uint8Array {
  const { width, height, depth, colour, samples, filters = [0], interlaced = false, palette, transparency } = spec;
  const { exif, extra = [], raw, methods = [0, 0, interlaced ? 1 : 0] } = spec;
  const rows: Uint8Array[] = [];
  let count = 0;
  for (const [x0, y0, dx, dy] of (interlaced ? ADAM7 : [[0, 0, 1, 1]]) as [number, number, number, number][]) {
    let above: Uint8Array = new Uint8Array(0);
    if (x0 >= width) continue;
    for (let y = y0; y < height; y += dy) {
      const values: number[] = [];
      for (let x = x0; x < width; x += dx) values.push(...samples(x, y));
      const row = packRow(values, depth);
      const filter = filters[count++ % filters.length] as number;
      const bpp = Math.max(1, (depth * samples(0, 0).length) >> 3);
      rows.push(Uint8Array.of(filter), filterRow(row, above, bpp, filter));
      above = row;
    }
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colour, ...methods], 8);
  const data = deflateSync(raw ?? Buffer.concat(rows));
  return new Uint8Array(
    Buffer.concat([
      Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
      chunk('IHDR', header),
      ...(palette ? [chunk('PLTE', Uint8Array.from(palette))] : []),
      ...(transparency ? [chunk('tRNS', Uint8Array.from(transparency))] : []),
      ...(exif ? [chunk('eXIf', exif)] : []),
      ...extra.map(([type, content]) => chunk(type, content)),
      chunk('tEXt', Buffer.from('Comment\0ignored')),
      // In two pieces, as encoders with small buffers write it.
      chunk('IDAT', data.subarray(0, 20)),
      chunk('IDAT', data.subarray(20)),
      chunk('IEND', new Uint8Array(0)),
    ]),
  );
}
