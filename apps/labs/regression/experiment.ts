/** Trains the regression network under one or all four settings from the same weights and shows the curves. */
import type { Experiment, ExperimentEvent } from '../../runtime/experiment.ts';
import { type PyTorchRequests, pytorchOf } from '../../runtime/pytorch/serve.ts';
import type { CardRequests } from '../../shell/card-questions.ts';
import { load, plainState, save } from './checkpoint.ts';
import { grid } from './measures.ts';
import { plainTraining } from './plain.ts';
import { DEGREES, polynomialFit } from './polynomial.ts';
import { definition, type Setting, type schema, settings } from './schema.ts';
import { type Evaluation, Training } from './training.ts';

/** What the cards ask for: loaded when they do. */
const inspection = () => import('./inspect.ts');

export interface SettingResult {
  readonly trainMSE: number;
  readonly validationMSE: number | null;
  readonly roughness: number;
  readonly weightNorm: number;
  readonly steps: number;
  /** Step whose weights early stopping restored. */
  readonly bestStep: number | null;
}

export type RegressionResult = Readonly<Partial<Record<Setting, SettingResult>>>;

/** What run and page say to each other. */
export interface Regression {
  result: RegressionResult;
  data: {
    /** Step whose weights early stopping restored. */
    bestStep: number;
  };
  requests: CardRequests & PyTorchRequests;
}

/** Evaluations between two drawings of the dropout band, which costs many passes. */
const BAND_EVERY = 5;
/** Evaluations between two checkpoints. */
const CHECKPOINT_EVERY = 5;

function* shown(
  setting: Setting,
  { step, train, validation, curve, band, roughness, weightNorm }: Evaluation,
): Generator<ExperimentEvent> {
  yield { type: 'metric', series: setting, x: step, y: train };
  if (validation !== undefined) yield { type: 'metric', series: `${setting}, held out`, x: step, y: validation };
  yield { type: 'metric', series: setting, x: step, y: weightNorm, chart: 'norm' };
  yield { type: 'metric', series: setting, x: step, y: roughness, chart: 'roughness' };
  yield { type: 'curve', chart: 'fit', series: setting, x: grid, y: curve };
  if (band) yield { type: 'curve', chart: 'fit', series: 'dropout, mean of passes', x: grid, y: band.mean, band: band.deviation };
}

function row(
  setting: Setting,
  training: Training,
  { step, train, validation, roughness, weightNorm }: Evaluation,
): ExperimentEvent {
  return {
    type: 'row',
    table: 'settings',
    id: setting,
    row: {
      setting,
      step: training.bestStep ?? step,
      'train MSE': train,
      'held-out MSE': validation ?? null,
      'roughness R': roughness,
      'weight norm': weightNorm,
    },
  };
}

export const experiment: Experiment<typeof schema, Regression> = {
  ...definition,
  async *run(config, context) {
    yield { type: 'phase', name: 'compile shaders' };
    const [setting, ...others]: readonly [Setting, ...Setting[]] = config.setting === 'all four' ? settings : [config.setting];
    const first = new Training(setting, config);
    const trainings = [first, ...others.map((other) => new Training(other, config))];
    context.onDispose(() => {
      for (const training of trainings) training.dispose();
    });
    const before = context.checkpoint ? load(trainings, config, context.checkpoint) : 0;
    /** The training that a card is about: its regulariser's, where that ran. */
    const about = (card: string) => trainings.find(({ setting }) => setting.replace(' ', '-') === card) ?? first;
    context.serve('tensors', async () => (await inspection()).inspect(first));
    context.serve('verify', async ({ card }) => (await inspection()).verify(about(card), context.live, card));
    // A sine is no layer, and what a penalty or a mask adds to the loss is no plain training.
    if (setting === 'none' && config.activation !== 'sin')
      context.serve('pytorch', () =>
        pytorchOf({
          definition,
          config,
          begin: () => plainTraining(config),
          trained: async () => plainState(await first.state(), config),
        }),
      );
    for (const [degree, name] of DEGREES) {
      const { trainMSE, roughness } = polynomialFit(config.points, degree);
      const cells = { polynomial: name, 'train MSE': trainMSE, 'roughness R': roughness };
      yield { type: 'row', table: 'for orientation', id: name, row: cells };
    }
    const latest = new Map<Training, Evaluation>();
    if (before > 0) {
      for (const training of trainings) {
        const evaluation = await training.look(false);
        yield* shown(training.setting, evaluation);
        latest.set(training, evaluation);
        yield row(training.setting, training, evaluation);
        if (training.bestStep !== undefined) yield { type: 'data', name: 'bestStep', value: training.bestStep };
      }
    }
    yield { type: 'phase', name: 'train', progress: before / config.steps };
    for (let step = before + 1; step <= config.steps; step++) {
      const running = trainings.filter(({ stopped, steps }) => !stopped && steps < step);
      if (running.length === 0) break;
      for (const training of running) training.step(context.live);
      if (step % config.evalEvery === 0 || step === 1 || step === config.steps) {
        for (const training of running) {
          let evaluation = await training.evaluate((step / config.evalEvery) % BAND_EVERY === 0 || step === config.steps);
          yield* shown(training.setting, evaluation);
          if (step === config.steps) training.finish();
          const { bestStep } = training;
          if (bestStep !== undefined) {
            evaluation = await training.evaluate(false);
            yield { type: 'curve', chart: 'fit', series: training.setting, x: grid, y: evaluation.curve };
            yield { type: 'data', name: 'bestStep', value: bestStep };
            yield { type: 'status', level: 'note', message: `Early stopping went back to the weights of step ${bestStep}.` };
          }
          latest.set(training, evaluation);
          yield row(training.setting, training, evaluation);
        }
        yield { type: 'phase', name: 'train', progress: step / config.steps };
        if (step % (CHECKPOINT_EVERY * config.evalEvery) === 0 || step === config.steps)
          yield { type: 'checkpoint', name: 'model', step, bytes: await save(trainings, config) };
      }
      yield { type: 'step', step, total: config.steps, loss: latest.get(first)?.train };
    }
    return Object.fromEntries(
      [...latest].map(([training, { step, train, validation, roughness, weightNorm }]): [Setting, SettingResult] => [
        training.setting,
        {
          trainMSE: train,
          validationMSE: validation ?? null,
          roughness,
          weightNorm,
          steps: step,
          bestStep: training.bestStep ?? null,
        },
      ]),
    );
  },
};
