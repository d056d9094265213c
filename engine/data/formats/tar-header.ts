import { DataFormatError } from '../../errors.ts';

/** Headers of tar archives (POSIX.1-2017, pax; GNU tar manual, 'Basic Tar Format'). */

/** Headers and contents fill whole blocks of so many bytes. */
export const BLOCK = 512;

/** A header's fields that matter for reading. */
export interface TarHeader {
  readonly name: string;
  readonly size: number;
  readonly type: string;
}

const text = new TextDecoder();

/** A zero-terminated string field. */
export function stringField(bytes: Uint8Array, start: number, length: number): string {
  const field = bytes.subarray(start, start + length);
  const end = field.indexOf(0);
  return text.decode(end < 0 ? field : field.subarray(0, end));
}

/** A number field: octal digits, or base 256 when the first bit is set (GNU, for sizes of 8 GiB and more). */
function numberField(header: Uint8Array, start: number, length: number): number | undefined {
  const first = header[start] as number;
  if (first & 0x80) {
    // The second bit is the sign; nothing that is read here can be negative.
    if (first & 0x40) return undefined;
    let value = first & 0x3f;
    for (let i = 1; i < length; i++) value = value * 256 + (header[start + i] as number);
    return Number.isSafeInteger(value) ? value : undefined;
  }
  const digits = stringField(header, start, length).trim();
  if (digits === '') return 0;
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined;
}

/** True where the checksum holds; some old archivers summed signed bytes. */
function isIntact(header: Uint8Array): boolean {
  let sum = 0;
  let signed = 0;
  for (let i = 0; i < BLOCK; i++) {
    // The checksum field itself is read as spaces.
    const byte = i >= 148 && i < 156 ? 32 : (header[i] as number);
    sum += byte;
    signed += byte > 127 ? byte - 256 : byte;
  }
  const stored = numberField(header, 148, 8);
  return stored === sum || stored === signed;
}

/** The folders before the name: POSIX has them at 345; GNU keeps times there, star has 131 bytes of them. */
function prefixOf(header: Uint8Array): string {
  // 'ustar' and a zero is POSIX; GNU writes 'ustar' and two spaces.
  if (stringField(header, 257, 6) !== 'ustar' || header[262] !== 0) return '';
  return stringField(header, 345, stringField(header, 508, 4) === 'tar' ? 131 : 155);
}

/**
 * Reads a header.
 *
 * @param at its place in the archive, for messages
 * @throws DataFormatError where the checksum or the size is wrong
 */
export function readHeader(header: Uint8Array, at: number, file: string): TarHeader {
  if (!isIntact(header)) throw new DataFormatError(file, at, 'a tar header with a correct checksum');
  const size = numberField(header, 124, 12);
  if (size === undefined) {
    throw new DataFormatError(file, at + 124, `a size in octal digits or base 256, found '${stringField(header, 124, 12)}'`);
  }
  const prefix = prefixOf(header);
  const short = stringField(header, 0, 100);
  return { name: prefix ? `${prefix}/${short}` : short, size, type: String.fromCharCode(header[156] as number) };
}

/**
 * The records 'length key=value\n' of a pax extended header; an empty value takes back what an earlier one said.
 *
 * @param at where `data` start in the archive, for messages
 * @throws DataFormatError where a record is damaged
 */
export function readPax(data: Uint8Array, at: number, file: string): Map<string, string> {
  const out = new Map<string, string>();
  for (let offset = 0; offset < data.length; ) {
    const space = data.indexOf(32, offset);
    const digits = space < 0 ? '' : text.decode(data.subarray(offset, space));
    const end = offset + Number(digits);
    const equals = data.indexOf(61, space);
    if (!/^[1-9]\d{0,9}$/.test(digits) || end > data.length || data[end - 1] !== 10 || equals < 0 || equals >= end) {
      throw new DataFormatError(file, at + offset, "a pax record 'length key=value' with a line break at its end");
    }
    out.set(text.decode(data.subarray(space + 1, equals)), text.decode(data.subarray(equals + 1, end - 1)));
    offset = end;
  }
  return out;
}
