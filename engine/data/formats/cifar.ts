import { DataFormatError } from '../../errors.ts';
import { maybeGunzip } from './gzip.ts';

const SIDE = 32;
const CHANNELS = 3;
const PLANE = SIDE * SIDE;
/** One label byte, then the red, green and blue planes, each row by row. */
const RECORD = 1 + CHANNELS * PLANE;
const CLASSES = 10;

/** Images of a CIFAR-10 batch, with the colours of a pixel side by side (NHWC). */
export interface CifarBatch {
  readonly count: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly images: Uint8Array;
  readonly labels: Uint8Array;
}

/**
 * Reads a CIFAR-10 batch in the official binary format (Krizhevsky 2009), raw or gzipped, of any number of records, and turns the colour
 * planes of the file into interleaved pixels.
 *
 * @param bytes the whole file
 * @param file its name, for messages
 * @throws DataFormatError when the file is no whole number of records or a label is not 0…9
 */
export async function readCifar10(bytes: Uint8Array, file: string): Promise<CifarBatch> {
  const raw = await maybeGunzip(bytes, file);
  const count = Math.floor(raw.length / RECORD);
  if (count === 0 || raw.length % RECORD !== 0) {
    throw new DataFormatError(
      file,
      raw.length,
      `a whole number of records of ${RECORD} bytes, found ${count} records and ${raw.length % RECORD} bytes`,
    );
  }
  const images = new Uint8Array(count * CHANNELS * PLANE);
  const labels = new Uint8Array(count);
  let out = 0;
  for (let n = 0; n < count; n++) {
    const start = n * RECORD;
    const label = raw[start] as number;
    if (label >= CLASSES) throw new DataFormatError(file, start, `a label of 0 to ${CLASSES - 1}, found ${label}`);
    labels[n] = label;
    const red = start + 1;
    for (let pixel = 0; pixel < PLANE; pixel++) {
      images[out++] = raw[red + pixel] as number;
      images[out++] = raw[red + PLANE + pixel] as number;
      images[out++] = raw[red + 2 * PLANE + pixel] as number;
    }
  }
  return { count, height: SIDE, width: SIDE, channels: CHANNELS, images, labels };
}
