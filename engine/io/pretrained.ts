import { commandFor, loadIndex, readEntry } from '../data/load.ts';
import type { DataSource, ReadOptions } from '../data/source.ts';
import { DataFormatError, MissingDataError } from '../errors.ts';
import type { StateTensor } from '../nn/border.ts';
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
  const entry = index.models[name];
  if (!entry) throw new MissingDataError(name, commandFor(name));
  const { tensors, metadata } = readSafetensors(await readEntry(options.source, name, entry.file, options), entry.file);
  const state = new Map<string, StateTensor>();
  for (const [key, { dtype, shape, data }] of tensors) {
    if (!(data instanceof Float32Array)) throw new DataFormatError(entry.file, 8, `F32 for '${key}', found ${dtype}`);
    state.set(key, { shape, data });
  }
  const text = metadata as Partial<PretrainedMetadata>;
  const parse = (key: Exclude<keyof PretrainedMetadata, 'source'>): unknown => {
    try {
      return JSON.parse(text[key] ?? '');
    } catch (error) {
      throw new DataFormatError(entry.file, 8, `JSON in the header text '${key}'`, { cause: error });
    }
  };
  return {
    name,
    network: parse('network') as PretrainedNetwork['network'],
    state,
    inputShape: parse('inputShape') as PretrainedNetwork['inputShape'],
    classNames: parse('classNames') as string[],
    mean: parse('mean') as number[],
    std: parse('std') as number[],
    source: text.source ?? '',
  };
}
