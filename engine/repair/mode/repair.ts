/** MODE (Ma et al. 2018) as its replication runs it (LABS §4.3 steps 5 to 7): repair rounds against a control that trains on random images. */
import { ConfigError } from '../../errors.ts';
import type { Network } from '../../nn/network.ts';
import type { OptimiserSnapshot } from '../../optim/optimiser.ts';
import { Generator } from '../../random.ts';
import type { TrainingData } from '../../train/data.ts';
import { type Evaluation, evaluate } from '../../train/evaluate.ts';
import { labelsOf, selectData } from '../data.ts';
import { type FitOptions, fitNetwork } from '../training.ts';
import { type Bug, type BugOptions, type Bugs, findBugs, type LabelAccuracies, labelAccuracies } from './bugs.ts';
import { type HeatMap, heatMaps } from './heat-maps.ts';
import { type Chosen, type Rest, type SelectionMethod, selectImages } from './selection.ts';

/** The numbers of `BugOptions` are read before every round: getters may change them on the way. */
export interface ModeOptions extends BugOptions {
  readonly method: SelectionMethod;
  /** Images to repair with. */
  readonly pool: TrainingData;
  /** Where bugs are found and heat maps are made; the replication takes the test set, a proper validation set leaks nothing. */
  readonly evaluation: TrainingData;
  /** Where accuracies are reported. Default: the evaluation data. */
  readonly test?: TrainingData;
  /** Training data, for the rules that look at both accuracies. Default: the evaluation data (which makes over-fitting impossible to see). */
  readonly train?: TrainingData;
  /** At most. Default 5. */
  readonly rounds?: number;
  /** Images of a repair batch. Default 2000. */
  readonly batch?: number;
  /** α, share of targeted images. Default 0.25. */
  readonly alpha?: number;
  /** What the random rest of a batch is drawn from where the method picks the faulty label. Default 'other labels', as published. */
  readonly rest?: Rest;
  /** How a repair batch is trained on. Default: Adam in Keras's form, 3 epochs, batches of 32. */
  readonly fit?: Partial<FitOptions>;
  /** Of the order of the pool, of the random images and of the trainings. Default 0. */
  readonly seed?: number;
  /** Moments of the first training, which the repair goes on with (as a compiled Keras model does). The control starts afresh. */
  readonly optimiserState?: OptimiserSnapshot;
  /**
   * Predictions on the evaluation data that the heat maps are made of. Default: the network's own. The replication takes those of the last
   * sub-network of its layer selection (see `selectLayer`), whose direction depends on the bug.
   */
  readonly predictions?: (network: Network, bug: Bug) => Promise<ArrayLike<number>>;
  /**
   * The published code's quirks: the bug rule and over-fit choice of `BugOptions`, an earth mover's order that is not reversed, and a control that
   * trains once more where the repair stops early.
   */
  readonly asPublished?: boolean;
}

/** What stands before a round of training, and after the last. */
export interface ModeRound {
  /** Rounds of training so far. */
  readonly round: number;
  /** On the test data. */
  readonly accuracy: number;
  readonly control: number;
  /** Of the repaired network on the test data. */
  readonly labels: LabelAccuracies;
  /** Of the control on the test data. */
  readonly controlLabels: LabelAccuracies;
  readonly bugs: Bugs;
  /** HCI of the faulty label, and how many images it is the mean of. */
  readonly heatMap?: HeatMap;
  /** What the round trains on, as indices into the pool; absent where no round follows. */
  readonly chosen?: Chosen;
  /** Images left in the pool. */
  readonly available: number;
  /** Why no round follows: nothing is wrong, all rounds are done, or the pool has no image left. */
  readonly stopped?: 'repaired' | 'rounds' | 'pool';
}

const DEFAULT_FIT: FitOptions = { optimiser: { type: 'adam', lr: 1e-3, epsilonForm: 'keras' }, epochs: 3, batchSize: 32 };

/** The network itself is repaired; the control is a copy of it, which is released at the end. Yields once a round, and once at the end. */
export async function* mode(network: Network, options: ModeOptions): AsyncGenerator<ModeRound> {
  const { pool, evaluation, rounds = 5, batch = 2000, alpha = 0.25, seed = 0, asPublished = false } = options;
  for (const [path, value] of Object.entries({ rounds, batch })) {
    if (!Number.isInteger(value) || value < 1) throw new ConfigError(path, `must be a whole number of at least 1, got ${value}.`);
  }
  if (!(alpha >= 0 && alpha <= 1)) throw new ConfigError('alpha', `must be a number from 0 to 1, got ${alpha}.`);
  const method: SelectionMethod =
    asPublished && options.method.by === 'earthMover' ? { ...options.method, asPublished } : options.method;
  const classes = network.outputShape.at(-1) as number;
  const test = options.test ?? evaluation;
  const rng = new Generator(seed, 'mode');
  const control = network.clone();
  let repairState = options.optimiserState;
  let controlState: OptimiserSnapshot | undefined;
  let available: number[] = rng.shuffle(Array.from({ length: pool.count }, (_, i) => i));
  const train = async (which: Network, indices: readonly number[], state: OptimiserSnapshot | undefined, round: number) => {
    const done = await fitNetwork(which, selectData(pool, indices), {
      ...DEFAULT_FIT,
      ...options.fit,
      seed: (seed * 1000 + round) >>> 0,
      ...(state ? { optimiserState: state } : {}),
    });
    return done.optimiserState;
  };
  const trainControl = async (round: number) => {
    if (available.length > 0) controlState = await train(control, available.slice(0, batch), controlState, round);
  };
  const bugRules = (): BugOptions => ({ ...(asPublished ? { rule: 'evaluation', asPublished } : {}), ...options });
  try {
    for (let round = 0; ; round++) {
      const found = await evaluate(network, evaluation);
      const predictions = found.predictions as Int32Array;
      const onEvaluation = labelAccuracies(predictions, labelsOf(evaluation), classes);
      const onTrain = options.train ? await accuraciesOf(network, options.train, classes) : onEvaluation;
      const bugs = findBugs(onTrain, onEvaluation, bugRules());
      const onTest = test === evaluation ? found : await evaluate(network, test);
      const ofControl = await evaluate(control, test);
      const labelsOn = ({ predictions }: Evaluation) => labelAccuracies(predictions as Int32Array, labelsOf(test), classes);
      const state = {
        round,
        accuracy: onTest.accuracy as number,
        control: ofControl.accuracy as number,
        labels: labelsOn(onTest),
        controlLabels: labelsOn(ofControl),
        bugs,
        available: available.length,
      };
      const stopped = !bugs.worst ? 'repaired' : round === rounds ? 'rounds' : available.length === 0 ? 'pool' : undefined;
      if (stopped) {
        if (asPublished && stopped === 'repaired' && round < rounds) {
          await trainControl(round);
          const again = await evaluate(control, test);
          yield { ...state, control: again.accuracy as number, controlLabels: labelsOn(again), stopped };
        } else yield { ...state, stopped };
        return;
      }
      const bug = bugs.worst as Bug;
      const said = (await options.predictions?.(network, bug)) ?? predictions;
      const heatMap = (await heatMaps(evaluation, said, classes, network.device)).correct[bug.label] as HeatMap;
      const chosen = await selectImages(
        method,
        { network, pool, available, bug, heatMap: heatMap.values, evaluation, rng },
        batch,
        alpha,
        options.rest,
      );
      const indices = rng.shuffle([...chosen.targeted, ...chosen.random]);
      if (indices.length === 0) {
        yield { ...state, heatMap, chosen, stopped: 'pool' };
        return;
      }
      yield { ...state, heatMap, chosen };
      await trainControl(round);
      repairState = await train(network, indices, repairState, round);
      const taken = new Set(indices);
      available = rng.shuffle(available.filter((i) => !taken.has(i)));
    }
  } finally {
    control.dispose();
  }
}

async function accuraciesOf(network: Network, data: TrainingData, classes: number): Promise<LabelAccuracies> {
  const { predictions } = await evaluate(network, data);
  return labelAccuracies(predictions as Int32Array, labelsOf(data), classes);
}
