import { concatBytes, dataView, requireBytes } from '../data/formats/bytes.ts';
import { ConfigError, DataFormatError } from '../errors.ts';
import { elementsOf, isCount, isRecord, parseJson, repeatedName, shown } from '../json.ts';

/**
 * The safetensors format (github.com/huggingface/safetensors): a little-endian uint64 with the length of a JSON header, the header
 * { name: { dtype, shape, data_offsets } }, then the tensors' bytes without gaps. Read and written so that Python's library agrees.
 */

/** Element types that are read and written; I64 values are bigint. */
export type SafetensorsDtype = 'F32' | 'I32' | 'U8' | 'U32' | 'I64';

/** Typed array of each element type. */
export interface SafetensorsArrays {
  F32: Float32Array;
  I32: Int32Array;
  U8: Uint8Array;
  U32: Uint32Array;
  I64: BigInt64Array;
}

/** One tensor of a file. A scalar has the shape []. */
export interface SafetensorsTensor<D extends SafetensorsDtype = SafetensorsDtype> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: SafetensorsArrays[D];
}

/** What a file holds. */
export interface SafetensorsFile {
  readonly tensors: Map<string, SafetensorsTensor>;
  /** The free text entries of the header ('__metadata__'). */
  readonly metadata: Readonly<Record<string, string>>;
}

const BYTES: Readonly<Record<SafetensorsDtype, number>> = { F32: 4, I32: 4, U8: 1, U32: 4, I64: 8 };

const ARRAYS = { F32: Float32Array, I32: Int32Array, U8: Uint8Array, U32: Uint32Array, I64: BigInt64Array } as const;

/** Longest header that the Python library accepts. */
const MAX_HEADER = 100_000_000;

/** Order of the tensors in a file: that of the Python library, which puts wide types first so that all are aligned. */
const RANK: Readonly<Record<SafetensorsDtype, number>> = { I64: 0, F32: 1, U32: 2, I32: 3, U8: 4 };

const isDtype = (value: unknown): value is SafetensorsDtype => typeof value === 'string' && Object.hasOwn(BYTES, value);

const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;

/** A typed array over a copy of the bytes, which may start at any offset and so cannot be viewed in place. */
function typedCopy(dtype: SafetensorsDtype, bytes: Uint8Array): SafetensorsArrays[SafetensorsDtype] {
  // Not bytes.slice(): on a Buffer of Node that is another view of the same memory.
  const copy = new Uint8Array(bytes);
  if (!littleEndian) swapBytes(copy, BYTES[dtype]);
  const { buffer } = copy;
  if (dtype === 'F32') return new Float32Array(buffer);
  if (dtype === 'I32') return new Int32Array(buffer);
  if (dtype === 'U32') return new Uint32Array(buffer);
  if (dtype === 'I64') return new BigInt64Array(buffer);
  return copy;
}

function swapBytes(bytes: Uint8Array, width: number): void {
  for (let i = 0; i + width <= bytes.length; i += width) bytes.subarray(i, i + width).reverse();
}

interface HeaderEntry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

function headerEntry(name: string, value: unknown, file: string): HeaderEntry {
  const fail = (expectation: string): never => {
    throw new DataFormatError(file, 8, `${expectation} for '${name}' in the header, found ${shown(value)}`);
  };
  if (!isRecord(value)) return fail('an object');
  const { dtype, shape, data_offsets: span } = value;
  if (!isDtype(dtype)) return fail(`one of the element types ${Object.keys(BYTES).join(', ')}`);
  if (!Array.isArray(shape) || !shape.every(isCount)) return fail('a shape of whole numbers');
  if (!Array.isArray(span) || span.length !== 2 || !span.every(isCount)) return fail('two data_offsets');
  const [begin, end] = span as [number, number];
  const bytes = elementsOf([...(shape as number[]), BYTES[dtype]]);
  if (bytes === undefined) return fail('a shape of less than 2^53 bytes');
  if (end - begin !== bytes) return fail(`data_offsets ${bytes} bytes apart`);
  return { name, dtype, shape: shape as number[], begin, end };
}

/** Parses the header as JSON, refusing what JSON.parse lets through: names given twice. */
function parseHeader(text: string, file: string): Readonly<Record<string, unknown>> {
  const header = parseJson(text, file, 8, 'a header of JSON');
  if (!isRecord(header)) throw new DataFormatError(file, 8, 'a JSON object as header');
  const twice = repeatedName(text);
  if (twice !== undefined) throw new DataFormatError(file, 8, `each name once in the header, found ${shown(twice)} twice`);
  return header;
}

/**
 * Reads a safetensors file, checking everything that the format demands: element types, sizes, no gaps, no overlaps, nothing left over.
 *
 * @param bytes the whole file
 * @param file its name, for messages
 * @throws DataFormatError where the file departs from the format
 */
export function readSafetensors(bytes: Uint8Array, file = 'safetensors'): SafetensorsFile {
  requireBytes(bytes, 8, file, 'the length of the header');
  const length = Number(dataView(bytes).getBigUint64(0, true));
  if (length > MAX_HEADER) throw new DataFormatError(file, 0, `a header of at most ${MAX_HEADER} bytes, found ${length}`);
  requireBytes(bytes, 8 + length, file, `a header of ${length} bytes`);
  if (bytes[8] !== 0x7b) throw new DataFormatError(file, 8, "a header that starts with '{'");
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, 8 + length));
  } catch (error) {
    throw new DataFormatError(file, 8, 'a header in UTF-8', { cause: error });
  }
  const { __metadata__: metadata = {}, ...named } = parseHeader(text, file);
  if (!isRecord(metadata) || !Object.values(metadata).every((value) => typeof value === 'string')) {
    throw new DataFormatError(file, 8, `__metadata__ as an object of texts, found ${shown(metadata)}`);
  }
  const start = 8 + length;
  const entries = Object.entries(named).map(([name, value]) => headerEntry(name, value, file));
  let expected = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== expected)
      throw new DataFormatError(file, start + begin, `'${name}' to start at byte ${expected} of the data, it starts at ${begin}`);
    expected = end;
  }
  requireBytes(bytes, start + expected, file, 'all tensors');
  if (bytes.length > start + expected) {
    throw new DataFormatError(file, start + expected, `the end of the file, found ${bytes.length - start - expected} more bytes`);
  }
  const tensors = new Map<string, SafetensorsTensor>();
  for (const { name, dtype, shape, begin, end } of entries) {
    tensors.set(name, { dtype, shape, data: typedCopy(dtype, bytes.subarray(start + begin, start + end)) });
  }
  return { tensors, metadata: metadata as Record<string, string> };
}

/**
 * Writes a safetensors file. Tensors are ordered by element type, wide ones first, then by name, and the header is padded with spaces to a
 * multiple of 8 bytes, as the Python library does, so that a reader can map every tensor in place. Equal content gives equal bytes.
 *
 * @param tensors name → tensor
 * @param metadata free text entries
 * @throws ConfigError when a tensor's data do not fill its shape or a name is reserved
 */
export function writeSafetensors(
  tensors: Iterable<readonly [string, SafetensorsTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const ordered = [...tensors].sort(([a, x], [b, y]) => RANK[x.dtype] - RANK[y.dtype] || (a < b ? -1 : a > b ? 1 : 0));
  const fields: string[] = [];
  if (Object.keys(metadata).length > 0) {
    const sorted = Object.fromEntries(Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1)));
    fields.push(`"__metadata__":${JSON.stringify(sorted)}`);
  }
  const parts: Uint8Array[] = [];
  const seen = new Set<string>();
  let offset = 0;
  for (const [name, { dtype, shape, data }] of ordered) {
    if (name === '__metadata__' || seen.has(name))
      throw new ConfigError(`tensors['${name}']`, 'must be a name of its own, not reserved');
    seen.add(name);
    // The type alone says how the bytes are read back.
    if (!isDtype(dtype) || !(data instanceof ARRAYS[dtype])) {
      throw new ConfigError(
        `tensors['${name}']`,
        `must have one of the types ${Object.keys(BYTES).join(', ')} and an array of that type`,
      );
    }
    if (!shape.every((size) => isCount(size)))
      throw new ConfigError(`tensors['${name}']`, `must have a shape of whole numbers, has [${shape.join(', ')}]`);
    const elements = shape.reduce((product, size) => product * size, 1);
    if (data.length !== elements) {
      throw new ConfigError(
        `tensors['${name}']`,
        `has ${data.length} elements, but its shape [${shape.join(', ')}] needs ${elements}`,
      );
    }
    const bytes = new Uint8Array(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    if (!littleEndian) swapBytes(bytes, BYTES[dtype]);
    const span = [offset, offset + bytes.length];
    fields.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: span })}`);
    parts.push(bytes);
    offset += bytes.length;
  }
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  const header = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20);
  header.set(json, 8);
  dataView(header).setBigUint64(0, BigInt(header.length - 8), true);
  return concatBytes([header, ...parts]);
}
