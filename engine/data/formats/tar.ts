import { DataFormatError } from '../../errors.ts';
import { concatBytes } from './bytes.ts';
import { BLOCK, readHeader, readPax, stringField } from './tar-header.ts';

/**
 * Read by this project's own code, because archives are streamed, picked from and damaged: modern-tar is as right about sizes and names,
 * but says nothing of where a fault is, takes files with holes for whole ones and passes over damaged pax records.
 */

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

/** Most bytes of a long name or of pax records; they are held whole. */
const MOST_EXTENDED = 1 << 20;

/** Most bytes of a file that is wanted; it is held whole. */
const MOST_WANTED = 2 ** 30;

/** Types whose header may have a size although nothing follows: links, devices, folders and pipes. */
const EMPTY_TYPES = '23456';

/** What extended headers say of the entry that follows. */
class Extensions {
  /** Of all entries from here on. */
  private readonly common = new Map<string, string>();
  /** Of the next entry only. */
  private own = new Map<string, string>();

  read(type: string, data: Uint8Array, at: number, file: string): void {
    if (type === 'L') this.own.set('path', stringField(data, 0, data.length));
    else if (type !== 'K') {
      for (const [key, value] of readPax(data, at, file)) (type === 'g' ? this.common : this.own).set(key, value);
    }
  }

  /** A record's value, undefined where none is given or it was taken back. */
  get(key: string): string | undefined {
    return (this.own.get(key) ?? this.common.get(key)) || undefined;
  }

  /** True where the next entry has holes that its bytes in the archive leave out. */
  get sparse(): boolean {
    return [...this.own.keys()].some((key) => key.startsWith('GNU.sparse.'));
  }

  next(): void {
    this.own = new Map();
  }
}

/** Size of an entry: what a pax record says, else the header. */
function sizeOf(record: string | undefined, size: number, at: number, file: string): number {
  if (record === undefined) return size;
  const value = /^\d+$/.test(record) ? Number(record) : Number.NaN;
  if (!Number.isSafeInteger(value)) throw new DataFormatError(file, at, `a size in its pax record, found '${record}'`);
  return value;
}

/** Passes over bytes. */
async function skip(reader: ByteReader, length: number, name: string, file: string): Promise<void> {
  for (let left = length; left > 0; ) {
    const skipped = (await reader.take(Math.min(left, 1 << 16))).length;
    if (skipped === 0)
      throw new DataFormatError(file, reader.offset, `${left} more bytes of '${name}', but the archive ends here`);
    left -= skipped;
  }
}

/** The content of an entry, without what fills its last block. */
async function content(reader: ByteReader, size: number, most: number, name: string, file: string): Promise<Uint8Array> {
  const start = reader.offset;
  if (size > most) throw new DataFormatError(file, start, `at most ${most} bytes of '${name}', found ${size}`);
  const block = await reader.take(Math.ceil(size / BLOCK) * BLOCK);
  if (block.length < size) {
    throw new DataFormatError(file, start + block.length, `${size} bytes of '${name}', but the archive ends here`);
  }
  return block.subarray(0, size);
}

/**
 * Reads the regular files of a tar archive one after another, without holding the archive: ustar, pax (also global records), star and GNU
 * tar with its long names. Folders, links and devices are passed over.
 *
 * @param source the pieces of the (uncompressed) archive in order; see `gunzipStream` for .tgz
 * @param file name of the archive, for messages
 * @param wanted tells by name whether an entry's bytes are wanted; others are skipped without a copy
 * @throws DataFormatError at a damaged header, when the archive ends inside a file, and where a wanted file has holes (GNU's sparse files)
 */
export async function* readTar(
  source: AsyncIterable<Uint8Array>,
  file: string,
  wanted: (name: string) => boolean = () => true,
): AsyncGenerator<TarEntry> {
  const reader = new ByteReader(source);
  const extensions = new Extensions();
  try {
    for (;;) {
      const at = reader.offset;
      const block = await reader.take(BLOCK);
      // Zero blocks end an archive. Without them it has been cut, even if between two files.
      if (block.length < BLOCK) throw new DataFormatError(file, at + block.length, 'a tar header or the zero block at the end');
      if (block.every((byte) => byte === 0)) return;
      const header = readHeader(block, at, file);
      const { type } = header;
      if ('xgLK'.includes(type)) {
        const start = reader.offset;
        extensions.read(type, await content(reader, header.size, MOST_EXTENDED, 'an extended header', file), start, file);
        continue;
      }
      const name = (extensions.get('GNU.sparse.name') ?? extensions.get('path') ?? header.name).replace(/^(\.\/)+/, '');
      const size = EMPTY_TYPES.includes(type) ? 0 : sizeOf(extensions.get('size'), header.size, at, file);
      const sparse = type === 'S' || extensions.sparse;
      // Before POSIX a folder was a file whose name ends with '/'.
      const regular = '0\x007'.includes(type) && !name.endsWith('/');
      const asked = (regular || sparse) && wanted(name);
      if (asked && sparse) {
        throw new DataFormatError(file, at, `'${name}' whole, found it with holes (make the archive without --sparse)`);
      }
      // GNU's list of holes goes on in blocks of its own while a byte (at 482, then at 504) says so; they do not count as content.
      for (let more = type === 'S' && block[482] === 1; more; ) more = (await reader.take(BLOCK))[504] === 1;
      if (asked) yield { name, data: new Uint8Array(await content(reader, size, MOST_WANTED, name, file)) };
      else await skip(reader, Math.ceil(size / BLOCK) * BLOCK, name, file);
      extensions.next();
    }
  } finally {
    await reader.close();
  }
}

/** The pieces of an array of bytes as a stream, for readers that take streams. */
export async function* streamOf(bytes: Uint8Array, piece = 1 << 16): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += piece) yield bytes.subarray(offset, offset + piece);
}
