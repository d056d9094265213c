/** One repair, from a trained network to its last round, beside its control. */
import { type LabelAccuracies, type ModeRound, mode, type SelectionMethod, selectLayer } from '../../../engine/repair/index.ts';
import { paced } from '../../runtime/paced.ts';
import { type Config, type Parts, pixels } from './data.ts';
import type { Method } from './methods.ts';
import { BATCH, hiddenLayers, optimiser, type Trained } from './network.ts';

export type BugKind = 'under-fit' | 'over-fit';

/** What stood before a round, and after the last. */
export interface Round {
  readonly round: number;
  /** On the test set. */
  readonly accuracy: number;
  readonly control: number;
  readonly labels: LabelAccuracies;
  readonly controlLabels: LabelAccuracies;
  /** What the round repairs; null where nothing is wrong. */
  readonly faulty: { readonly kind: BugKind; readonly label: number } | null;
  readonly underFitted: readonly number[];
  /** No image of the faulty label was right: there was no heat map to be like. */
  readonly blind: boolean;
  /** Images of the repair batch: by the method, at random. */
  readonly targeted: number;
  readonly random: number;
  readonly available: number;
  readonly stopped: 'repaired' | 'rounds' | 'pool' | null;
}

export interface Repair {
  readonly seed: number;
  readonly method: Method;
  readonly rounds: readonly Round[];
}

const roundOf = ({ bugs, heatMap, chosen, stopped, ...state }: ModeRound): Round => ({
  round: state.round,
  accuracy: state.accuracy,
  control: state.control,
  labels: state.labels,
  controlLabels: state.controlLabels,
  faulty: bugs.worst ?? null,
  underFitted: bugs.underFitted,
  blind: heatMap !== undefined && heatMap.values === null,
  targeted: chosen?.targeted.length ?? 0,
  random: chosen?.random.length ?? 0,
  available: state.available,
  stopped: stopped ?? null,
});

export function selectionMethod(method: Method, config: Pick<Config, 'p' | 'hidden'>): SelectionMethod {
  switch (method) {
    case 'earthMoverReversed':
      return { by: 'earthMover', asPublished: true };
    case 'features':
      return { by: 'features', layer: hiddenLayers(config).at(-1) as string };
    default:
      return { by: method, p: config.p } as SelectionMethod;
  }
}

/** What a repair starts from. */
export interface Start {
  readonly trained: Trained;
  readonly parts: Parts;
  readonly seed: number;
}

/** Trainings of fresh output layers, depth by depth: from the last for over-fitting, else from the input. @param onStep told the loss of each step */
export function layersOf(
  network: Trained['network'],
  { parts, seed }: Pick<Start, 'parts' | 'seed'>,
  config: Config,
  kind: BugKind | undefined,
  rate: number,
  onStep: (loss: number) => Promise<void>,
) {
  return selectLayer(network, pixels(parts.train), pixels(parts.evaluation), {
    layers: hiddenLayers(config),
    threshold: config.threshold,
    all: config.layers !== 'published',
    direction: kind === 'over-fit' ? 'backward' : 'forward',
    fit: {
      optimiser: optimiser(rate),
      epochs: config.epochs,
      batchSize: BATCH,
      seed,
      onEvent: (event) => (event.type === 'step' ? onStep(event.loss) : undefined),
    },
  });
}

/** @yields the loss of every step of repair and control, and each round as it stands before it is trained */
export function repair(
  { trained, parts, seed }: Start,
  method: Method,
  config: Config,
  live: Config,
): AsyncGenerator<number | Round, Repair> {
  return paced<number | Round, Repair>(async (tell) => {
    const network = trained.network.clone();
    const rounds: Round[] = [];
    const rate = live.rate;
    const evaluation = pixels(parts.evaluation);
    const options = {
      method: selectionMethod(method, config),
      train: pixels(parts.train),
      pool: pixels(parts.pool),
      evaluation,
      test: parts.test === parts.evaluation ? evaluation : pixels(parts.test),
      rounds: config.rounds,
      batch: config.repairImages,
      alpha: config.alpha,
      rest: config.rest,
      gamma: config.gamma,
      get theta() {
        return live.theta;
      },
      seed,
      asPublished: config.published,
      optimiserState: trained.optimiserState,
      fit: {
        optimiser: optimiser(rate),
        epochs: config.repairEpochs,
        batchSize: BATCH,
        onEvent: (event: { type: string; loss?: number }) => (event.type === 'step' ? tell(event.loss as number) : undefined),
      },
      ...(config.layers === 'published' && {
        predictions: async (of: Trained['network'], bug: { readonly kind: BugKind }) =>
          (await layersOf(of, { parts, seed }, config, bug.kind, rate, tell)).predictions,
      }),
    };
    try {
      for await (const found of mode(network, options)) {
        const round = roundOf(found);
        rounds.push(round);
        await tell(round);
      }
    } finally {
      network.dispose();
    }
    return { seed, method, rounds };
  });
}
