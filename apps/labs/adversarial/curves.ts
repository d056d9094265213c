/** How often attacks of each size work, against the network that they are made for and against another. */
import { type ImageDataset, take } from '../../../engine/data/dataset.ts';
import { type Attack, robustAccuracy } from '../../../engine/explain/robustness.ts';
import { DeviceGenerator } from '../../../engine/index.ts';
import { imageData, type TrainingData } from '../../../engine/train/data.ts';
import type { PlainEvent } from '../../runtime/experiment.ts';
import { withProgress } from '../../runtime/progress.ts';
import { CLIP, type Config, type Subject } from './networks.ts';

/** Accuracy at one size of change. */
export interface SizeResult {
  readonly epsilon: number;
  readonly accuracy: number;
  /** Mean probability of the wrong answers; null where there is none. */
  readonly errorConfidence: number | null;
}

export type Curves = Readonly<Record<Attack, readonly SizeResult[]>>;

/** Share that is recognised of the same changed images. */
export interface Transfer {
  readonly epsilon: number;
  /** Accuracy of the second network on images as they are, and changed against the first or at random. */
  readonly clean: number;
  readonly fgsm: number;
  readonly pgd: number;
  readonly noise: number;
  /** Accuracy under PGD against its own gradient. */
  readonly own: number;
}

/** Images that take part in the question whether examples transfer. */
const TRANSFERRED = 1000;
const KINDS: readonly Attack[] = ['noise', 'fgsm', 'pgd'];
const NAMES: Readonly<Record<Attack, string>> = { noise: 'random signs', fgsm: 'FGSM', pgd: 'PGD' };

/** Accuracy under random signs, FGSM and PGD of one size, added to what was found for smaller ones. */
export async function* accuracyAt(
  { network }: Subject,
  data: TrainingData,
  epsilon: number,
  { curveSteps: steps, seed }: Config,
  found: Record<Attack, SizeResult[]>,
): AsyncGenerator<PlainEvent, void> {
  for (const attack of KINDS) {
    const rng = new DeviceGenerator(seed, `${attack} ${epsilon}`, network.device);
    try {
      const detail = `${NAMES[attack]}, ε = ${epsilon.toFixed(2)}`;
      // Nothing changes at ε = 0: one pass is enough for all three.
      const known = epsilon === 0 ? found.noise[0] : undefined;
      const result = known
        ? [known]
        : yield* withProgress('evaluate', detail, (report) =>
            robustAccuracy(network, data, {
              ...{ attack, epsilons: [epsilon], clip: CLIP, steps, rng },
              onProgress: (_, share) => report(share),
            }),
          );
      found[attack].push(...result);
    } finally {
      rng.dispose();
    }
  }
}

/** The latest points of the curves, and the row of the table. */
export function* drawn(found: Curves, epsilon: number, of: string): IterableIterator<PlainEvent> {
  const row: Record<string, number | null> = { ε: epsilon };
  for (const attack of KINDS) {
    const { accuracy, errorConfidence } = found[attack].at(-1) as SizeResult;
    yield { type: 'metric', chart: 'accuracy', series: `${NAMES[attack]}${of}`, x: epsilon, y: accuracy };
    row[NAMES[attack]] = accuracy;
    if (attack !== 'noise') row[`${NAMES[attack]}: confidence of errors`] = errorConfidence;
  }
  yield { type: 'row', table: `accuracy${of}`, id: String(epsilon), row };
}

/** Whether what was made against the first network also works against the second. */
export async function* transferred(
  { plain, other }: { readonly plain: Subject; readonly other: Subject },
  test: ImageDataset,
  { epsilon, curveSteps: steps, seed }: Config,
): AsyncGenerator<PlainEvent, Transfer> {
  const data = imageData(take(test, TRANSFERRED), { normalisation: null });
  const share = async function* (of: Subject, attack: Attack, size: number): AsyncGenerator<PlainEvent, number> {
    const rng = new DeviceGenerator(seed, `transfer ${attack}`, of.network.device);
    try {
      const [found] = yield* withProgress('evaluate', 'a second network', (report) =>
        robustAccuracy(of.network, data, {
          ...{ attack, epsilons: [size], clip: CLIP, steps, rng, judge: other.network },
          onProgress: (_, part) => report(part),
        }),
      );
      return found?.accuracy ?? Number.NaN;
    } finally {
      rng.dispose();
    }
  };
  const found = {
    epsilon,
    clean: yield* share(plain, 'noise', 0),
    fgsm: yield* share(plain, 'fgsm', epsilon),
    pgd: yield* share(plain, 'pgd', epsilon),
    noise: yield* share(plain, 'noise', epsilon),
    own: yield* share(other, 'pgd', epsilon),
  };
  const row = (images: string, accuracy: number): PlainEvent => ({
    type: 'row',
    table: 'transfer',
    id: images,
    row: { images, 'accuracy of the second network': accuracy },
  });
  yield row('as they are', found.clean);
  yield row('random signs', found.noise);
  yield row('FGSM against the first network', found.fgsm);
  yield row('PGD against the first network', found.pgd);
  yield row('PGD against the second itself', found.own);
  return found;
}
