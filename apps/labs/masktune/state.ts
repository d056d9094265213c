/** What a run has reached, as one file: it goes on from there after a lost device, or in the next leg of a long run. */
import { ConfigError } from '../../../engine/errors.ts';
import { readSafetensors, type SafetensorsTensor, writeSafetensors } from '../../../engine/io/safetensors.ts';
import type { Parameter } from '../../runtime/schema.ts';
import type { MaskFacts } from './masking.ts';
import type { Outcomes } from './repairs.ts';
import { schema } from './schema.ts';
import type { ModelScores } from './scores.ts';
import type { Config } from './studio.ts';

/** Results so far: plain data. */
export interface Reached {
  readonly models: readonly ModelScores[];
  readonly masks: readonly MaskFacts[];
  readonly trainingAccuracy: number | null;
  /** Seconds of one pass over the training set, and of its maps. */
  readonly seconds: { readonly forward: number; readonly maps: number } | null;
  readonly outcomes: Outcomes;
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

/** Settings that a reader may change on the way, and of which the rows of a repair table are made. */
const OF_ROWS = ['rate', 'rule', 'strength', 'hard', 'mapOf', 'tuneWith', 'tuneRate', 'tuneEpochs'] as const;

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

/** @throws ConfigError where the file belongs to another lab or to a run with other settings */
export function readState(bytes: Uint8Array, config: Config): State {
  const { tensors, metadata } = readSafetensors(bytes, 'checkpoint');
  const text = metadata[KEY];
  if (text === undefined) throw new ConfigError('checkpoint', 'it is none of this lab’s runs.');
  const about = JSON.parse(text) as { reached: Reached; steps: number; seed: number | null; config: string };
  if (about.config !== identity(config)) {
    throw new ConfigError(
      'checkpoint',
      `it belongs to a run with other settings. Go on with those it was made with: ${about.config}`,
    );
  }
  const bytesOf = (tensor: SafetensorsTensor | undefined) => tensor?.data as Uint8Array | undefined;
  const erm = bytesOf(tensors.get(ERM));
  return {
    reached: about.reached,
    steps: about.steps,
    erm: erm && about.seed !== null ? { seed: about.seed, bytes: erm } : null,
    networks: new Map(
      [...tensors].flatMap(([name, tensor]) =>
        name.startsWith(MODEL) ? [[name.slice(MODEL.length), bytesOf(tensor) as Uint8Array]] : [],
      ),
    ),
  };
}
