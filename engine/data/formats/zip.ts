import { DataFormatError } from '../../errors.ts';
import { dataView, requireBytes } from './bytes.ts';
import { crc32 } from './crc32.ts';
import { inflateRaw } from './gzip.ts';

/** One file of a ZIP archive; its bytes are decompressed when asked for. */
export interface ZipEntry {
  readonly name: string;
  readonly bytes: () => Promise<Uint8Array>;
}

const END_OF_DIRECTORY = 0x06054b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
/** The record at the end has 22 bytes and a comment of at most 65,535. */
const END_SIZE = 22;
const LONGEST_COMMENT = 0xffff;
/** A number that the 64-bit form of the format keeps elsewhere. */
const ELSEWHERE = 0xffffffff;

const STORED = 0;
const DEFLATED = 8;

/** Offset of the record that ends the archive, searched from the back. */
function findEnd(bytes: Uint8Array, view: DataView, file: string): number {
  requireBytes(bytes, END_SIZE, file, 'the end record of a ZIP archive');
  const last = bytes.length - END_SIZE;
  for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
    if (view.getUint32(at, true) === END_OF_DIRECTORY) return at;
  }
  throw new DataFormatError(file, bytes.length, 'the end record of a ZIP archive (50 4b 05 06)');
}

/** What the directory says of an entry. */
interface DirectoryEntry {
  readonly name: string;
  readonly method: number;
  readonly checksum: number;
  /** Bytes in the archive. */
  readonly packed: number;
  /** Bytes of the file. */
  readonly size: number;
  /** Where its own header is. */
  readonly local: number;
}

/** Bytes of an entry, checked against the size and checksum that the directory gives. */
async function extract(bytes: Uint8Array, entry: DirectoryEntry, file: string): Promise<Uint8Array> {
  const { name, method, checksum, packed, size, local } = entry;
  requireBytes(bytes, local + 30, file, `the header of '${name}'`);
  const view = dataView(bytes);
  if (view.getUint32(local, true) !== LOCAL_HEADER) throw new DataFormatError(file, local, `the header of '${name}'`);
  const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  requireBytes(bytes, start + packed, file, `the bytes of '${name}'`);
  const content = bytes.subarray(start, start + packed);
  if (method !== STORED && method !== DEFLATED)
    throw new DataFormatError(file, local, `'${name}' stored or deflated, found method ${method}`);
  const out = method === STORED ? content : await inflateRaw(content, `${file}: ${name}`);
  if (crc32(out) !== checksum) throw new DataFormatError(file, start, `'${name}' with a correct checksum`);
  if (out.length !== size) throw new DataFormatError(file, start, `'${name}' of ${size} bytes, found ${out.length}`);
  return out;
}

/**
 * Lists the files of a ZIP archive by its directory (PKWARE APPNOTE 6.3): stored and deflated entries, not encrypted, below 4 GiB.
 *
 * @param bytes the whole archive
 * @param file its name, for messages
 * @throws DataFormatError when it is no such archive or its directory is damaged; an entry's own faults show when it is read
 */
export function readZip(bytes: Uint8Array, file: string): ZipEntry[] {
  const view = dataView(bytes);
  const end = findEnd(bytes, view, file);
  const count = view.getUint16(end + 10, true);
  let at = view.getUint32(end + 16, true);
  if (at === ELSEWHERE) throw new DataFormatError(file, end, 'an archive below 4 GiB');
  const entries: ZipEntry[] = [];
  for (let i = 0; i < count; i++) {
    requireBytes(bytes, at + 46, file, `entry ${i} of the directory`);
    if (view.getUint32(at, true) !== DIRECTORY_ENTRY) throw new DataFormatError(file, at, `entry ${i} of the directory`);
    const flags = view.getUint16(at + 8, true);
    const method = view.getUint16(at + 10, true);
    const checksum = view.getUint32(at + 16, true);
    const packed = view.getUint32(at + 20, true);
    const size = view.getUint32(at + 24, true);
    const nameLength = view.getUint16(at + 28, true);
    const local = view.getUint32(at + 42, true);
    requireBytes(bytes, at + 46 + nameLength, file, `the name of entry ${i}`);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    if (flags & 1) throw new DataFormatError(file, at, `'${name}' without encryption`);
    if ([packed, size, local].includes(ELSEWHERE)) throw new DataFormatError(file, at, `'${name}' below 4 GiB`);
    if (!name.endsWith('/'))
      entries.push({ name, bytes: () => extract(bytes, { name, method, checksum, packed, size, local }, file) });
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
}
