/** Writes PNG files of 8 bits a channel (W3C PNG, third edition): no filter, one zlib stream. In browsers and in Node. */
import { ConfigError } from '../../errors.ts';
import { concatBytes, dataView } from './bytes.ts';
import { crc32 } from './crc32.ts';
import type { RasterImage } from './image.ts';

const SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
/** Colour types by channels: grey, red-green-blue. */
const COLOUR: Readonly<Record<number, number>> = { 1: 0, 3: 2 };

/** Length, type, data, CRC over type and data (§5.3). */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const body = concatBytes([new TextEncoder().encode(type), data]);
  const out = new Uint8Array(body.length + 8);
  dataView(out).setUint32(0, data.length);
  out.set(body, 4);
  dataView(out).setUint32(body.length + 4, crc32(body));
  return out;
}

async function zlib(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** @throws ConfigError unless the picture has one or three channels and as many bytes as it says */
export async function encodePng({ width, height, channels, data }: RasterImage): Promise<Uint8Array<ArrayBuffer>> {
  const colour = COLOUR[channels];
  if (colour === undefined || data.length !== width * height * channels) {
    throw new ConfigError('image', `must have one or three channels and ${width * height * channels} bytes, has ${data.length}.`);
  }
  const line = width * channels;
  const rows = new Uint8Array(height * (line + 1));
  for (let y = 0; y < height; y++) rows.set(data.subarray(y * line, (y + 1) * line), y * (line + 1) + 1);
  const header = new Uint8Array(13);
  dataView(header).setUint32(0, width);
  dataView(header).setUint32(4, height);
  header.set([8, colour, 0, 0, 0], 8);
  return concatBytes([SIGNATURE, chunk('IHDR', header), chunk('IDAT', await zlib(rows)), chunk('IEND', new Uint8Array(0))]);
}
