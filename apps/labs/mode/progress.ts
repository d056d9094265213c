/** Where a run of many repairs stands: its steps, and what a checkpoint keeps of it. */
import { readSafetensors, writeSafetensors } from '../../../engine/io/safetensors.ts';
import { isCount, isRecord } from '../../../engine/json.ts';
import { damaged, jsonOf, requireSettings } from '../../runtime/checkpoint-settings.ts';
import type { PlainEvent } from '../../runtime/experiment.ts';
import type { Config } from './data.ts';
import type { Repair } from './repairs.ts';

/** A seed's layer selection. */
export interface Selected {
  readonly seed: number;
  /** Null: the output layer. */
  readonly target: string | number | null;
  /** Layers are added from the input on, or taken from the end. */
  readonly direction: 'forward' | 'backward';
  /** Whether d_B came down to the threshold at all: else the target is what is left. Absent in older files, where it is so for hidden layers. */
  readonly saturated?: boolean;
}

/** What need not be done again. */
export interface Finished {
  step: number;
  readonly repairs: Repair[];
  readonly layers: Selected[];
  /** A reader changed θ or η on the way: not all repairs were made alike. */
  restless?: boolean;
}

/** As the text of a safetensors file without tensors: every repair is made anew from its seed, so that weights need not be kept. */
export const toCheckpoint = (finished: Finished, config: Config): Uint8Array =>
  writeSafetensors([], { mode: JSON.stringify(finished), chalkgrad: JSON.stringify({ notes: { lab: 'mode', config } }) });

/**
 * What may differ from the run that wrote a checkpoint: more seeds and methods, and what only changes the view. θ and η may not, though they are
 * live: the repairs of a table are made alike.
 */
const FREE = ['seeds', 'compare', 'method', 'swapped', 'label', 'measure'];

/** @throws DataFormatError for a damaged file; ConfigError where the file is of another lab or was made with other settings */
export function fromCheckpoint(bytes: Uint8Array, config: Config): Finished {
  const { metadata } = readSafetensors(bytes, 'checkpoint');
  const { notes } = jsonOf(metadata, 'chalkgrad');
  requireSettings('mode', config, isRecord(notes) ? notes : {}, FREE);
  const finished = jsonOf(metadata, 'mode');
  if (!isFinished(finished)) throw damaged('complete repairs and layer selections');
  return finished;
}

/** Whether a run could have written this, as far as it goes by the form. */
function isFinished(value: object): value is Finished {
  const { step, repairs, layers } = value as Record<keyof Finished, unknown>;
  const isRound = (round: unknown) => isRecord(round) && Array.isArray(round.labels) && Array.isArray(round.controlLabels);
  const isRepair = (repair: unknown) =>
    isRecord(repair) &&
    isCount(repair.seed) &&
    Array.isArray(repair.rounds) &&
    repair.rounds.length > 0 &&
    repair.rounds.every(isRound);
  if (!isCount(step) || !Array.isArray(repairs) || !Array.isArray(layers)) return false;
  return repairs.every(isRepair) && layers.every((layer) => isRecord(layer) && isCount(layer.seed));
}

/** Counts the steps of all trainings together; `total` shrinks where repairs stop early. */
export class Steps {
  done: number;
  total = 0;
  constructor(done: number) {
    this.done = done;
  }
  next(loss: number): PlainEvent {
    this.done++;
    return { type: 'step', step: this.done, total: Math.max(this.total, this.done), loss };
  }
}
