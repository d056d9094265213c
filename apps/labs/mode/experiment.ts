/** Trains a network, finds its faulty labels, repairs it on chosen images, and asks over repeated seeds whether that beats random ones. */
import type { ImageDataset } from '../../../engine/data/dataset.ts';
import { loadDataset } from '../../../engine/data/load.ts';
import type { Network } from '../../../engine/nn/network.ts';
import { evaluate } from '../../../engine/train/evaluate.ts';
import type { Context, Experiment } from '../../runtime/experiment.ts';
import { type PyTorchRequests, pytorchOf } from '../../runtime/pytorch/serve.ts';
import type { CardRequests } from '../../shell/card-questions.ts';
import { type Config, type Parts, pixels, remarks, split } from './data.ts';
import { type Accuracies, type Between, type Features, type Gallery, judged, Look, type Maps } from './look.ts';
import { effective, type Measure, type Method, methodsOf } from './methods.ts';
import { stepsOf, trainerConfig } from './network.ts';
import { type Finished, fromCheckpoint, type Selected, Steps, toCheckpoint } from './progress.ts';
import type { Repair, Round } from './repairs.ts';
import { definition, type schema } from './schema.ts';
import { type Event, firstTraining, layerSelection, looks, oneRepair, summaries, troubles } from './stages.ts';
import { type Summary, summarise } from './summary.ts';

/** What the cards ask for: loaded when they do. */
const inspection = () => import('./inspect.ts');

export interface ModeResult {
  readonly images: Readonly<Record<keyof Parts, number>>;
  /** Of the first network, on the test set. */
  readonly initial: number;
  readonly faulty: number | null;
  readonly layers: readonly Selected[];
  readonly summaries: readonly Summary[];
  readonly repairs: readonly Repair[];
}

/** What run and page say to each other. */
export interface ModeLab {
  result: ModeResult;
  data: {
    accuracies: Accuracies;
    maps: Maps;
    between: Between;
    /** Of one label by all measures, and of all labels by one. */
    ofLabel: Gallery;
    ofMeasure: Gallery;
    features: Features;
    layers: readonly Selected[];
    /** The chosen method's rounds with the first seed. */
    rounds: readonly Round[];
    summaries: readonly Summary[];
  };
  requests: CardRequests &
    PyTorchRequests & {
      ofLabel(of: { readonly label: number }): Gallery;
      ofMeasure(of: { readonly measure: Measure }): Gallery;
      between(of: { readonly label: number; readonly other: number }): Between;
    };
}

async function* load(config: Config, context: Context<Config, ModeLab>): AsyncGenerator<Event, [ImageDataset, ImageDataset]> {
  yield { type: 'phase', name: 'download' };
  const fetched = (part: 'train' | 'test', count: number) =>
    loadDataset('mnist', { source: context.data, signal: context.signal, split: part, count });
  return [await fetched('train', config.images), await fetched('test', config.testImages)];
}

const note = (message: string): Event => ({ type: 'status', level: 'note', message });

/** Steps of a seed from its first training to its last repair, should none stop early. */
function stepsOfSeed(parts: Parts, config: Config, repairs: number, selecting: boolean): number {
  const training = stepsOf(parts.train.count, config.epochs);
  return training * (selecting ? config.hidden + 2 : 1) + repairs * stepsOfRepair(config);
}

/** Whether the seed with this number has a layer selection. */
const selects = ({ layers }: Config, at: number) => layers !== 'off' && (layers !== 'first' || at === 0);

const stepsOfRepair = (config: Config) => 2 * config.rounds * stepsOf(config.repairImages, config.repairEpochs);

export const experiment: Experiment<typeof schema, ModeLab> = {
  ...definition,
  async *run(config, context) {
    const { live } = context;
    const [images, test] = yield* load(config, context);
    const chosen = effective(config.method, config.published);
    const methods = methodsOf(config.compare, chosen, config.published);
    const order = [chosen, ...methods.filter((method) => method !== chosen)];
    const resumed = context.checkpoint !== undefined;
    const finished: Finished = context.checkpoint
      ? fromCheckpoint(context.checkpoint, config)
      : { step: 0, repairs: [], layers: [] };
    const networks = new Set<Network>();
    context.onDispose(() => {
      for (const network of networks) network.dispose();
    });
    const steps = new Steps(finished.step);
    let first: Pick<ModeResult, 'images' | 'initial' | 'faulty'> | undefined;
    yield* summaries(finished.repairs, methods, chosen);

    for (let at = 0; at < config.seeds; at++) {
      const seed = (config.seed + at) % 2 ** 32;
      const todo = order.filter((method) => !finished.repairs.some((done) => done.seed === seed && done.method === method));
      if (at > 0 && todo.length === 0) continue;
      const parts = split(images, test, config, seed);
      const selecting = selects(config, at) && !finished.layers.some((done) => done.seed === seed);
      const later = (config.seeds - at - 1) * stepsOfSeed(parts, config, order.length, selects(config, at + 1));
      steps.total = steps.done + stepsOfSeed(parts, config, todo.length, selecting) + later;

      yield { type: 'phase', name: `train, seed ${seed}` };
      const trained = yield* firstTraining(parts, seed, config, live, steps, at === 0 && !resumed);
      networks.add(trained.network);
      const start = { trained, parts, seed };
      if (at === 0) {
        yield { type: 'phase', name: 'look' };
        for (const message of remarks(parts, config)) yield note(message);
        const look = await Look.at(start, config, live.theta);
        serve(look, context);
        const trained = () => start.trained.network.stateDict();
        const begin = () => trainerConfig(pixels(parts.train), config, seed, config.rate);
        context.serve('pytorch', () => pytorchOf({ definition, config, begin, trained }));
        yield* looks(look, live);
        first = await described(look);
      }
      if (selecting) {
        yield { type: 'phase', name: `layer selection, seed ${seed}` };
        const { bugs } = (await judged(start, config, live.theta)).accuracies;
        const kind = bugs.worst?.kind;
        const { target, depths } = yield* layerSelection(start, config, kind, live.rate, steps, at === 0);
        const saturated = depths.some(({ distance }) => distance <= config.threshold);
        finished.layers.push({ seed, target, direction: kind === 'over-fit' ? 'backward' : 'forward', saturated });
        yield { type: 'data', name: 'layers', value: [...finished.layers] };
      }
      for (const method of todo) {
        yield { type: 'phase', name: `repair by ${method}, seed ${seed}` };
        const begun = steps.done;
        const shown = at === 0 && method === chosen;
        const done = yield* oneRepair(start, method, config, live, steps, shown);
        steps.total -= Math.max(0, stepsOfRepair(config) - (steps.done - begun));
        finished.repairs.push(done);
        finished.step = steps.done;
        if (live.theta !== config.theta || live.rate !== config.rate) finished.restless = true;
        if (shown) for (const message of troubles(done, config)) yield note(message);
        yield* summaries(finished.repairs, methods, chosen);
        yield { type: 'checkpoint', name: 'repairs', step: steps.done, bytes: toCheckpoint(finished, config) };
      }
      // The questions are about the first.
      if (at > 0 && networks.delete(trained.network)) trained.network.dispose();
    }
    if (finished.restless) yield note('θ or η was changed on the way: not all repairs of the table were made alike.');
    if (!first) throw new Error('the run has no first seed');
    const found = methods.flatMap((method: Method) => summarise(method, finished.repairs) ?? []);
    return { ...first, layers: finished.layers, summaries: found, repairs: finished.repairs };
  },
};

async function described({ start, accuracies }: Look): Promise<Pick<ModeResult, 'images' | 'initial' | 'faulty'>> {
  const { train, pool, evaluation, test } = start.parts;
  const images = { train: train.count, pool: pool.count, evaluation: evaluation.count, test: test.count };
  const { accuracy } = await evaluate(start.trained.network, pixels(test));
  return { images, initial: accuracy as number, faulty: accuracies.bugs.worst?.label ?? null };
}

/** What the page asks of the first network. */
function serve(look: Look, context: Context<Config, ModeLab>): void {
  context.serve('tensors', async () => (await inspection()).inspect(look, context.live));
  context.serve('verify', async ({ card }) => (await inspection()).verify(look, context.live, card));
  context.serve('ofLabel', ({ label }) => look.ofLabel(label));
  context.serve('ofMeasure', ({ measure }) => look.ofMeasure(measure));
  context.serve('between', ({ label, other }) => look.between(label, other));
}
