import { DataFormatError } from '../../errors.ts';
import { concatBytes } from './bytes.ts';

/**
 * Decompression in plain code, the same in every browser and in Node: the platform's `DecompressionStream` refuses several gzip members
 * in browsers and takes them in Node, tells nowhere how far it came, and is as fast. pako is the port of zlib; it is loaded when first used.
 */

type Pako = typeof import('pako');

/** The part of pako that decompresses; what is not named here is left out of a built page. */
type Zlib = Pick<
  Pako,
  | ('ZStream' | 'zlibInflate' | 'zlibInflateInit2' | 'zlibInflateReset')
  | ('Z_BUF_ERROR' | 'Z_NEED_DICT' | 'Z_NO_FLUSH' | 'Z_STREAM_END')
>;

async function loadZlib(): Promise<Zlib> {
  const { ZStream, zlibInflate, zlibInflateInit2, zlibInflateReset, Z_BUF_ERROR, Z_NEED_DICT, Z_NO_FLUSH, Z_STREAM_END } =
    await import('pako');
  return { ZStream, zlibInflate, zlibInflateInit2, zlibInflateReset, Z_BUF_ERROR, Z_NEED_DICT, Z_NO_FLUSH, Z_STREAM_END };
}

/** What stands around the compressed data: gzip (RFC 1952), zlib (RFC 1950, in PNG) or nothing (RFC 1951, in ZIP). */
export type Wrapping = 'gzip' | 'zlib' | 'raw';

/** How zlib is told of the wrapping: 15 bits of window, + 16 for gzip, negative for none (zlib manual, inflateInit2). */
const WINDOW_BITS: Readonly<Record<Wrapping, number>> = { gzip: 31, zlib: 15, raw: -15 };

/** Bytes that come out at a time. */
const PIECE = 1 << 16;

/** Uncompressed bytes that are always allowed. */
const FREE = 2 ** 27;

/**
 * From there on, uncompressed bytes for each compressed one. Images and arrays of them stay below 50; deflate's most is 1032, which only
 * a decompression bomb (or an empty file) comes near.
 */
const MOST_RATIO = 200;

/** Deflate cannot shrink further: 258 bytes in two bits (zlib manual, technical details). */
const DEFLATE_RATIO = 1032;

/**
 * True where `compressed` bytes may hold `uncompressed` ones; a header that promises more is wrong, and nothing need be allocated for it.
 */
export function canHold(compressed: number, uncompressed: number): boolean {
  return uncompressed <= DEFLATE_RATIO * (compressed + 64);
}

/** Takes pieces of a compressed file and gives pieces of its content. */
export class Inflater {
  private readonly zlib: Zlib;
  private readonly stream: InstanceType<Pako['ZStream']>;
  private readonly wrapping: Wrapping;
  private readonly file: string;
  private readonly limit: number;
  private readonly begin: number;
  /** Inside a member; behind one; in the zeros that fill the file up. */
  private state: 'inside' | 'behind' | 'padding' = 'inside';
  private consumed = 0;
  private produced = 0;

  /** Use `openInflater`. */
  constructor(zlib: Zlib, wrapping: Wrapping, file: string, limit: number, begin: number) {
    this.zlib = zlib;
    this.wrapping = wrapping;
    this.file = file;
    this.limit = limit;
    this.begin = begin;
    this.stream = new zlib.ZStream();
    zlib.zlibInflateInit2(this.stream, WINDOW_BITS[wrapping]);
  }

  /** @throws DataFormatError where the bytes are damaged or too many come out */
  *push(bytes: Uint8Array): Generator<Uint8Array<ArrayBuffer>> {
    let at = 0;
    while (at < bytes.length) {
      if (this.state === 'behind') {
        // Behind zlib and raw data may stand anything: the container's own lengths say where it ends.
        if (this.wrapping !== 'gzip') break;
        this.state = bytes[at] === 0 ? 'padding' : 'inside';
        if (this.state === 'inside') this.zlib.zlibInflateReset(this.stream);
      }
      if (this.state === 'padding') {
        const stray = bytes.subarray(at).findIndex((byte) => byte !== 0);
        if (stray >= 0) this.fail(this.consumed + stray, 'nothing but zeros behind the compressed data');
        this.consumed += bytes.length - at;
        break;
      }
      yield* this.member(bytes, at);
      at = bytes.length - this.stream.avail_in;
    }
  }

  /** @throws DataFormatError where the file ended too early */
  end(): void {
    if (this.state === 'inside') this.fail(this.consumed, `a complete ${this.wrapping} stream, but it ends early`);
  }

  /** Feeds bytes from `at` on until they or the member end. */
  private *member(bytes: Uint8Array, at: number): Generator<Uint8Array<ArrayBuffer>> {
    const { stream, zlib } = this;
    stream.input = bytes;
    stream.next_in = at;
    stream.avail_in = bytes.length - at;
    let full: boolean;
    do {
      stream.output = new Uint8Array(PIECE);
      stream.next_out = 0;
      stream.avail_out = PIECE;
      const before = stream.avail_in;
      const status = zlib.zlibInflate(stream, zlib.Z_NO_FLUSH);
      this.consumed += before - stream.avail_in;
      const made = PIECE - stream.avail_out;
      full = stream.avail_out === 0;
      if (status === zlib.Z_NEED_DICT) this.fail(this.consumed, 'compressed data without a preset dictionary');
      // Z_BUF_ERROR only says that there was nothing left to do.
      if (status < 0 && status !== zlib.Z_BUF_ERROR) this.fail(this.consumed, `compressed data (${stream.msg || 'damaged'})`);
      this.produced += made;
      const most = Math.min(this.limit, Math.max(FREE, MOST_RATIO * this.consumed));
      if (this.produced > most) this.fail(this.consumed, `at most ${most} uncompressed bytes (a decompression bomb?)`);
      if (made > 0) yield stream.output.subarray(0, made);
      if (status === zlib.Z_STREAM_END) {
        this.state = 'behind';
        return;
      }
    } while (full || stream.avail_in > 0);
  }

  private fail(offset: number, expectation: string): never {
    throw new DataFormatError(this.file, this.begin + offset, expectation);
  }
}

/**
 * Starts to decompress.
 *
 * @param file name of the file, for messages
 * @param limit uncompressed bytes that are expected at most; without it, what no decompression bomb keeps to
 * @param begin where in the file the compressed data start, for messages
 */
export async function openInflater(
  wrapping: Wrapping,
  file: string,
  limit = Number.POSITIVE_INFINITY,
  begin = 0,
): Promise<Inflater> {
  return new Inflater(await loadZlib(), wrapping, file, limit, begin);
}

/** Decompresses bytes that are all here. Parameters and errors as `openInflater`, `Inflater.push` and `end`. */
export async function inflate(
  wrapping: Wrapping,
  bytes: Uint8Array,
  file: string,
  limit?: number,
  begin?: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const inflater = await openInflater(wrapping, file, limit, begin);
  const parts = [...inflater.push(bytes)];
  inflater.end();
  return concatBytes(parts);
}
