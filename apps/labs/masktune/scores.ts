/** What a network is tested on: images without the square, with the square on the wrong class, and each of the four groups. */
import type { ImageDataset } from '../../../engine/data/dataset.ts';
import type { Network } from '../../../engine/nn/network.ts';
import { groupScores } from '../../../engine/repair/groups.ts';
import { type Evaluation, evaluation } from '../../../engine/train/evaluate.ts';
import { accuracy, confusionMatrix, macroScores, perClassAccuracy } from '../../../engine/train/metrics.ts';
import type { PlainEvent } from '../../runtime/experiment.ts';
import { asData, type Studio } from './studio.ts';

/** Of one test set. Precision, recall and F1 are means over the two classes. */
export interface SetScores {
  readonly accuracy: number;
  readonly perClass: readonly number[];
  readonly loss: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  /** counts[2 · true + predicted] */
  readonly counts: readonly number[];
}

/** Accuracies by group, over all test images once without and once with the square. */
export interface GroupAccuracies {
  readonly each: readonly (number | null)[];
  readonly worst: number;
  /** Plain mean over these images. */
  readonly average: number;
  /** Mean with the groups' shares of the training set as weights: the accuracy to expect where test images are like training images. */
  readonly weighted: number;
}

export interface ModelScores {
  readonly name: string;
  readonly raw: SetScores;
  readonly biased: SetScores;
  readonly groups: GroupAccuracies;
}

/** Predictions and losses of test images. */
interface Outcome {
  readonly labels: readonly number[];
  readonly predictions: readonly number[];
  readonly losses: readonly number[];
}

function setScores({ labels, predictions, losses }: Outcome): SetScores {
  const confusion = confusionMatrix(labels, predictions, 2);
  return {
    accuracy: accuracy(labels, predictions),
    perClass: perClassAccuracy(confusion),
    loss: losses.reduce((a, b) => a + b, 0) / losses.length,
    ...macroScores(confusion),
    counts: [...confusion.counts],
  };
}

/** An evaluation with labels has all of these. */
function outcomeOf({ predictions, losses }: Evaluation, { labels }: ImageDataset): Outcome {
  if (!predictions || !losses) throw new Error('the network was not tested on classes');
  return { labels: [...labels], predictions: [...predictions], losses: [...losses] };
}

/** The square on all of the class that carries it more rarely, and on none of the other: the correlation of the training set, reversed. */
function reversed(raw: Outcome, marked: Outcome, { carrier }: Pick<Studio, 'carrier'>): Outcome {
  const of = (values: 'predictions' | 'losses') =>
    raw.labels.map((label, i) => (label === carrier ? raw : marked)[values][i] as number);
  return { labels: raw.labels, predictions: of('predictions'), losses: of('losses') };
}

async function* evaluated(network: Network, set: ImageDataset, detail: string): AsyncGenerator<PlainEvent, Outcome> {
  const steps = evaluation(network, asData(set));
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return outcomeOf(value, set);
    yield { type: 'phase', name: 'evaluate', progress: value, detail };
  }
}

/** Tests a network on all of it: two passes over the test images. */
export async function* tested(name: string, network: Network, studio: Studio): AsyncGenerator<PlainEvent, ModelScores> {
  const { raw, marked, sizes } = studio;
  const plain = yield* evaluated(network, raw, name);
  const square = yield* evaluated(network, marked, name);
  const labels = [...plain.labels, ...square.labels];
  const groups = labels.map((label, i) => 2 * label + (i < raw.count ? 0 : 1));
  const { accuracies, worst, average, weighted } = groupScores(
    [...plain.predictions, ...square.predictions],
    labels,
    groups,
    sizes,
  );
  return {
    name,
    raw: setScores(plain),
    biased: setScores(reversed(plain, square, studio)),
    groups: { each: accuracies, worst, average, weighted },
  };
}

/** Accuracy on the training set, its time in seconds, and of how many samples it is wrong. */
export async function* trainingAccuracy(
  network: Network,
  { train }: Studio,
): AsyncGenerator<PlainEvent, { readonly accuracy: number; readonly seconds: number }> {
  const started = performance.now();
  const steps = evaluation(network, train);
  for (;;) {
    const { done, value } = await steps.next();
    if (done) return { accuracy: value.accuracy ?? 0, seconds: (performance.now() - started) / 1000 };
    yield { type: 'phase', name: 'evaluate', progress: value, detail: 'the training set' };
  }
}
