/** The stages of a run as generators: first training, layer selection, repairs, and what each tells the page. */
import { type LayerSelection, meanInterval } from '../../../engine/repair/index.ts';
import type { ExperimentEvent } from '../../runtime/experiment.ts';
import { paced, translated } from '../../runtime/paced.ts';
import { type Config, pixels } from './data.ts';
import type { ModeLab } from './experiment.ts';
import type { Look } from './look.ts';
import type { Method } from './methods.ts';
import { type Trained, train } from './network.ts';
import type { Steps } from './progress.ts';
import { type BugKind, layersOf, type Repair, type Round, repair, type Start } from './repairs.ts';
import { outcome, summarise, tableRow } from './summary.ts';

export type Event = ExperimentEvent<ModeLab['data']>;
type Stage<T> = AsyncGenerator<Event, T>;

/** @param shown its losses are a curve */
export function firstTraining(
  parts: Start['parts'],
  seed: number,
  config: Config,
  live: Config,
  steps: Steps,
  shown: boolean,
): Stage<Trained> {
  let step = 0;
  return translated(
    train(pixels(parts.train), config, seed, () => live.rate),
    function* (loss): Iterable<Event> {
      step++;
      if (shown) yield { type: 'metric', series: 'first training', x: step, y: loss };
      yield steps.next(loss);
    },
  );
}

/** Everything that is looked at before a repair. */
export async function* looks(look: Look, live: Config): Stage<void> {
  yield { type: 'data', name: 'accuracies', value: look.accuracies };
  yield { type: 'data', name: 'maps', value: look.maps };
  const { worst } = look.accuracies;
  yield { type: 'data', name: 'between', value: look.between(worst, look.mostConfused(worst)) };
  yield { type: 'data', name: 'ofLabel', value: await look.ofLabel(live.label === 'faulty' ? worst : Number(live.label)) };
  yield { type: 'data', name: 'ofMeasure', value: await look.ofMeasure(live.measure) };
  yield { type: 'data', name: 'features', value: await look.features() };
}

/** @param shown its distances and accuracies are curves */
export async function* layerSelection(
  start: Start,
  config: Config,
  kind: BugKind | undefined,
  rate: number,
  steps: Steps,
  shown: boolean,
): Stage<LayerSelection> {
  const selecting = paced<number, LayerSelection>((tell) => layersOf(start.trained.network, start, config, kind, rate, tell));
  const found = yield* translated(selecting, (loss) => [steps.next(loss)]);
  if (shown) {
    for (const [x, { accuracy, distance }] of found.depths.entries()) {
      yield { type: 'metric', chart: 'distance', series: 'd_B to the sub-network before', x, y: distance };
      yield { type: 'metric', chart: 'depth', series: 'accuracy', x, y: accuracy };
    }
  }
  return found;
}

/** @param shown its rounds are shown as they come */
export function oneRepair(
  start: Start,
  method: Method,
  config: Config,
  live: Config,
  steps: Steps,
  shown: boolean,
): Stage<Repair> {
  const rounds: Round[] = [];
  return translated(repair(start, method, config, live), function* (told): Iterable<Event> {
    if (typeof told === 'number') {
      yield steps.next(told);
      return;
    }
    rounds.push(told);
    if (!shown) return;
    yield { type: 'data', name: 'rounds', value: [...rounds] };
    yield* curves([{ seed: start.seed, method, rounds }]);
  });
}

/** Shares by round, in the mean over seeds; a repair that stopped stays where it ended. */
function* curves(repairs: readonly Repair[]): IterableIterator<Event> {
  const last = Math.max(...repairs.map(({ rounds }) => rounds.length)) - 1;
  const at = ({ rounds }: Repair, round: number) => rounds[Math.min(round, rounds.length - 1)] as Round;
  const shown = {
    average: [({ accuracy }: Round) => accuracy, ({ control }: Round) => control],
    worst: [
      ({ accuracy, labels }: Round) => outcome(accuracy, labels).worst,
      ({ control, controlLabels }: Round) => outcome(control, controlLabels).worst,
    ],
  } as const;
  for (const [chart, values] of Object.entries(shown)) {
    for (const [i, series] of ['repaired', 'control'].entries()) {
      const value = values[i] as (round: Round) => number;
      const means = Array.from({ length: last + 1 }, (_, round) => meanInterval(repairs.map((r) => value(at(r, round)))));
      const x = Float64Array.from(means, (_, round) => round);
      const y = Float64Array.from(means, ({ mean }) => mean);
      const band = repairs.length > 1 ? { band: Float64Array.from(means, ({ halfWidth }) => halfWidth) } : {};
      yield { type: 'curve', chart, series, x, y, ...band };
    }
  }
}

/** What the repairs so far come to. @param shown the method whose curves are drawn */
export function* summaries(repairs: readonly Repair[], methods: readonly Method[], shown: Method): IterableIterator<Event> {
  const own = repairs.filter(({ method }) => method === shown);
  if (own.length > 0) yield* curves(own);
  const found = methods.map((method) => ({ method, summary: summarise(method, repairs) }));
  yield { type: 'data', name: 'summaries', value: found.flatMap(({ summary }) => summary ?? []) };
  for (const { method, summary } of found) yield { type: 'row', table: 'repairs', id: method, row: tableRow(method, summary) };
}

/** What went otherwise than a reader would expect. */
export function troubles({ method, rounds }: Repair, config: Config): string[] {
  const [first, last] = [rounds[0], rounds.at(-1)];
  const blind = rounds.find((round) => round.blind);
  const said: string[] = [];
  if (first?.stopped === 'repaired') said.push('No label is faulty: there is nothing to repair, and nothing was.');
  if (blind?.faulty) {
    const { label } = blind.faulty;
    said.push(
      `No ${label} was right where bugs are looked for: its heat map is empty, so images of ${label} were taken at random.`,
    );
  }
  const short = rounds.find((round) => !round.stopped && round.targeted < Math.floor(config.repairImages * config.alpha));
  if (short?.faulty && short.available >= config.repairImages) {
    const { label } = short.faulty;
    const at = `In round ${short.round + 1}`;
    said.push(
      method === 'misclassified'
        ? `${at} the network was wrong on ${short.targeted} image${short.targeted === 1 ? '' : 's'} of the pool only; the others of the batch are random ones.`
        : `${at} only ${short.targeted} image${short.targeted === 1 ? '' : 's'} of ${label} ${short.targeted === 1 ? 'was' : 'were'} left in the pool; the others of the batch are random ones of other labels. Its control draws from that same pool.`,
    );
  }
  if (last?.stopped === 'pool') said.push(`The pool ran dry after ${last.round} round${last.round === 1 ? '' : 's'}.`);
  return said;
}
