/** The trainings of a run in one file: weights and moments by PyTorch's names, and what else a run must know to go on. */

import { isCount, isRecord } from '../../../engine/json.ts';
import type { StateDict } from '../../../engine/nn/state-dict.ts';
import { isEarlyStoppingState } from '../../../engine/optim/early-stopping.ts';
import { type Bundle, readBundle, writeBundle } from '../../../engine/train/bundle.ts';
import type { Checkpoint, CheckpointMetadata } from '../../../engine/train/checkpoint.ts';
import { VERSION } from '../../../engine/train/version.ts';
import { damaged, requireSettings } from '../../runtime/checkpoint-settings.ts';
import type { ConfigOf } from '../../runtime/schema.ts';
import { definition, type Setting, type schema } from './schema.ts';
import type { Training, TrainingState } from './training.ts';

type Config = ConfigOf<typeof schema>;

/** May differ from the run that wrote the file: live parameters, and how long the run is and what it shows. */
const FREE = ['rate', 'decay', 'steps', 'setting', 'samples'] as const;
const NAMES = ['0.weight', '0.bias', '2.weight', '2.bias'] as const;

/** Vectors have one layout in PyTorch and here: w¹ is [J, 1] there and [1, J] here. */
const shapesOf = (J: number): readonly (readonly number[])[] => [[J, 1], [J], [1, J], [1]];

/** The network's weights under PyTorch's names. */
export function plainState({ parameters }: Pick<TrainingState, 'parameters'>, { units }: Pick<Config, 'units'>): StateDict {
  const shapes = shapesOf(units);
  return new Map(parameters.map((data, n) => [NAMES[n] ?? '', { shape: shapes[n] ?? [data.length], data }]));
}

function partOf({ parameters, moments, best, counts }: TrainingState, { units, activation }: Config): Checkpoint {
  const shapes = shapesOf(units);
  const named = (prefix: string, values: readonly Float32Array<ArrayBuffer>[]) =>
    values.map((data, n) => [`${prefix}${NAMES[n]}`, { shape: shapes[n] ?? [data.length], data }] as const);
  // `sin` is no layer of the engine: such a file can be gone on from, but not opened elsewhere.
  const network = [{ type: 'linear', in: 1, out: units }, { type: activation }, { type: 'linear', in: units, out: 1 }];
  const metadata = {
    format: 1,
    engine: VERSION,
    definition: network as unknown as CheckpointMetadata['definition'],
    inputShape: [1],
    notes: { counts, ...(best ? { bestStep: best.step } : {}) },
  } as const;
  return {
    metadata,
    state: new Map(named('', parameters)),
    extra: new Map([
      ...moments.map((data, n) => [`optimizer.${n}`, { shape: [data.length], data }] as const),
      ...named('callback.best.', best?.values ?? []),
    ]),
  };
}

/** The file of all trainings as they are. */
export async function save(trainings: readonly Training[], config: Config): Promise<Uint8Array<ArrayBuffer>> {
  const parts = new Map<string, Checkpoint>();
  for (const training of trainings) parts.set(training.setting, partOf(await training.state(), config));
  return writeBundle({ parts, notes: { lab: definition.id, config } });
}

/** Whether a training could have counted so. */
function isCounts(value: unknown): value is TrainingState['counts'] {
  if (!isRecord(value)) return false;
  const { steps, optimiser, dropout, sampler, watch, stopped, bestStep } = value;
  if (![steps, dropout, sampler].every(isCount) || typeof stopped !== 'boolean') return false;
  if (!Array.isArray(optimiser) || optimiser.length !== NAMES.length || !optimiser.every(isCount)) return false;
  return isEarlyStoppingState(watch) && (bestStep === null || isCount(bestStep));
}

function stateOf({ metadata, state, extra }: Checkpoint, setting: Setting, { units }: Config): TrainingState {
  const { counts, bestStep } = metadata.notes ?? {};
  if (!isCounts(counts) || !(bestStep === undefined || isCount(bestStep)))
    throw damaged(`the counts of '${setting}' in its metadata`);
  const sizes = shapesOf(units).map((shape) => shape.reduce((a, b) => a * b));
  const values = (from: StateDict, prefix = '') =>
    NAMES.map((name, n) => {
      const data = from.get(prefix + name)?.data;
      if (!data || data.length !== sizes[n]) throw damaged(`${sizes[n]} values of '${setting}/${prefix}${name}'`);
      return Float32Array.from(data);
    });
  const moments = [...extra].filter(([name]) => name.startsWith('optimizer.'));
  return {
    parameters: values(state),
    moments: moments.map(([, { data }]) => Float32Array.from(data)),
    best: bestStep === undefined ? undefined : { step: bestStep, values: values(extra, 'callback.best.') },
    counts,
  };
}

/**
 * Puts the trainings where the file has them; those that it lacks start from the beginning.
 * @returns steps that have been taken
 * @throws DataFormatError, ConfigError where the file belongs to another lab or other settings
 */
export function load(trainings: readonly Training[], config: Config, bytes: Uint8Array): number {
  const { parts, notes }: Bundle = readBundle(bytes);
  requireSettings(definition.id, config, notes, FREE);
  let steps = Number.POSITIVE_INFINITY;
  for (const training of trainings) {
    const part = parts.get(training.setting satisfies Setting);
    if (part) training.restore(stateOf(part, training.setting, config));
    steps = Math.min(steps, training.stopped ? steps : training.steps);
  }
  return Number.isFinite(steps) ? steps : Math.max(0, ...trainings.map((training) => training.steps));
}
