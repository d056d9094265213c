/** Explains pictures by eleven methods, each beside its control, and measures whether a network is right for the wrong reason. */

import type { MethodName } from '../../../engine/explain/method-names.ts';
import { lastMaps, mapLayers } from '../../../engine/explain/methods.ts';
import { cascadeLayers } from '../../../engine/explain/randomisation.ts';
import type { Module } from '../../../engine/nn/module.ts';
import type { Experiment, ExperimentEvent, RunContext } from '../../runtime/experiment.ts';
import { inferenceNetwork } from '../../runtime/inference-network.ts';
import type { CardRequests } from '../../shell/card-questions.ts';
import { type BackgroundExamples, type BackgroundMeasure, backgroundArea, measureBackground, shownScenes } from './background.ts';
import type { BenchAsk, BenchStep, benchServer } from './bench-run.ts';
import { Explainer, type MethodMaps, type Verdict } from './explain.ts';
import { type GapIdentity, gapIdentity } from './gap.ts';
import type { NamedFile } from './pictures.ts';
import { definition, type schema } from './schema.ts';
import { type Config, openSubject, type Picture, type Subject, sceneNetwork } from './subject.ts';

/** What the cards ask for: loaded when they do. */
const inspection = () => import('./inspect.ts');

/** Whether the background goes with the class in training. */
export type Which = 'with' | 'without';

/** What the scenes say, of the network that is explained and of one that was trained without the correlation. */
export interface Background {
  /** Mean share of the area. */
  readonly area: number;
  readonly networks: Partial<Readonly<Record<Which, BackgroundMeasure>>>;
  readonly examples: Partial<Readonly<Record<Which, BackgroundExamples>>>;
  /** [n, 32, 32, 3] */
  readonly scenes: Uint8Array;
  readonly repainted: Uint8Array;
}

export interface LayerFacts {
  readonly path: string;
  readonly type: string;
  readonly shape: readonly number[];
}

/** What is explained, for the page. */
export interface SubjectFacts {
  readonly origin: string;
  readonly inputShape: readonly number[];
  readonly classes: number;
  readonly classNames: readonly string[];
  /** Layers that put out maps, and the one that the CAM family reads unless told. */
  readonly layers: readonly LayerFacts[];
  readonly last: string;
  /** Layers that the control can randomise. */
  readonly randomisable: number;
  readonly notices: readonly string[];
}

/** The pictures that are explained, and all that can be picked. */
export interface Shown {
  readonly names: readonly string[];
  readonly labels: readonly number[];
  readonly verdicts: readonly Verdict[];
  /** [height, width], 1 where the object is; null where that is not known. */
  readonly objects: readonly (Uint8Array | null)[];
  /** How many of them the gallery explains: the first. */
  readonly explained: number;
}

/** A picture of the reader's, or one that was painted on. */
export interface GivenPicture {
  readonly pixels: Uint8Array;
  /** 1 where the reader says that the object is; null: nothing was said. */
  readonly object: Uint8Array | null;
  readonly label: number;
}

export interface SaliencyResult {
  readonly origin: string;
  readonly accuracy: number | null;
  readonly background: { readonly area: number; readonly networks: Background['networks'] } | null;
  readonly identity: GapIdentity | null;
  /** Mean over the pictures, for each method that is defined here. */
  readonly methods: readonly { readonly method: MethodName; readonly similarity: number; readonly outside: number | null }[];
}

/** What run and page say to each other. */
export interface Explaining {
  result: SaliencyResult;
  data: Record<`maps ${MethodName}`, MethodMaps> & {
    subject: SubjectFacts;
    shown: Shown;
    background: Background;
    identity: GapIdentity;
  };
  requests: CardRequests & {
    /** Maps of a method under the settings as they are: of the pictures of the gallery, or of one that is given. */
    maps(of: { readonly method: MethodName; readonly picture: GivenPicture | null }): MethodMaps;
    /** What the network says of a picture. */
    look(of: { readonly pixels: Uint8Array }): Verdict;
    /** Image, map and overlay of some images of each class. */
    files(): Promise<readonly NamedFile[]>;
    /** The next portion of the bench of explanations. */
    bench(of: BenchAsk): Promise<BenchStep>;
  };
}

type Told = ExperimentEvent<Explaining['data']>;

/** Networks up to this size go through the whole cascade in the run; of others the reader asks for a depth. */
const CASCADE = { pixels: 64 * 64, layers: 8 };

const facts = ({ path, type, outputShape }: Module): LayerFacts => ({ path, type, shape: outputShape });

class Lab {
  readonly config: Config;
  readonly context: RunContext<Config>;
  readonly subject: Subject;
  readonly explainer: Explainer;
  readonly pictures: readonly Picture[];

  constructor(config: Config, context: RunContext<Config>, subject: Subject) {
    this.config = config;
    this.context = context;
    this.subject = subject;
    this.explainer = new Explainer(subject.open, config.seed);
    this.pictures = subject.pictures.slice(0, config.pictures);
    context.onDispose(() => {
      this.explainer.dispose();
      subject.open.network.dispose();
    });
  }

  /** The settings as they stand. */
  get live(): Config {
    return { ...this.config, ...this.context.live };
  }

  *introduce(): IterableIterator<Told> {
    const { open, notices, pictures } = this.subject;
    const { network, origin, classNames } = open;
    const [height, width, channels] = network.inputShape as [number, number, number];
    yield {
      type: 'data',
      name: 'subject',
      value: {
        origin,
        inputShape: network.inputShape,
        classes: network.outputShape.at(-1) as number,
        classNames,
        layers: mapLayers(network).map(facts),
        last: lastMaps(network)?.path ?? '',
        randomisable: cascadeLayers(network).length,
        notices,
      },
    };
    if (pictures.length === 0) return;
    const data = new Uint8Array(pictures.length * height * width * channels);
    pictures.forEach(({ pixels }, n) => {
      data.set(pixels, n * pixels.length);
    });
    yield { type: 'images', name: 'pictures', shape: [pictures.length, height, width, channels], data };
  }

  async *classify(): AsyncGenerator<Told, number | null> {
    const { pictures } = this.subject;
    if (pictures.length === 0) return null;
    const verdicts: Verdict[] = [];
    for (const picture of pictures) verdicts.push(...(await this.explainer.verdicts([picture])));
    const shown = {
      names: pictures.map(({ name }) => name),
      labels: pictures.map(({ label }) => label),
      verdicts,
      objects: pictures.map(({ object }) => object),
      explained: this.pictures.length,
    };
    yield { type: 'data', name: 'shown', value: shown };
    const labelled = pictures.map(({ label }, n) => ({ label, said: verdicts[n]?.predicted })).filter(({ label }) => label >= 0);
    return labelled.length === 0 ? null : labelled.filter(({ label, said }) => said === label).length / labelled.length;
  }

  /** The same training without the correlation, and where the maps of both lie. */
  async *background(): AsyncGenerator<Told, Background | null> {
    const { scenes } = this.subject;
    const { config } = this;
    if (!scenes) return null;
    const own: Which = config.correlation > 0.5 ? 'with' : 'without';
    const found = { [own]: await measureBackground(this.explainer, scenes, config) };
    if (own === 'with') {
      const trained = yield* renamed(sceneNetwork(config, 0.5, this.context), 'without the correlation');
      const other = new Explainer(await inferenceNetwork(trained, config), config.seed);
      try {
        found.without = await measureBackground(other, scenes, config);
      } finally {
        other.network.dispose();
      }
    }
    const of = <K extends 'measure' | 'examples'>(key: K) =>
      Object.fromEntries(Object.entries(found).map(([which, value]) => [which, value[key]]));
    const value: Background = {
      area: backgroundArea(scenes),
      networks: of('measure'),
      examples: of('examples'),
      ...shownScenes(scenes, config.seed),
    };
    yield { type: 'data', name: 'background', value };
    for (const [which, { accuracy, share, excess, flips }] of Object.entries(value.networks)) {
      const row = {
        background: which === 'with' ? 'goes with the class' : 'says nothing',
        accuracy,
        'CAM on it': share,
        'its area': value.area,
        'points above': excess,
        'answers it changes': flips,
      };
      yield { type: 'row', table: 'background', id: which, row };
    }
    return value;
  }

  /** How alike the maps stay while layer after layer from the top is randomised; of one depth the gallery has told it. */
  async *cascade(found: readonly MethodMaps[]): AsyncGenerator<Told, void> {
    const { explainer, pictures } = this;
    const layers = cascadeLayers(explainer.network);
    const [h = 1, w = 1] = explainer.network.inputShape;
    if (layers.length > CASCADE.layers || h * w > CASCADE.pixels) return;
    const config = usable(this);
    for (const [at, maps] of found.entries()) {
      const { method, targets } = maps;
      yield { type: 'phase', name: 'control', progress: at / found.length, detail: `${method}, layer after layer random` };
      yield { type: 'metric', chart: 'cascade', series: method, x: 0, y: 1 };
      const { values } = await explainer.raw(explainer.network, method, pictures, targets, config);
      for (let depth = 1; depth <= layers.length; depth++) {
        const known = depth === maps.depth ? maps.similarity : await explainer.similarity(maps, values, pictures, config, depth);
        yield { type: 'metric', chart: 'cascade', series: method, x: depth, y: average(known) };
      }
    }
  }
}

/** The same events, the curve of the loss under another name. */
async function* renamed<R>(events: AsyncGenerator<ExperimentEvent, R>, series: string): AsyncGenerator<ExperimentEvent, R> {
  for (;;) {
    const { value, done } = await events.next();
    if (done) return value;
    yield value.type === 'metric' ? { ...value, series } : value;
  }
}

/** The gallery, method after method. */
async function* gallery(lab: Lab): AsyncGenerator<Told, MethodMaps[]> {
  const found: MethodMaps[] = [];
  const { methods } = lab.config;
  for (const [at, method] of methods.entries()) {
    yield { type: 'phase', name: 'explain', progress: at / methods.length, detail: method };
    const maps = await lab.explainer.maps(method, lab.pictures, usable(lab));
    found.push(maps);
    yield { type: 'data', name: `maps ${method}`, value: maps };
    yield { type: 'row', table: 'methods', id: method, row: methodRow(maps) };
    yield { type: 'step', step: at + 1, total: methods.length };
  }
  return found;
}

/** The settings, with the predicted class where the chosen one is none of this network's. */
function usable(lab: Lab): Config {
  const { live, explainer } = lab;
  const classes = explainer.network.outputShape.at(-1) as number;
  return live.target === 'chosen' && live.class >= classes ? { ...live, target: 'predicted' } : live;
}

const average = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length;
const outsideOf = ({ outside }: MethodMaps): number | null => {
  const known = outside.filter((share) => share !== null);
  return known.length > 0 ? average(known) : null;
};

function methodRow(maps: MethodMaps) {
  const { method, layer, why, similarity } = maps;
  return {
    method,
    explains: why || (layer ? `layer ${layer}` : 'pixels'),
    'outside the object': why ? null : outsideOf(maps),
    'like its control (rank correlation)': why ? null : average(similarity),
  };
}

export const experiment: Experiment<typeof schema, Explaining> = {
  ...definition,
  async *run(config, context) {
    const subject = yield* renamed(
      openSubject(config, context),
      config.correlation > 0.5 ? 'the network' : 'without the correlation',
    );
    const lab = new Lab(config, context, subject);
    const { explainer } = lab;
    const classes = explainer.network.outputShape.at(-1) as number;
    if (config.target === 'chosen' && config.class >= classes) {
      const message = `Class ${config.class} is beyond the ${classes} classes of this network; the predicted class is explained.`;
      yield { type: 'status', level: 'warning', message };
    }
    yield* lab.introduce();
    context.serve('maps', ({ method, picture }) =>
      explainer.maps(method, picture ? [{ ...picture, name: '' }] : lab.pictures, lab.live),
    );
    let bench: Promise<ReturnType<typeof benchServer>> | undefined;
    context.serve('bench', async (of) => {
      bench ??= import('./bench-run.ts').then((run) => run.benchServer(context));
      return (await bench)(of);
    });
    context.serve('look', async ({ pixels }) => (await explainer.verdicts([{ pixels }]))[0] as Verdict);
    context.serve('files', async () => (await import('./pictures.ts')).pictureFiles(explainer, subject, usable(lab)));
    const accuracy = yield* lab.classify();
    if (lab.pictures.length === 0) {
      yield { type: 'status', level: 'note', message: 'No pictures of its kind are at hand: give some of your own below.' };
      return { origin: subject.open.origin, accuracy, background: null, identity: null, methods: [] };
    }
    const first = lab.pictures[0] as Picture;
    context.serve('tensors', async () => (await inspection()).inspect(explainer, first, usable(lab)));
    context.serve('verify', async ({ card }) => (await inspection()).verify(explainer, first, usable(lab), card));
    const background = yield* lab.background();
    const identity = await gapIdentity(explainer, lab.pictures);
    if (identity) yield { type: 'data', name: 'identity', value: identity };
    const maps = yield* gallery(lab);
    const defined = maps.filter(({ why }) => why === '');
    yield* lab.cascade(defined);
    return {
      origin: subject.open.origin,
      accuracy,
      background: background && { area: background.area, networks: background.networks },
      identity,
      methods: defined.map((found) => ({
        method: found.method,
        similarity: average(found.similarity),
        outside: outsideOf(found),
      })),
    };
  },
};
