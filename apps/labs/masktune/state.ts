/** What a run has reached, as one file: it goes on from there after a lost device, or in the next leg of a long run. */
import { ConfigError } from '../../../engine/errors.ts';
import { readSafetensors, type SafetensorsTensor, writeSafetensors } from '../../../engine/io/safetensors.ts';
import { isCount, isRecord } from '../../../engine/json.ts';
import { damaged, jsonOf } from '../../runtime/checkpoint-settings.ts';
import type { Parameter } from '../../runtime/schema.ts';
import type { MaskFacts } from './masking.ts';
import type { Outcomes } from './repairs.ts';
import { schema } from './schema.ts';
import type { ModelScores } from './scores.ts';
import type { Config } from './studio.ts';

/** The first network. */
export const BASE = 'ERM';

/** Results so far: plain data. */
export interface Reached {
  readonly models: readonly ModelScores[];
  readonly masks: readonly MaskFacts[];
  readonly trainingAccuracy: number | null;
  /** Seconds of one pass over the training set, and of its maps. */
  readonly seconds: { readonly forward: number; readonly maps: number } | null;
  readonly outcomes: Outcomes;
  /** What the fine-tuning of one rule was made with: its control and what is shown of it are made with the same. */
  readonly tuned?: TunedWith;
}

export const nothingReached: Reached = { models: [], masks: [], trainingAccuracy: null, seconds: null, outcomes: {} };

export interface State {
  readonly reached: Reached;
  /** Steps of the study that are done. */
  readonly steps: number;
  /** Checkpoint of the first training, and of which seed it is. */
  readonly erm: { readonly seed: number; readonly bytes: Uint8Array } | null;
  /** Files of the fine-tuned networks, by name. */
  readonly networks: ReadonlyMap<string, Uint8Array>;
}

const parameters: Readonly<Record<string, Parameter>> = schema;
const KEY = 'chalkgrad.masktune';
const MODEL = 'model ';
const ERM = 'erm';

/** Settings that a reader may change on the way, and of which models and the rows of a repair table are made. */
const OF_ROWS = ['rate', 'rule', 'strength', 'hard', 'mapOf', 'tuneWith', 'tuneRate', 'tuneEpochs'] as const;

export type TunedWith = Pick<Config, (typeof OF_ROWS)[number]>;

export const tunedWith = (config: Config): TunedWith =>
  Object.fromEntries(OF_ROWS.map((key) => [key, config[key]])) as unknown as TunedWith;

/** Whether a reader has changed what the rows of a repair table are made of. */
export const rowsWouldDiffer = (config: Config, live: Config): boolean => OF_ROWS.some((key) => live[key] !== config[key]);

/** The settings that a run cannot change on its way; more seeds may follow. Seeds of a repair table are paired: they are made alike. */
function identity(config: Config): string {
  const fixed = (key: string) =>
    parameters[key]?.live === 'restart' || (config.study === 'repairs' && (OF_ROWS as readonly string[]).includes(key));
  return JSON.stringify(Object.fromEntries(Object.entries(config).filter(([key]) => key !== 'seeds' && fixed(key))));
}

const asTensor = (bytes: Uint8Array): SafetensorsTensor => ({ dtype: 'U8', shape: [bytes.length], data: new Uint8Array(bytes) });

export function writeState({ reached, steps, erm, networks }: State, config: Config): Uint8Array<ArrayBuffer> {
  const tensors: [string, SafetensorsTensor][] = [...networks].map(([name, bytes]) => [MODEL + name, asTensor(bytes)]);
  if (erm) tensors.push([ERM, asTensor(erm.bytes)]);
  const about = { reached, steps, seed: erm?.seed ?? null, config: identity(config) };
  // What the page reads to set its controls before a run goes on.
  const notes = { lab: 'masktune', config };
  return writeSafetensors(tensors, { [KEY]: JSON.stringify(about), chalkgrad: JSON.stringify({ notes }) });
}

/** @throws DataFormatError for a damaged file; ConfigError where it belongs to another lab or to a run with other settings */
export function readState(bytes: Uint8Array, config: Config): State {
  const { tensors, metadata } = readSafetensors(bytes, 'checkpoint');
  if (metadata[KEY] === undefined) throw new ConfigError('checkpoint', 'it is none of this lab’s runs.');
  const { reached, steps, seed, config: written } = jsonOf(metadata, KEY);
  if (written !== identity(config)) {
    throw new ConfigError('checkpoint', `it belongs to a run with other settings. Go on with those it was made with: ${written}`);
  }
  if (!isReached(reached) || !isCount(steps)) throw damaged('complete results in its metadata');
  const files = new Map<string, Uint8Array>();
  for (const [name, { dtype, data }] of tensors) {
    if (!(data instanceof Uint8Array)) throw damaged(`bytes of '${name}', found ${dtype}`);
    files.set(name, data);
  }
  const lost = reached.models.find(({ name }) => name !== BASE && !files.has(MODEL + name));
  if (lost) throw damaged(`the network of '${lost.name}'`);
  const erm = files.get(ERM);
  if (erm && !isCount(seed)) throw damaged('the seed of the first training');
  const networks = [...files].flatMap(([name, file]) =>
    name.startsWith(MODEL) ? [[name.slice(MODEL.length), file] as const] : [],
  );
  return { reached, steps, erm: erm ? { seed: seed as number, bytes: erm } : null, networks: new Map(networks) };
}

/** Whether a run could have written these results, as far as it goes by the form. */
function isReached(value: unknown): value is Reached {
  if (!isRecord(value)) return false;
  const { models, masks, outcomes, seconds } = value as Record<keyof Reached, unknown>;
  const isScores = (scores: unknown) => isRecord(scores) && Array.isArray(scores.perClass);
  const isModel = (model: unknown) =>
    isRecord(model) && isScores(model.raw) && isScores(model.biased) && isRecord(model.groups) && typeof model.name === 'string';
  if (!Array.isArray(models) || !models.every(isModel)) return false;
  if (!Array.isArray(masks) || !masks.every((facts) => isRecord(facts) && typeof facts.rule === 'string')) return false;
  if (!isRecord(outcomes) || !Object.values(outcomes).every((seeds) => isRecord(seeds) && Object.values(seeds).every(isRecord)))
    return false;
  return seconds === null || isRecord(seconds);
}
