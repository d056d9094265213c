/** Searches hyper-parameters: trains one setting after the other, keeps the one that does best on the validation set. */
import { uniformFrom } from '../../../engine/data/uniform.ts';
import { Generator } from '../../../engine/index.ts';
import type { Evaluation } from '../../../engine/train/evaluate.ts';
import type { Cell } from '../../runtime/events.ts';
import type { ExperimentEvent, RunContext } from '../../runtime/experiment.ts';
import type { Pictures } from './data.ts';
import type { Classification } from './experiment.ts';
import type { Config } from './networks.ts';
import { type History, newHistory, trainFully } from './run.ts';
import { gridTrials, randomTrials, type Trial, trialName } from './space.ts';
import { Training } from './training.ts';

export interface TrialResult {
  readonly trial: Trial;
  readonly accuracy: number | null;
  readonly loss: number | null;
  readonly parameters: number | null;
  /** Why it ended early, for example values that are not finite. */
  readonly problem?: string;
}

function trialsOf({ search, space, trials, seed }: Config): Trial[] {
  if (search === 'grid') return gridTrials(space);
  return randomTrials(space, trials, uniformFrom(new Generator(seed, 'search')));
}

function row(id: string, { trial, accuracy, loss, parameters, problem }: TrialResult): ExperimentEvent {
  const cells: Record<string, Cell> = {
    trial: id,
    ...trial,
    'validation accuracy': accuracy,
    'validation loss': loss,
    parameters,
  };
  return { type: 'row', table: 'trials', id, row: problem ? { ...cells, problem } : cells };
}

/** Errors that speak of one setting and not of the lab: the search goes on with the next. */
const isOfSetting = (error: unknown): error is Error =>
  error instanceof Error && (error.name === 'NonFiniteError' || error.name === 'ConfigError');

/** What a run, or a search, ends with. */
export interface Trained {
  readonly best: Training;
  readonly history: History;
  /** In a search: what was tried. */
  readonly trials?: readonly TrialResult[];
}

/** @param replace takes over the network to look at; the one before it is released */
export async function* searched(
  config: Config,
  context: RunContext<Config>,
  pictures: Pictures,
  replace: (training: Training | undefined) => void,
): AsyncGenerator<ExperimentEvent<Classification['data']>, Trained> {
  const trials = trialsOf(config);
  const results: TrialResult[] = [];
  let best: { accuracy: number; history: History; training: Training } | undefined;
  let before = 0;
  for (const [index, trial] of trials.entries()) {
    const name = `${index + 1}: ${trialName(trial)}`;
    const history = newHistory();
    let training: Training | undefined;
    let kept = false;
    try {
      training = new Training({ ...config, ...trial } as Config, pictures);
      const steps = training.trainer.plan.totalSteps;
      // The steps of the trials to come are not known where the batch size varies: as many as this one has.
      yield* trainFully(training, context, history, { before, total: before + steps * (trials.length - index), trial: name });
      before += steps;
      const { accuracy = 0, loss } = history.validation as Evaluation;
      results.push({ trial, accuracy, loss, parameters: training.network.parameterCount });
      if (!best || accuracy > best.accuracy) {
        best = { accuracy, history, training };
        replace(training);
        kept = true;
      }
    } catch (error) {
      if (!isOfSetting(error)) throw error;
      before += training?.trainer.progress.step ?? 0;
      results.push({ trial, accuracy: null, loss: null, parameters: null, problem: error.message });
    } finally {
      if (!kept) training?.dispose();
    }
    yield row(name, results.at(-1) as TrialResult);
  }
  if (!best) throw new Error(`No setting could be trained. The first problem: ${results[0]?.problem}`);
  return { best: best.training, history: best.history, trials: results };
}
