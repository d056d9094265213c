import { commandFor, loadIndex, readEntry } from '../data/load.ts';
import type { DataSource, ReadOptions } from '../data/source.ts';
import { DataFormatError, MissingDataError } from '../errors.ts';
import { isCount, isFiniteNumber, isRecord, parseJson, shown } from '../json.ts';
import type { StateTensor } from '../nn/border.ts';
import type { LayerDefinition } from '../nn/definition.ts';
import type { ImportedNetwork } from './imported-network.ts';
import { readSafetensors } from './safetensors.ts';

/** A trained network with the names of its classes. */
export interface PretrainedNetwork extends ImportedNetwork {
  readonly name: string;
  readonly classNames: readonly string[];
  /** What the network expects: pixels divided by 255, then (x − mean)/std for each channel. */
  readonly mean: readonly number[];
  readonly std: readonly number[];
  readonly source: string;
}

/** Header texts of a network's safetensors file, as `npm run data` writes and `loadPretrained` reads them. */
export interface PretrainedMetadata {
  readonly network: string;
  readonly inputShape: string;
  readonly classNames: string;
  readonly mean: string;
  readonly std: string;
  readonly source: string;
}

/**
 * Loads a trained network, for example 'tiny-darknet'.
 *
 * @throws MissingDataError where it has not been prepared; DataFormatError for a damaged file
 */
export async function loadPretrained(
  name: string,
  options: ReadOptions & { readonly source: DataSource },
): Promise<PretrainedNetwork> {
  const index = await loadIndex(options.source, options.signal);
  const entry = Object.hasOwn(index.models, name) ? index.models[name] : undefined;
  if (!entry) throw new MissingDataError(name, commandFor(name));
  const { tensors, metadata } = readSafetensors(await readEntry(options.source, name, entry.file, options), entry.file);
  const state = new Map<string, StateTensor>();
  for (const [key, { dtype, shape, data }] of tensors) {
    if (!(data instanceof Float32Array)) throw new DataFormatError(entry.file, 8, `F32 for '${key}', found ${dtype}`);
    state.set(key, { shape, data });
  }
  const text = metadata as Partial<PretrainedMetadata>;
  /** A header text as JSON that `isFit` accepts. */
  const parse = <T>(key: Exclude<keyof PretrainedMetadata, 'source'>, isFit: (value: unknown) => value is T): T => {
    const value = parseJson(text[key] ?? '', entry.file, 8, `JSON in the header text '${key}'`);
    if (!isFit(value)) throw new DataFormatError(entry.file, 8, `another '${key}' in the header, found ${shown(value)}`);
    return value;
  };
  return {
    name,
    // What its layers are is checked where the network is built.
    network: parse('network', isList<LayerDefinition>),
    state,
    inputShape: parse('inputShape', isImageShape),
    classNames: parse('classNames', isTexts),
    mean: parse('mean', isNumbers),
    std: parse('std', isNumbers),
    source: text.source ?? '',
  };
}

const isList = <T>(value: unknown): value is readonly T[] => Array.isArray(value) && value.every(isRecord);
const isTexts = (value: unknown): value is string[] => Array.isArray(value) && value.every((v) => typeof v === 'string');
const isNumbers = (value: unknown): value is number[] => Array.isArray(value) && value.every(isFiniteNumber);
const isImageShape = (value: unknown): value is PretrainedNetwork['inputShape'] =>
  Array.isArray(value) && value.length === 3 && value.every((size) => isCount(size) && size > 0);
