import { deflateRawSync } from 'node:zlib';
import { crc32 } from '../../../engine/data/formats/crc32.ts';

/** An entry for `zip64Of`. */
export interface ZipFile {
  readonly name: string | Uint8Array;
  readonly data: Uint8Array;
  readonly method?: 0 | 8;
  readonly flags?: number;
  /** Upper byte of 'version made by': 0 is MS-DOS, 3 Unix. */
  readonly host?: number;
  /** Further extra field of the directory entry, whole. */
  readonly extra?: Uint8Array;
  /** Lies, for damaged archives. */
  readonly says?: { readonly size?: number; readonly packed?: number };
}

/** How the end of the archive is written. */
export interface ZipForm {
  /** Sizes, offsets and the count in 64-bit fields only. */
  readonly zip64?: boolean;
  /** Bytes before the archive that its offsets do not count. */
  readonly before?: Uint8Array;
  readonly comment?: string;
  readonly count?: number;
}

const fields = (...values: readonly (readonly [bytes: 2 | 4 | 8, value: number])[]): Buffer =>
  Buffer.concat(
    values.map(([bytes, value]) => {
      const out = Buffer.alloc(bytes);
      if (bytes === 8) out.writeBigUInt64LE(BigInt(value));
      else out.writeUIntLE(value, 0, bytes);
      return out;
    }),
  );

/** A ZIP archive, written by the fields of APPNOTE 4.3. */
export function zip64Of(files: readonly ZipFile[], form: ZipForm = {}): Uint8Array {
  const { zip64 = false, before = new Uint8Array(0), comment = '', count = files.length } = form;
  const parts: Buffer[] = [];
  const entries: Buffer[] = [];
  let at = 0;
  const push = (part: Buffer): void => {
    parts.push(part);
    at += part.length;
  };
  for (const { name: text, data, method = 8, flags = 0, host = 3, extra = new Uint8Array(0), says = {} } of files) {
    const name = typeof text === 'string' ? Buffer.from(text) : Buffer.from(text);
    const stored = method === 8 ? deflateRawSync(data) : Buffer.from(data);
    const { size = data.length, packed = stored.length } = says;
    const local = at;
    push(
      fields(
        [4, 0x04034b50],
        [2, 45],
        [2, flags],
        [2, method],
        [4, 0],
        [4, crc32(data)],
        [4, packed],
        [4, size],
        [2, name.length],
        [2, 0],
      ),
    );
    push(Buffer.concat([name, stored]));
    const wide = zip64 ? fields([2, 1], [2, 24], [8, size], [8, packed], [8, local]) : Buffer.alloc(0);
    const more = Buffer.concat([wide, extra]);
    entries.push(
      fields([4, 0x02014b50], [2, 45 | (host << 8)], [2, 45], [2, flags], [2, method], [4, 0], [4, crc32(data)]),
      fields([4, zip64 ? 0xffffffff : packed], [4, zip64 ? 0xffffffff : size], [2, name.length], [2, more.length]),
      fields([2, 0], [2, 0], [2, 0], [4, 0], [4, zip64 ? 0xffffffff : local]),
      name,
      more,
    );
  }
  const start = at;
  for (const entry of entries) push(entry);
  const size = at - start;
  if (zip64) {
    const record = at;
    push(fields([4, 0x06064b50], [8, 44], [2, 45], [2, 45], [4, 0], [4, 0], [8, count], [8, count], [8, size], [8, start]));
    push(fields([4, 0x07064b50], [4, 0], [8, record], [4, 1]));
  }
  const [n, s, o] = zip64 ? [0xffff, 0xffffffff, 0xffffffff] : [count, size, start];
  push(fields([4, 0x06054b50], [2, 0], [2, 0], [2, n], [2, n], [4, s], [4, o], [2, comment.length]));
  push(Buffer.from(comment));
  return new Uint8Array(Buffer.concat([before, ...parts]));
}
