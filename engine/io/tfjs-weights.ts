import { baseName, concatBytes } from '../data/formats/bytes.ts';
import { DataFormatError } from '../errors.ts';
import { elementsOf, isCount, isFiniteNumber, isRecord, shown } from '../json.ts';
import type { StateTensor } from '../nn/border.ts';

/** One group of the weights manifest: shards that, joined, hold the weights one after another. */
interface WeightGroup {
  readonly paths: readonly string[];
  readonly weights: readonly WeightEntry[];
}

interface WeightEntry {
  readonly name: string;
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly quantization?: unknown;
}

const isWeight = (value: unknown): value is WeightEntry =>
  isRecord(value) &&
  typeof value.name === 'string' &&
  Array.isArray(value.shape) &&
  value.shape.every(isCount) &&
  typeof value.dtype === 'string';

const isGroup = (value: unknown): value is WeightGroup =>
  isRecord(value) &&
  Array.isArray(value.paths) &&
  value.paths.every((path) => typeof path === 'string') &&
  Array.isArray(value.weights) &&
  value.weights.every(isWeight);

/** The groups of a model.json's `weightsManifest`. */
function parseManifest(manifest: unknown, file: string): readonly WeightGroup[] {
  if (!Array.isArray(manifest) || !manifest.every(isGroup)) {
    throw new DataFormatError(file, 0, 'a weightsManifest of groups { paths, weights: [{ name, shape, dtype }] }');
  }
  return manifest;
}

/** Paths of all shards that a manifest names, in order. */
export function shardPaths(manifest: unknown, file: string): string[] {
  return parseManifest(manifest, file).flatMap((group) => [...group.paths]);
}

/** How a weight is stored: bytes of a value, and what turns stored bytes into values. */
interface Storage {
  readonly bytes: number;
  readonly decode: (buffer: ArrayBuffer) => Float32Array;
}

/** An IEEE 754 half from its bits: sign, 5 bits of exponent with bias 15, 10 of fraction. */
function halfToFloat(bits: number): number {
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  const size =
    exponent === 31
      ? fraction === 0
        ? Number.POSITIVE_INFINITY
        : Number.NaN
      : exponent === 0
        ? fraction * 2 ** -24
        : (1 + fraction / 1024) * 2 ** (exponent - 15);
  return bits & 0x8000 ? -size : size;
}

/**
 * float32 as it is; quantised, float16 as it is or 8- and 16-bit whole numbers as value · scale + min
 * (tfjs-core/src/io/types.ts, `WeightsManifestEntry`).
 */
function storageOf({ name, dtype, quantization }: WeightEntry, file: string): Storage {
  const fail = (expectation: string): never => {
    throw new DataFormatError(file, 0, `${expectation} of '${name}', found ${shown(quantization ?? dtype)}`);
  };
  if (dtype !== 'float32') return fail('the element type float32');
  if (quantization === undefined || quantization === null) return { bytes: 4, decode: (buffer) => new Float32Array(buffer) };
  if (!isRecord(quantization)) return fail('a quantization { dtype, scale, min }');
  if (quantization.dtype === 'float16') {
    return { bytes: 2, decode: (buffer) => Float32Array.from(new Uint16Array(buffer), halfToFloat) };
  }
  const Stored = quantization.dtype === 'uint8' ? Uint8Array : quantization.dtype === 'uint16' ? Uint16Array : undefined;
  if (!Stored) return fail('quantization to uint8, uint16 or float16');
  const { scale, min } = quantization;
  if (!isFiniteNumber(scale) || !isFiniteNumber(min)) return fail('a quantization with numbers scale and min');
  return {
    bytes: Stored.BYTES_PER_ELEMENT,
    decode: (buffer) => Float32Array.from(new Stored(buffer), (value: number) => value * scale + min),
  };
}

/**
 * Reads every weight of a TensorFlow.js model.
 *
 * @param manifest the `weightsManifest` of its model.json
 * @param file name of the model.json, for messages
 * @param readShard returns the bytes of a shard by the path in the manifest
 * @returns weight name → shape (TensorFlow's layout) and values
 * @throws DataFormatError when shards are too short or too long, or hold an element type that networks do not use
 */
export async function readTfjsWeights(
  manifest: unknown,
  file: string,
  readShard: (path: string) => Promise<Uint8Array>,
): Promise<Map<string, StateTensor>> {
  const out = new Map<string, StateTensor>();
  const groups = parseManifest(manifest, file);
  const shards = await Promise.all(groups.map((group) => Promise.all(group.paths.map(readShard))));
  groups.forEach((group, index) => {
    const bytes = concatBytes(shards[index] ?? []);
    const shard = group.paths.map(baseName).join(' + ');
    let offset = 0;
    for (const weight of group.weights) {
      const { bytes: width, decode } = storageOf(weight, file);
      const length = elementsOf([...weight.shape, width]);
      if (length === undefined) throw new DataFormatError(file, 0, `a shape of less than 2^53 bytes for '${weight.name}'`);
      if (out.has(weight.name)) throw new DataFormatError(file, 0, `each weight once, found ${shown(weight.name)} twice`);
      if (offset + length > bytes.length) {
        throw new DataFormatError(shard, bytes.length, `${offset + length} bytes up to the end of '${weight.name}'`);
      }
      out.set(weight.name, { shape: weight.shape, data: decode(new Uint8Array(bytes.subarray(offset, offset + length)).buffer) });
      offset += length;
    }
    if (offset < bytes.length)
      throw new DataFormatError(shard, offset, `the end of the shard, found ${bytes.length - offset} more bytes`);
  });
  return out;
}
