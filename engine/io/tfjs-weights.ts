import { baseName, concatBytes } from '../data/formats/bytes.ts';
import { DataFormatError } from '../errors.ts';
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
  readonly quantization?: { readonly dtype: string; readonly scale: number; readonly min: number };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const isWeight = (value: unknown): value is WeightEntry =>
  isRecord(value) &&
  typeof value.name === 'string' &&
  Array.isArray(value.shape) &&
  value.shape.every((size) => Number.isSafeInteger(size) && size >= 0) &&
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

/** Values of one weight: float32 as they are, or 8- or 16-bit integers expanded as value · scale + min. */
function decodeWeight(weight: WeightEntry, bytes: Uint8Array, file: string): Float32Array {
  const { quantization } = weight;
  const copy = new Uint8Array(bytes).buffer;
  if (!quantization) return new Float32Array(copy);
  const { dtype, scale, min } = quantization;
  if (dtype === 'uint8') return Float32Array.from(new Uint8Array(copy), (value) => value * scale + min);
  if (dtype === 'uint16') return Float32Array.from(new Uint16Array(copy), (value) => value * scale + min);
  throw new DataFormatError(file, 0, `quantization uint8 or uint16 of '${weight.name}', found ${dtype}`);
}

const STORED_BYTES: Readonly<Record<string, number>> = { float32: 4, uint8: 1, uint16: 2 };

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
      if (weight.dtype !== 'float32') throw new DataFormatError(file, 0, `float32 for '${weight.name}', found ${weight.dtype}`);
      const width = STORED_BYTES[weight.quantization?.dtype ?? 'float32'] ?? 4;
      const length = weight.shape.reduce((product, size) => product * size, width);
      if (offset + length > bytes.length) {
        throw new DataFormatError(shard, bytes.length, `${offset + length} bytes up to the end of '${weight.name}'`);
      }
      out.set(weight.name, { shape: weight.shape, data: decodeWeight(weight, bytes.subarray(offset, offset + length), file) });
      offset += length;
    }
    if (offset < bytes.length)
      throw new DataFormatError(shard, offset, `the end of the shard, found ${bytes.length - offset} more bytes`);
  });
  return out;
}
