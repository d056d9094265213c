import { DataFormatError } from '../../errors.ts';
import { dataView, requireBytes } from './bytes.ts';
import { decodeCodePage437 } from './code-page-437.ts';
import { crc32 } from './crc32.ts';

/** The directory at the end of a ZIP archive (PKWARE APPNOTE 6.3, sections 4.3.12 to 4.3.16). */

/** What the directory says of an entry. */
export interface DirectoryEntry {
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

const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const ENTRY = 0x02014b50;
/** The record at the end has 22 bytes and a comment of at most 65,535. */
const END_SIZE = 22;
const LONGEST_COMMENT = 0xffff;
const LOCATOR_SIZE = 20;
const END_64_SIZE = 56;
const ENTRY_SIZE = 46;
/** Numbers that ZIP64 keeps elsewhere. */
const ELSEWHERE_16 = 0xffff;
const ELSEWHERE_32 = 0xffffffff;

const FLAG_ENCRYPTED = 1;
const FLAG_UTF8 = 1 << 11;
const EXTRA_ZIP64 = 0x0001;
/** Info-ZIP's name in UTF-8, beside the one in another character set. */
const EXTRA_UNICODE_PATH = 0x7075;

/** What the record (or its ZIP64 form) at the end says of the directory. */
interface End {
  /** Entries; undefined where the record leaves it to a ZIP64 form that is not there. */
  readonly count: number | undefined;
  /** Bytes of the directory. */
  readonly size: number;
  /** Where it starts. */
  readonly start: number;
  /** Where it ends: the record that says all this. */
  readonly end: number;
}

/** Offset of the record that ends the archive, searched from the back; one whose comment ends the file wins. */
function findEnd(bytes: Uint8Array, view: DataView, file: string): number {
  requireBytes(bytes, END_SIZE, file, 'the end record of a ZIP archive');
  const last = bytes.length - END_SIZE;
  let other: number | undefined;
  for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
    if (view.getUint32(at, true) !== END) continue;
    const comment = view.getUint16(at + 20, true);
    if (at + END_SIZE + comment === bytes.length) return at;
    if (at + END_SIZE + comment < bytes.length) other ??= at;
  }
  if (other !== undefined) return other;
  throw new DataFormatError(file, bytes.length, 'the end record of a ZIP archive (50 4b 05 06)');
}

/** A 64-bit number that must be one of JavaScript's whole numbers. */
function uint64(view: DataView, at: number, file: string): number {
  const value = Number(view.getBigUint64(at, true));
  if (!Number.isSafeInteger(value)) throw new DataFormatError(file, at, `a number below 2^53, found ${value}`);
  return value;
}

function readEnd(bytes: Uint8Array, view: DataView, file: string): End {
  const at = findEnd(bytes, view, file);
  const disks = [view.getUint16(at + 4, true), view.getUint16(at + 6, true)];
  if (disks.some((disk) => disk !== 0 && disk !== ELSEWHERE_16))
    throw new DataFormatError(file, at + 4, 'an archive on one disk');
  const count = view.getUint16(at + 10, true);
  const size = view.getUint32(at + 12, true);
  const start = view.getUint32(at + 16, true);
  const locator = at - LOCATOR_SIZE;
  if (locator >= 0 && view.getUint32(locator, true) === LOCATOR_64) {
    // Where the locator says; where a program stands before the archive, right before the locator.
    const said = uint64(view, locator + 8, file);
    const isRecord = (at: number): boolean => at >= 0 && at + END_64_SIZE <= locator && view.getUint32(at, true) === END_64;
    const record = [said, locator - END_64_SIZE].find(isRecord);
    if (record === undefined) throw new DataFormatError(file, locator + 8, `the ZIP64 end record at byte ${said}`);
    const [count64, size64, start64] = [32, 40, 48].map((offset) => uint64(view, record + offset, file)) as [
      number,
      number,
      number,
    ];
    return { count: count64, size: size64, start: start64, end: record };
  }
  if (size === ELSEWHERE_32 || start === ELSEWHERE_32)
    throw new DataFormatError(file, at, 'a ZIP64 end record for an archive of 4 GiB');
  // Some writers put ffff where they have more entries and no ZIP64 form.
  return { count: count === ELSEWHERE_16 ? undefined : count, size, start, end: at };
}

/** The fields [id, length, bytes] of an entry's extra data; what does not fit is left out, as others do. */
function* extraFields(view: DataView, at: number, length: number): Generator<{ id: number; start: number; length: number }> {
  for (const end = at + length; at + 4 <= end; ) {
    const field = { id: view.getUint16(at, true), start: at + 4, length: view.getUint16(at + 2, true) };
    at += 4 + field.length;
    if (at <= end) yield field;
  }
}

/** A name in UTF-8 where the entry says so or its bytes are, else in code page 437. */
function decodeName(bytes: Uint8Array, flagged: boolean): string {
  // Many writers put UTF-8 without saying so; text in code page 437 is hardly ever valid UTF-8.
  try {
    return new TextDecoder('utf-8', { fatal: !flagged }).decode(bytes);
  } catch {
    return decodeCodePage437(bytes);
  }
}

/** Reads one entry at `at`; `shift` is how far the whole archive lies behind where its writer thought. */
function readEntry(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  shift: number,
  file: string,
): { entry: DirectoryEntry; next: number } {
  const flags = view.getUint16(at + 8, true);
  const host = view.getUint8(at + 5);
  const nameLength = view.getUint16(at + 28, true);
  const extraLength = view.getUint16(at + 30, true);
  const next = at + ENTRY_SIZE + nameLength + extraLength + view.getUint16(at + 32, true);
  requireBytes(bytes, next, file, 'an entry of the directory');
  const stored = bytes.subarray(at + ENTRY_SIZE, at + ENTRY_SIZE + nameLength);
  let name = decodeName(stored, (flags & FLAG_UTF8) !== 0);
  const numbers = {
    size: view.getUint32(at + 24, true),
    packed: view.getUint32(at + 20, true),
    local: view.getUint32(at + 42, true),
  };
  for (const { id, start, length } of extraFields(view, at + ENTRY_SIZE + nameLength, extraLength)) {
    if (id === EXTRA_ZIP64) {
      // Only those that are marked as kept elsewhere stand here, in this order.
      let from = start;
      for (const key of ['size', 'packed', 'local'] as const) {
        if (numbers[key] !== ELSEWHERE_32) continue;
        if (from + 8 > start + length) throw new DataFormatError(file, start, `the 64-bit numbers of '${name}'`);
        numbers[key] = uint64(view, from, file);
        from += 8;
      }
    } else if (id === EXTRA_UNICODE_PATH && length > 5 && view.getUint8(start) === 1) {
      // It holds for the name that it was made for; a tool that renames leaves it behind.
      if (view.getUint32(start + 1, true) === crc32(stored))
        name = new TextDecoder().decode(bytes.subarray(start + 5, start + length));
    }
  }
  if (flags & FLAG_ENCRYPTED) throw new DataFormatError(file, at, `'${name}' without encryption`);
  // MS-DOS hosts (0) may write their own separator.
  if (host === 0 && !name.includes('/')) name = name.replaceAll('\\', '/');
  const { size, packed } = numbers;
  const checksum = view.getUint32(at + 16, true);
  return { entry: { name, method: view.getUint16(at + 10, true), checksum, packed, size, local: numbers.local + shift }, next };
}

/**
 * Lists the entries of an archive.
 *
 * @throws DataFormatError where the records at the end and the entries do not fit each other
 */
export function readDirectory(bytes: Uint8Array, file: string): DirectoryEntry[] {
  const view = dataView(bytes);
  const { count, size, start, end } = readEnd(bytes, view, file);
  // A program before the archive (one that unpacks itself) moves everything by its length.
  const shift = end - size - start;
  if (shift < 0) throw new DataFormatError(file, end, `a directory of ${size} bytes at byte ${start} before its end record`);
  const entries: DirectoryEntry[] = [];
  let at = start + shift;
  let packed = 0;
  while (at < end) {
    const number = entries.length;
    if (at + ENTRY_SIZE > end || view.getUint32(at, true) !== ENTRY)
      throw new DataFormatError(file, at, `entry ${number} of the directory`);
    const { entry, next } = readEntry(bytes, view, at, shift, file);
    packed += entry.packed;
    if (packed > bytes.length) throw new DataFormatError(file, at, `entries that do not overlap ('${entry.name}' does)`);
    entries.push(entry);
    at = next;
  }
  if (at !== end || (count !== undefined && entries.length !== count)) {
    throw new DataFormatError(file, end, `a directory of ${count ?? 'some'} entries in ${size} bytes, found ${entries.length}`);
  }
  return entries;
}
