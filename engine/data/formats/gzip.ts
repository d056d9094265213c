import { DataFormatError } from '../../errors.ts';
import { concatBytes } from './bytes.ts';

/** How many bytes go into the decompressor at a time: the precision with which a fault can be located. */
const CHUNK = 1 << 16;

/** True when the bytes start like a gzip member (RFC 1952 §2.3.1: 1f 8b, method 8 = deflate). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 3 && bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}

/** Runs bytes through a compression stream and yields what comes out; `consumed` learns how far the input has been accepted. */
async function* pump(
  bytes: Uint8Array,
  stream: CompressionStream | DecompressionStream,
  consumed: (offset: number) => void,
): AsyncGenerator<Uint8Array> {
  const writer = stream.writable.getWriter();
  let fault: unknown;
  const feeding = (async () => {
    for (let offset = 0; offset < bytes.length; offset += CHUNK) {
      consumed(offset);
      // A copy, because the platform takes only views of an ArrayBuffer that is not shared.
      await writer.write(new Uint8Array(bytes.subarray(offset, offset + CHUNK)));
    }
    consumed(bytes.length);
    await writer.close();
  })().catch((error: unknown) => {
    fault = error;
  });
  const reader = stream.readable.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    yield value;
  }
  await feeding;
  if (fault !== undefined) throw fault;
}

async function transform(bytes: Uint8Array, stream: CompressionStream | DecompressionStream): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  for await (const part of pump(bytes, stream, () => {})) parts.push(part);
  return concatBytes(parts);
}

/** Decompresses with the platform's stream; a fault becomes a DataFormatError at the chunk where it showed. */
async function decompress(bytes: Uint8Array, format: CompressionFormat, file: string): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  let offset = 0;
  try {
    const track = (at: number): void => {
      offset = at;
    };
    for await (const part of pump(bytes, new DecompressionStream(format), track)) parts.push(part);
  } catch (error) {
    const where = offset >= bytes.length ? 'a complete stream, but it ends early or its checksum is wrong' : 'compressed data';
    throw new DataFormatError(file, Math.min(offset, bytes.length), `${where} (${format})`, { cause: error });
  }
  return concatBytes(parts);
}

/**
 * Decompresses a gzip file.
 *
 * @param bytes the whole file
 * @param file its name, for messages
 * @returns the uncompressed bytes
 * @throws DataFormatError when the bytes are no gzip file, are cut short or fail the checksum
 */
export async function gunzip(bytes: Uint8Array, file: string): Promise<Uint8Array<ArrayBuffer>> {
  if (!isGzip(bytes)) throw new DataFormatError(file, 0, 'a gzip header (1f 8b 08)');
  return decompress(bytes, 'gzip', file);
}

/** The bytes of `file`, decompressed first when they are gzip (which the first bytes tell, not the name). */
export async function maybeGunzip(bytes: Uint8Array, file: string): Promise<Uint8Array> {
  return isGzip(bytes) ? gunzip(bytes, file) : bytes;
}

/** Decompresses a zlib stream (RFC 1950), as PNG uses it. */
export async function inflateZlib(bytes: Uint8Array, file: string): Promise<Uint8Array<ArrayBuffer>> {
  return decompress(bytes, 'deflate', file);
}

/** Decompresses bare deflate data (RFC 1951), as ZIP archives use it. */
export async function inflateRaw(bytes: Uint8Array, file: string): Promise<Uint8Array<ArrayBuffer>> {
  return decompress(bytes, 'deflate-raw', file);
}

/** Compresses to gzip. */
export async function gzip(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  return transform(bytes, new CompressionStream('gzip'));
}

/**
 * Decompresses a gzip stream piece by piece, for archives too large to hold; passes other streams through unchanged.
 *
 * @param source the pieces of the file, in order
 * @param file its name, for messages
 */
export async function* gunzipStream(source: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  let head: Uint8Array = new Uint8Array(0);
  while (head.length < 3) {
    const { done, value } = await iterator.next();
    if (done) break;
    head = concatBytes([head, value]);
  }
  if (!isGzip(head)) {
    yield head;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
    return;
  }
  const stream = new DecompressionStream('gzip');
  const writer = stream.writable.getWriter();
  let offset = 0;
  let stopped = false;
  let fault: unknown;
  const feed = async (bytes: Uint8Array): Promise<void> => {
    await writer.write(new Uint8Array(bytes));
    offset += bytes.length;
  };
  const feeding = (async () => {
    await feed(head);
    while (!stopped) {
      const { done, value } = await iterator.next();
      if (done) break;
      await feed(value);
    }
    await writer.close();
  })().catch((error: unknown) => {
    fault = error;
  });
  const reader = stream.readable.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
    await feeding;
    if (fault !== undefined) throw fault;
  } catch (error) {
    if (error instanceof DataFormatError) throw error;
    throw new DataFormatError(file, offset, 'a complete gzip stream', { cause: error });
  } finally {
    // Reached early when the consumer stops in the middle (break): let go of the source.
    stopped = true;
    await reader.cancel().catch(() => {});
    await iterator.return?.();
  }
}
