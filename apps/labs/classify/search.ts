/** Searches hyper-parameters: trains one setting after the other, keeps the one that does best on the validation set. */
import { uniformFrom } from '../../../engine/data/uniform.ts';
import { ConfigError, Generator } from '../../../engine/index.ts';
import type { Evaluation } from '../../../engine/train/evaluate.ts';
import type { Cell } from '../../runtime/events.ts';
import type { ExperimentEvent, RunContext } from '../../runtime/experiment.ts';
import type { Pictures } from './data.ts';
import type { Classification } from './experiment.ts';
import type { Config } from './networks.ts';
import { normsOf } from './report.ts';
import { type History, newHistory, trainFully } from './run.ts';
import { gridTrials, randomTrials, singleTrials, type Trial, trialName } from './space.ts';
import { Training } from './training.ts';

export interface TrialResult {
  readonly trial: Trial;
  readonly accuracy: number | null;
  readonly loss: number | null;
  readonly parameters: number | null;
  /** On the first training images; and the norm of the loss gradient of the first and the last layer. */
  readonly trainingAccuracy: number | null;
  readonly gradients: Readonly<Record<string, number>>;
  /** Why it ended early, for example values that are not finite. */
  readonly problem?: string;
}

function trialsOf({ search, space, trials, seed }: Config): Trial[] {
  if (search === 'grid') return gridTrials(space);
  if (search === 'one at a time') return singleTrials(space);
  return randomTrials(space, trials, uniformFrom(new Generator(seed, 'search')));
}

function row(
  id: string,
  { trial, accuracy, loss, parameters, trainingAccuracy, gradients, problem }: TrialResult,
): ExperimentEvent {
  const cells: Record<string, Cell> = {
    trial: id,
    ...trial,
    'training accuracy': trainingAccuracy,
    'validation accuracy': accuracy,
    'validation loss': loss,
    parameters,
    '‖∂L/∂W‖, first layer': Object.values(gradients)[0] ?? null,
    '‖∂L/∂W‖, last layer': Object.values(gradients).at(-1) ?? null,
  };
  return { type: 'row', table: 'trials', id, row: problem ? { ...cells, problem } : cells };
}

const NOTHING = { accuracy: null, loss: null, parameters: null, trainingAccuracy: null, gradients: {} } as const;

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
  if (config.validationImages === 0)
    throw new ConfigError('validationImages', 'a search chooses by images that are held out: hold some out.');
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
      const gradients = normsOf(await training.gradientNorms());
      const trainingAccuracy = history.training?.accuracy ?? null;
      results.push({ trial, accuracy, loss, parameters: training.network.parameterCount, trainingAccuracy, gradients });
      if (!best || accuracy > best.accuracy) {
        best = { accuracy, history, training };
        replace(training);
        kept = true;
      }
    } catch (error) {
      if (!isOfSetting(error)) throw error;
      before += training?.trainer.progress.step ?? 0;
      results.push({ ...NOTHING, trial, problem: error.message });
    } finally {
      if (!kept) training?.dispose();
    }
    yield row(name, results.at(-1) as TrialResult);
  }
  if (best) {
    // The winner can be saved and used elsewhere, with the settings that it was trained with.
    const { step } = best.training.trainer.progress;
    const bytes = best.training.annotate(await best.training.trainer.checkpoint());
    yield { type: 'checkpoint', name: 'model', step, bytes };
  }
  if (!best) throw new Error(`No setting could be trained. The first problem: ${results[0]?.problem}`);
  return { best: best.training, history: best.history, trials: results };
}
