import { DataFormatError } from '../../errors.ts';
import { concatBytes } from './bytes.ts';

const BLOCK = 512;

/** One regular file of a tar archive. */
export interface TarEntry {
  /** Path inside the archive, with '/' between folders and without a leading './'. */
  readonly name: string;
  readonly data: Uint8Array;
}

/** Serves exact numbers of bytes out of a stream of pieces. */
class ByteReader {
  private readonly iterator: AsyncIterator<Uint8Array>;
  private pieces: Uint8Array[] = [];
  private held = 0;
  /** Bytes served so far. */
  offset = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.iterator = source[Symbol.asyncIterator]();
  }

  /** The next `length` bytes, or fewer at the end of the stream. */
  async take(length: number): Promise<Uint8Array> {
    while (this.held < length) {
      const { done, value } = await this.iterator.next();
      if (done) break;
      this.pieces.push(value);
      this.held += value.length;
    }
    const out: Uint8Array[] = [];
    let missing = Math.min(length, this.held);
    this.held -= missing;
    this.offset += missing;
    let used = 0;
    while (missing > 0) {
      const piece = this.pieces[used] as Uint8Array;
      if (piece.length > missing) {
        out.push(piece.subarray(0, missing));
        this.pieces[used] = piece.subarray(missing);
        break;
      }
      out.push(piece);
      missing -= piece.length;
      used++;
    }
    this.pieces.splice(0, used);
    return out.length === 1 ? (out[0] as Uint8Array) : concatBytes(out);
  }

  async close(): Promise<void> {
    await this.iterator.return?.();
  }
}

const text = new TextDecoder();

/** A zero-terminated string field of a header. */
function field(header: Uint8Array, start: number, length: number): string {
  const bytes = header.subarray(start, start + length);
  const end = bytes.indexOf(0);
  return text.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

/** A number field: octal digits, or base 256 when the first bit is set (GNU, for sizes of 8 GiB and more). */
function numberField(header: Uint8Array, start: number, length: number): number {
  const first = header[start] as number;
  if (first & 0x80) {
    let value = first & 0x7f;
    for (let i = 1; i < length; i++) value = value * 256 + (header[start + i] as number);
    return value;
  }
  const digits = field(header, start, length).trim();
  return digits === '' ? 0 : Number.parseInt(digits, 8);
}

/** Sum of the header's bytes with the checksum field itself read as spaces (POSIX.1-1988). */
function checksum(header: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : (header[i] as number);
  return sum;
}

/** The records 'length key=value\n' of a pax extended header. */
function parsePax(data: Uint8Array): Map<string, string> {
  const out = new Map<string, string>();
  let offset = 0;
  while (offset < data.length) {
    const space = data.indexOf(32, offset);
    if (space < 0) break;
    const length = Number.parseInt(text.decode(data.subarray(offset, space)), 10);
    if (!(length > 0)) break;
    const record = text.decode(data.subarray(space + 1, offset + length - 1));
    const equals = record.indexOf('=');
    if (equals > 0) out.set(record.slice(0, equals), record.slice(equals + 1));
    offset += length;
  }
  return out;
}

/**
 * Reads the regular files of a tar archive one after another, without holding the archive: ustar, pax and GNU long names.
 * Folders, links and devices are passed over.
 *
 * @param source the pieces of the (uncompressed) archive in order; see `gunzipStream` for .tgz
 * @param file name of the archive, for messages
 * @param wanted tells by name whether an entry's bytes are wanted; others are skipped without a copy
 * @throws DataFormatError at a damaged header or when the archive ends inside a file
 */
export async function* readTar(
  source: AsyncIterable<Uint8Array>,
  file: string,
  wanted: (name: string) => boolean = () => true,
): AsyncGenerator<TarEntry> {
  const reader = new ByteReader(source);
  let longName: string | undefined;
  try {
    for (;;) {
      const at = reader.offset;
      const header = await reader.take(BLOCK);
      // Zero blocks end an archive. Without them it has been cut, even if between two files.
      if (header.length < BLOCK) throw new DataFormatError(file, at + header.length, 'a tar header or the zero block at the end');
      if (header.every((byte) => byte === 0)) return;
      if (numberField(header, 148, 8) !== checksum(header)) {
        throw new DataFormatError(file, at, 'a tar header with a correct checksum');
      }
      const size = numberField(header, 124, 12);
      const type = String.fromCharCode(header[156] as number);
      const prefix = field(header, 257, 5) === 'ustar' ? field(header, 345, 155) : '';
      const short = field(header, 0, 100);
      const name = (longName ?? (prefix ? `${prefix}/${short}` : short)).replace(/^(\.\/)+/, '');
      const regular = type === '0' || type === '\0';
      const special = type === 'x' || type === 'L';
      const start = reader.offset;
      const padded = Math.ceil(size / BLOCK) * BLOCK;
      if ((regular && wanted(name)) || special) {
        const block = await reader.take(padded);
        if (block.length < size) {
          throw new DataFormatError(file, start + block.length, `${size} bytes of '${name}', but the archive ends here`);
        }
        const data = block.subarray(0, size);
        if (type === 'x') longName = parsePax(data).get('path') ?? longName;
        else if (type === 'L') longName = field(data, 0, data.length);
        else yield { name, data: new Uint8Array(data) };
      } else {
        for (let left = padded; left > 0; ) {
          const skipped = (await reader.take(Math.min(left, 1 << 16))).length;
          if (skipped === 0)
            throw new DataFormatError(file, reader.offset, `${left} more bytes of '${name}', but the archive ends here`);
          left -= skipped;
        }
      }
      if (!special) longName = undefined;
    }
  } finally {
    await reader.close();
  }
}

/** The pieces of an array of bytes as a stream, for readers that take streams. */
export async function* streamOf(bytes: Uint8Array, piece = 1 << 16): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += piece) yield bytes.subarray(offset, offset + piece);
}
