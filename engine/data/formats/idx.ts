import { DataFormatError } from '../../errors.ts';
import { dataView, requireBytes } from './bytes.ts';
import { firstBytes, maybeGunzip } from './gzip.ts';

/** Element type code of an IDX file that holds unsigned bytes. The format knows others; the image sets use this one. */
const UNSIGNED_BYTE = 0x08;

/** An array of unsigned bytes read from an IDX file. */
export interface IdxArray {
  /** Sizes of the axes, outermost first. */
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

const MOST_AXES = 4;

/** Bytes behind the last element that are decompressed, to say how many there are. */
const SLACK = 1 << 16;

/** The shape at the start of a file, how many bytes it takes and how many elements follow. */
function readShape(raw: Uint8Array, file: string): { shape: number[]; header: number; count: number } {
  requireBytes(raw, 4, file, 'an IDX magic number');
  if (raw[0] !== 0 || raw[1] !== 0) {
    const found = [...raw.subarray(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    throw new DataFormatError(file, 0, `an IDX magic number 00 00 08 0n, found ${found}`);
  }
  if (raw[2] !== UNSIGNED_BYTE) {
    throw new DataFormatError(
      file,
      2,
      `element type 0x08 (unsigned byte), found 0x${(raw[2] ?? 0).toString(16).padStart(2, '0')}`,
    );
  }
  const rank = raw[3] ?? 0;
  if (rank < 1 || rank > MOST_AXES) throw new DataFormatError(file, 3, `1 to ${MOST_AXES} axes, found ${rank}`);
  const header = 4 + 4 * rank;
  requireBytes(raw, header, file, `${rank} axis sizes`);
  const view = dataView(raw);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis, false));
  return { shape, header, count: shape.reduce((product, size) => product * size, 1) };
}

/**
 * Reads an IDX file of unsigned bytes, raw or gzipped: magic number 00 00 08 rank, then one big-endian uint32 for each axis, then the
 * elements in row-major order (LeCun, Cortes & Burges: The MNIST database).
 *
 * @param bytes the whole file
 * @param file its name, for messages
 * @throws DataFormatError when it is no such file, is cut short or is too long
 */
export async function readIdx(bytes: Uint8Array, file: string): Promise<IdxArray> {
  // The header first: what it announces bounds what is decompressed.
  const { shape, header, count } = readShape(await firstBytes(bytes, 4 + 4 * MOST_AXES, file), file);
  const raw = await maybeGunzip(bytes, file, header + count + SLACK);
  requireBytes(raw, header + count, file, `${count} elements of shape [${shape.join(', ')}]`);
  if (raw.length > header + count) {
    throw new DataFormatError(file, header + count, `the end of the file, found ${raw.length - header - count} more bytes`);
  }
  return { shape, data: raw.subarray(header) };
}

/** Reads an IDX image file: shape [count, height, width], or [count, height, width, channels]. Errors as `readIdx`. */
export async function readIdxImages(
  bytes: Uint8Array,
  file: string,
): Promise<{ count: number; height: number; width: number; channels: number; images: Uint8Array }> {
  const { shape, data } = await readIdx(bytes, file);
  const [count = 0, height = 0, width = 0, channels = 1] = shape;
  if (shape.length < 3) throw new DataFormatError(file, 3, `3 or 4 axes (images), found ${shape.length}`);
  return { count, height, width, channels, images: data };
}

/** Reads an IDX label file: shape [count]. Errors as `readIdx`. */
export async function readIdxLabels(bytes: Uint8Array, file: string): Promise<Uint8Array> {
  const { shape, data } = await readIdx(bytes, file);
  if (shape.length !== 1) throw new DataFormatError(file, 3, `1 axis (labels), found ${shape.length}`);
  return data;
}
