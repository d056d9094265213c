import { DataFormatError } from '../../errors.ts';
import { dataView, requireBytes } from './bytes.ts';
import { maybeGunzip } from './gzip.ts';

/** Element type code of an IDX file that holds unsigned bytes. The format knows others; the image sets use this one. */
const UNSIGNED_BYTE = 0x08;

/** An array of unsigned bytes read from an IDX file. */
export interface IdxArray {
  /** Sizes of the axes, outermost first. */
  readonly shape: readonly number[];
  readonly data: Uint8Array;
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
  const raw = await maybeGunzip(bytes, file);
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
  if (rank < 1 || rank > 4) throw new DataFormatError(file, 3, `1 to 4 axes, found ${rank}`);
  const header = 4 + 4 * rank;
  requireBytes(raw, header, file, `${rank} axis sizes`);
  const view = dataView(raw);
  const shape: number[] = [];
  let count = 1;
  for (let axis = 0; axis < rank; axis++) {
    const size = view.getUint32(4 + 4 * axis, false);
    shape.push(size);
    count *= size;
  }
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
