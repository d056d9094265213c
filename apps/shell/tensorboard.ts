/**
 * The curves of a run as an event file of TensorBoard: records of the TFRecord format (length, data, and a masked CRC-32C of each), each a
 * protocol-buffer message `Event {wall_time, step, summary {tag, simple_value}}`. One tag for each curve, `chart/series`.
 */
import type { Contract } from '../runtime/contract.ts';
import type { RunStore } from '../runtime/store.ts';

/** CRC-32C (Castagnoli), byte by byte. */
const CRC = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0x82f63b78 : value >>> 1;
  return value;
});

export function crc32c(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (value >>> 8) ^ (CRC[(value ^ byte) & 255] as number);
  return (value ^ 0xffffffff) >>> 0;
}

/** As TFRecord stores a checksum: turned and shifted, so that it is safe to take the checksum of data that holds checksums. */
const masked = (bytes: Uint8Array): number => {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
};

/** Protocol-buffer fields. */
const varint = (value: number): number[] => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
};
const number = (field: number, bits: 32 | 64, value: number): number[] => {
  const view = new DataView(new ArrayBuffer(bits / 8));
  if (bits === 32) view.setFloat32(0, value, true);
  else view.setFloat64(0, value, true);
  return [(field << 3) | (bits === 32 ? 5 : 1), ...new Uint8Array(view.buffer)];
};
const bytesOf = (field: number, bytes: ArrayLike<number>): number[] => [
  (field << 3) | 2,
  ...varint(bytes.length),
  ...Array.from(bytes),
];
const textOf = (field: number, text: string): number[] => bytesOf(field, new TextEncoder().encode(text));

function record(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(16 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length, true);
  view.setUint32(8, masked(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, masked(data), true);
  return bytes;
}

/**
 * @param seconds since 1970: when the run was, for TensorBoard's clock
 * @returns the content of a file whose name must hold `tfevents`; points that are not finite are there too
 */
export function tensorboardEvents(store: RunStore<Contract>, seconds: number): Uint8Array<ArrayBuffer> {
  const event = (...fields: number[][]) => record(Uint8Array.from([number(1, 64, seconds), ...fields].flat()));
  const records = [event(textOf(3, 'brain.Event:2'))];
  for (const [chart, series] of store.charts) {
    for (const { name, x, y } of series.values()) {
      const tag = textOf(1, `${chart}/${name}`);
      x.forEach((at, i) => {
        const summary = bytesOf(5, bytesOf(1, [...tag, ...number(2, 32, y[i] as number)]));
        // Steps are whole; a curve over anything else is numbered.
        const step = Number.isSafeInteger(at) && at >= 0 ? at : i;
        records.push(event([0x10, ...varint(step)], summary));
      });
    }
  }
  const all = new Uint8Array(records.reduce((sum, { length }) => sum + length, 0));
  let offset = 0;
  for (const one of records) {
    all.set(one, offset);
    offset += one.length;
  }
  return all;
}
