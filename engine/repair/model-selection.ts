/** Which state of a network counts: of several on the way, the best on data that were held out (Gulrajani & Lopez-Paz 2021 on why to say how). */
import { ConfigError } from '../errors.ts';
import type { TrainingData } from '../train/data.ts';
import { type Evaluation, evaluate } from '../train/evaluate.ts';
import type { NetworkSnapshot } from '../train/snapshot.ts';
import type { TrainingRun } from '../train/types.ts';
import { labelsOf } from './data.ts';
import { type Groups, groupCount, groupScores } from './groups.ts';

/** Data with labels that nothing was trained on. */
export interface HeldOut {
  readonly data: TrainingData;
  /** Group of each sample: then the accuracy of the worst group decides. Absent: plain accuracy, for which nobody has to know groups. */
  readonly groups?: Groups;
}

export interface ModelSelection extends HeldOut {
  /** How many states are compared: evenly spaced, the last at the end of the training. Default 4. */
  readonly looks?: number;
}

/** The state that was kept. */
export interface Selected {
  /** After so many steps. */
  readonly step: number;
  /** Its accuracy on the held-out data, plain or of the worst group. */
  readonly score: number;
}

/** What an evaluation of held-out data is worth: accuracy, plain or of the worst group that has samples. */
export function heldOutScore({ accuracy, predictions }: Evaluation, { data, groups }: HeldOut): number {
  if (!groups) return accuracy ?? Number.NaN;
  return predictions ? groupScores(predictions, labelsOf(data), groups).worst : Number.NaN;
}

/** Steps between looks. @throws ConfigError unless there is at least one look */
export function lookEvery(totalSteps: number, looks = 4): number {
  if (!Number.isInteger(looks) || looks < 1)
    throw new ConfigError('select.looks', `must be a whole number of at least 1, got ${looks}.`);
  return Math.max(1, Math.ceil(totalSteps / looks));
}

/** Keeps the best of a network's states, of equals the later one. */
export class BestState {
  readonly #heldOut: HeldOut;
  #best: NetworkSnapshot | undefined;
  selected: Selected | undefined;

  /** @throws ConfigError where the data have no labels, or there is not a group for each sample */
  constructor(heldOut: HeldOut) {
    labelsOf(heldOut.data);
    if (heldOut.groups) groupCount(heldOut.groups, heldOut.data.count);
    this.#heldOut = heldOut;
  }

  /** Judges the state that the run has reached. */
  async look(run: TrainingRun): Promise<void> {
    const { step } = run.progress;
    const score = heldOutScore(await evaluate(run.network, this.#heldOut.data), this.#heldOut);
    if (this.selected && score < this.selected.score) return;
    this.selected = { step, score };
    this.#best = await run.snapshotNetwork();
  }

  /** Puts the best state back. */
  restore(run: TrainingRun): void {
    if (this.#best && this.selected?.step !== run.progress.step) run.restoreNetwork(this.#best);
  }
}
