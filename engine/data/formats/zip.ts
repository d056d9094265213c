import { DataFormatError } from '../../errors.ts';
import { dataView, requireBytes } from './bytes.ts';
import { crc32 } from './crc32.ts';
import { canHold, inflate } from './inflate.ts';
import { type DirectoryEntry, readDirectory } from './zip-directory.ts';

/**
 * The archive's directory is read by this project's own code: fflate believes the end record whatever it says (none of two entries, 4464
 * of 70,000), checks no sum and knows no code page, and zip.js lists asynchronously and answers a fault with an error of no place.
 */

/** One file of a ZIP archive; its bytes are decompressed when asked for. */
export interface ZipEntry {
  readonly name: string;
  readonly bytes: () => Promise<Uint8Array>;
}

const LOCAL_HEADER = 0x04034b50;

const STORED = 0;
const DEFLATED = 8;

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
  if (method === STORED ? size !== packed : !canHold(packed, size)) {
    throw new DataFormatError(file, start, `'${name}' of ${size} bytes, which its ${packed} bytes in the archive cannot hold`);
  }
  const out = method === STORED ? content : await inflate('raw', content, `${file}: ${name}`, size);
  if (out.length !== size) throw new DataFormatError(file, start, `'${name}' of ${size} bytes, found ${out.length}`);
  if (crc32(out) !== checksum) throw new DataFormatError(file, start, `'${name}' with a correct checksum`);
  return out;
}

/**
 * Lists the files of a ZIP archive by its directory (PKWARE APPNOTE 6.3): stored and deflated entries, not encrypted, on one disk, with
 * ZIP64's sizes and numbers; names in UTF-8 or code page 437.
 *
 * @param bytes the whole archive
 * @param file its name, for messages
 * @throws DataFormatError when it is no such archive or its directory is damaged; an entry's own faults show when it is read
 */
export function readZip(bytes: Uint8Array, file: string): ZipEntry[] {
  return readDirectory(bytes, file)
    .filter(({ name }) => !name.endsWith('/'))
    .map((entry) => ({ name: entry.name, bytes: () => extract(bytes, entry, file) }));
}
