import { DataFormatError } from '../../errors.ts';

/** Joins byte arrays into one new array. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    out.set(part, offset);
    offset += part.length;
  }
  return out;
}

/** First and last part of a path: 'train/church/a.jpg' → 'a.jpg'. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** A view for reading numbers of either byte order out of bytes that may start anywhere in their buffer. */
export function dataView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** Throws unless `bytes` holds at least `needed` bytes. */
export function requireBytes(bytes: Uint8Array, needed: number, file: string, what: string): void {
  if (bytes.length < needed) {
    throw new DataFormatError(file, bytes.length, `${what} (${needed} bytes in all), but the file ends here`);
  }
}
