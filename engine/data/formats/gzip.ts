import { DataFormatError } from '../../errors.ts';
import { concatBytes } from './bytes.ts';
import { inflate, openInflater } from './inflate.ts';

/** True when the bytes start like a gzip member (RFC 1952 §2.3.1: 1f 8b, method 8 = deflate). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 3 && bytes[0] === 0x1f && bytes[1] === 0x8b && bytes[2] === 8;
}

/**
 * Decompresses a gzip file: one member or several one after another, which are one file (RFC 1952 §2.2), with zeros behind if any.
 *
 * @param bytes the whole file
 * @param file its name, for messages
 * @param limit uncompressed bytes that are expected at most; without it, 128 MiB or 200 times the file
 * @param begin where in the file the bytes start, for messages
 * @returns the uncompressed bytes
 * @throws DataFormatError when the bytes are no gzip file, are cut short, fail the checksum or hold more than the limit
 */
export async function gunzip(bytes: Uint8Array, file: string, limit?: number, begin = 0): Promise<Uint8Array<ArrayBuffer>> {
  if (!isGzip(bytes)) throw new DataFormatError(file, begin, 'a gzip header (1f 8b 08)');
  return inflate('gzip', bytes, file, limit, begin);
}

/** The bytes of `file`, decompressed first when they are gzip (which the first bytes tell, not the name). */
export async function maybeGunzip(bytes: Uint8Array, file: string, limit?: number): Promise<Uint8Array> {
  return isGzip(bytes) ? gunzip(bytes, file, limit) : bytes;
}

/** The first `length` bytes of `file`, or fewer where it is shorter; of a gzip file, of its content. */
export async function firstBytes(bytes: Uint8Array, length: number, file: string): Promise<Uint8Array> {
  if (!isGzip(bytes)) return bytes.subarray(0, length);
  const inflater = await openInflater('gzip', file);
  const parts: Uint8Array[] = [];
  let held = 0;
  for (const part of inflater.push(bytes)) {
    parts.push(part);
    held += part.length;
    if (held >= length) break;
  }
  return concatBytes(parts).subarray(0, length);
}

/** Compresses to gzip. */
export async function gzip(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  // A copy, because the platform takes only views of an ArrayBuffer that is not shared.
  const stream = new Blob([new Uint8Array(bytes)]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Decompresses a gzip stream piece by piece, for archives too large to hold; passes other streams through unchanged.
 *
 * @param source the pieces of the file, in order
 * @param file its name, for messages
 * @throws DataFormatError as `gunzip`
 */
export async function* gunzipStream(source: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<Uint8Array> {
  const iterator = source[Symbol.asyncIterator]();
  try {
    let head: Uint8Array = new Uint8Array(0);
    while (head.length < 3) {
      const { done, value } = await iterator.next();
      if (done) break;
      head = concatBytes([head, value]);
    }
    const inflater = isGzip(head) ? await openInflater('gzip', file) : undefined;
    for (let piece: IteratorResult<Uint8Array> = { done: false, value: head }; !piece.done; piece = await iterator.next()) {
      if (inflater) yield* inflater.push(piece.value);
      else yield piece.value;
    }
    inflater?.end();
  } finally {
    // Reached early when the consumer stops in the middle (break): let go of the source.
    await iterator.return?.();
  }
}
