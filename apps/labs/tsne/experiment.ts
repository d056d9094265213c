/** Lays images out in the plane by t-SNE and measures what the map keeps. */
import type { DatasetName } from '../../../engine/data/catalog.ts';
import { type ImageDataset, imageSize } from '../../../engine/data/dataset.ts';
import { loadDataset } from '../../../engine/data/load.ts';
import { neighbourAgreement } from '../../../engine/explain/neighbours.ts';
import { TsneConvergence } from '../../../engine/explain/tsne.ts';
import type { Experiment, ExperimentEvent, RunContext } from '../../runtime/experiment.ts';
import { snapshotsFor } from '../../runtime/network-source.ts';
import { withProgress } from '../../runtime/progress.ts';
import type { ConfigOf } from '../../runtime/schema.ts';
import type { CardRequests } from '../../shell/card-questions.ts';
import { inspect, verify } from './inspect.ts';
import { AGREEMENT_K, type MapQuality, Maps, type PanelSpec, panelsOf, scheduleOf, TRUST_K } from './maps.ts';
import { type LayerInfo, NetworkSource } from './network.ts';
import { definition, type schema } from './schema.ts';

type Config = ConfigOf<typeof schema>;

/** Iterations between two evaluations of the divergence, and of everything else. */
const DIVERGENCE_EVERY = 50;
const QUALITY_EVERY = 100;
const QUALITY_EVERY_LARGE = 500;
const LARGE = 3000;
/** Iterations of a run that starts from a finished map. */
const MORE_ITERATIONS = 300;
/** Neighbours in the input that the page shows beside a point. */
const SHOWN_NEIGHBOURS = 8;

export interface TsneResult {
  readonly points: number;
  /** Of a vote of the 10 nearest in the space that was embedded. */
  readonly inputAgreement: number;
  /** Of the network on the points, where a layer was embedded. */
  readonly accuracy: number | null;
  readonly iterations: number;
  readonly stopped: string | null;
  readonly maps: readonly (PanelSpec & MapQuality)[];
}

/** What the page needs to draw a layout: 16 bits a coordinate. */
export interface LayoutValue {
  readonly y: Int16Array;
  /** Coordinate that 32,767 stands for. */
  readonly extent: number;
}

/** What run and page say to each other. */
export interface Mapping {
  result: TsneResult;
  data: {
    labels: { readonly labels: Uint8Array; readonly classes: readonly string[] };
    /** One for each map. */
    panels: readonly PanelSpec[];
    [layout: `layout ${number}`]: LayoutValue;
    /** What is embedded, for the reader. */
    space: string;
    /** The k nearest of each point in the space that is embedded, [N, k]. */
    neighbours: { readonly k: number; readonly indices: Uint16Array };
    inputAgreement: number;
    /** Of the network, where a layer is embedded: what it takes each point for, its epochs, its layers. */
    predicted: Uint8Array;
    epochs: readonly number[];
    layers: readonly LayerInfo[];
  };
  requests: CardRequests;
}

type Told = ExperimentEvent<Mapping['data']>;

export const seriesName = (specs: readonly PanelSpec[], at: number): string => {
  const { perplexity, seed } = specs[at] as PanelSpec;
  return specs.length === 1 ? 'map' : `perplexity ${Number(perplexity.toPrecision(3))}, seed ${seed}`;
};

function packed(layout: Float32Array): LayoutValue {
  const extent = layout.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
  return { y: Int16Array.from(layout, (value) => Math.round((value / extent) * 32767)), extent };
}

function pixels(set: ImageDataset): Float32Array {
  return Float32Array.from(set.images, (value) => value / 255);
}

/** Which space the points are in; another one when one of these changes. */
const spaceKey = ({ layer, path, epoch }: Config, network: NetworkSource | undefined): string =>
  layer === 'pixels' ? 'pixels' : `${layer} ${layer === 'other' ? path : ''} ${network?.at(epoch).epoch ?? epoch}`;

class Lab {
  readonly config: Config;
  readonly context: RunContext<Config>;
  readonly set: ImageDataset;
  readonly maps: Maps;
  network: NetworkSource | undefined;
  space = '';
  inputAgreement = 0;
  accuracy: number | null = null;

  constructor(config: Config, context: RunContext<Config>, set: ImageDataset) {
    this.config = config;
    this.context = context;
    this.set = set;
    this.maps = new Maps(panelsOf(config, set.count));
  }

  /** Values of `live` that belong to a run as it stands now. */
  get live(): Config {
    return { ...this.config, ...this.context.live };
  }

  async *#points(): AsyncGenerator<Told, Float32Array> {
    const { live, set, context } = this;
    if (live.layer === 'pixels') {
      this.accuracy = null;
      yield { type: 'data', name: 'space', value: `${imageSize(set)} pixel values` };
      return pixels(set);
    }
    if (!this.network) {
      const { dataset, trainCount: images, epochs, seed } = this.config;
      const snapshots = yield* snapshotsFor({ dataset, images, epochs, seed }, context);
      this.network = new NetworkSource(set, snapshots);
      yield { type: 'data', name: 'epochs', value: snapshots.map(({ epoch }) => epoch) };
      yield { type: 'data', name: 'layers', value: this.network.layers(live.epoch) };
      if (this.network.mismatch) yield { type: 'status', level: 'warning', message: this.network.mismatch };
    }
    const { network } = this;
    const { layer, path, epoch } = live;
    const { values, description } = yield* withProgress('embed', 'activations', (report) =>
      network.points(layer, path, epoch, report),
    );
    const { dataset } = network.trainedOn;
    const trained = dataset !== undefined && network.mismatch ? `, of a network trained on '${dataset}'` : '';
    if (!network.sameClasses) {
      // Its outputs stand for other classes: comparing their numbers with these labels would say nothing.
      this.accuracy = null;
      yield { type: 'data', name: 'space', value: `${description}${trained}` };
      return values;
    }
    const { predictions, accuracy } = await network.predictions(epoch);
    this.accuracy = accuracy;
    yield { type: 'data', name: 'predicted', value: Uint8Array.from(predictions) };
    const right = `${(100 * accuracy).toFixed(1)} % of these images classified correctly`;
    yield { type: 'data', name: 'space', value: `${description}${trained}; ${right}` };
    return values;
  }

  /** Takes the points that the live parameters name; the maps keep their layouts. */
  async *enterSpace(): AsyncGenerator<Told, void> {
    const { maps, set, context } = this;
    const points = yield* this.#points();
    this.space = spaceKey(this.live, this.network);
    yield* withProgress('distances', 'all pairs', (onProgress) =>
      maps.setPoints(points, set.count, scheduleOf(this.live), this.config.init, { signal: context.signal, onProgress }),
    );
    const near = maps.space.neighbours(Math.min(AGREEMENT_K, maps.space.kept));
    const k = near.length / set.count;
    this.inputAgreement = neighbourAgreement(near, set.labels, k);
    const shown = Math.min(SHOWN_NEIGHBOURS, k);
    const neighbours = new Uint16Array(set.count * shown);
    for (let i = 0; i < set.count; i++) neighbours.set(near.subarray(i * k, i * k + shown), i * shown);
    yield { type: 'data', name: 'neighbours', value: { k: shown, indices: neighbours } };
    yield { type: 'data', name: 'inputAgreement', value: this.inputAgreement };
  }

  /** Follows changes of live parameters that need other affinities. @returns true when something changed */
  async *follow(): AsyncGenerator<Told, boolean> {
    const { live, maps } = this;
    let changed = false;
    if (spaceKey(live, this.network) !== this.space) {
      yield* this.enterSpace();
      changed = true;
    }
    const [wanted] = panelsOf(live, this.set.count);
    if (live.view === 'one' && wanted && wanted.perplexity !== maps.specs[0]?.perplexity) {
      await maps.setPerplexity(0, wanted.perplexity);
      yield { type: 'data', name: 'panels', value: structuredClone(maps.specs) };
      changed = true;
    }
    return changed;
  }

  async *picture(): AsyncGenerator<Told, void> {
    for (const [at, layout] of (await this.maps.layouts()).entries()) {
      yield { type: 'data', name: `layout ${at}`, value: packed(layout) };
    }
  }

  async *quality(step: number): AsyncGenerator<ExperimentEvent, MapQuality[]> {
    const { maps, set } = this;
    const found = await maps.quality(set.labels);
    yield { type: 'metric', chart: 'agreement', series: 'input space', x: step, y: this.inputAgreement };
    for (const [at, quality] of found.entries()) {
      const { perplexity, seed } = maps.specs[at] as PanelSpec;
      const series = seriesName(maps.specs, at);
      yield { type: 'metric', chart: 'agreement', series, x: step, y: quality.agreement };
      yield { type: 'metric', chart: 'trustworthiness', series, x: step, y: quality.trustworthiness };
      const row = {
        perplexity: Number(perplexity.toPrecision(3)),
        seed,
        iteration: step,
        KL: quality.KL,
        [`${AGREEMENT_K}-NN, map`]: quality.agreement,
        [`${AGREEMENT_K}-NN, input`]: this.inputAgreement,
        [`T(${TRUST_K})`]: quality.trustworthiness,
        'neighbours kept': quality.kept,
      };
      yield { type: 'row', table: 'quality', id: String(at), row };
    }
    return found;
  }
}

/** The iterations; returns the reason where they end before their number is reached. */
async function* iterate(lab: Lab): AsyncGenerator<Told, string | null> {
  const { maps, set } = lab;
  const stops = maps.specs.map(() => new TsneConvergence());
  const qualityEvery = set.count > LARGE ? QUALITY_EVERY_LARGE : QUALITY_EVERY;
  const first = maps.iteration;
  let past = first;
  const last = () => (lab.live.iterations > first ? lab.live.iterations : first + MORE_ITERATIONS);
  yield { type: 'phase', name: 'embed', progress: 0 };
  while (maps.iteration < last()) {
    if (yield* lab.follow()) for (const stop of stops) stop.restart(maps.iteration);
    const { live } = lab;
    const end = last();
    const schedule = scheduleOf(live);
    const from = maps.iteration;
    // Ends at multiples of the interval, and where the divergence is evaluated.
    const to = Math.min(from + live.every - (from % live.every), from + DIVERGENCE_EVERY - (from % DIVERGENCE_EVERY), end);
    maps.step(to - from, schedule);
    if (past < schedule.exaggerated && to >= schedule.exaggerated) for (const stop of stops) stop.restart(to);
    past = to;
    yield* lab.picture();
    let reason: string | undefined;
    if (to % DIVERGENCE_EVERY === 0 || to === end) {
      const values = await maps.evaluate();
      const reasons = values.map((value, at) => (stops[at] as TsneConvergence).check(to, value));
      for (const [at, { divergence, gradientNorm }] of values.entries()) {
        const series = seriesName(maps.specs, at);
        yield { type: 'metric', chart: 'divergence', series, x: to, y: divergence };
        yield { type: 'metric', chart: 'gradient', series, x: to, y: gradientNorm };
      }
      if (live.stopEarly && to > schedule.exaggerated && reasons.every((found) => found !== undefined)) reason = reasons[0];
      if (to % (4 * DIVERGENCE_EVERY) === 0) yield { type: 'checkpoint', name: 'maps', step: to, bytes: await maps.save() };
      if (to % qualityEvery === 0 && to < end && !reason) yield* lab.quality(to);
      yield { type: 'step', step: to, total: end, loss: values[0]?.divergence ?? 0 };
    } else yield { type: 'step', step: to, total: end };
    if (reason) return reason;
  }
  return null;
}

export const experiment: Experiment<typeof schema, Mapping> = {
  ...definition,
  async *run(config, context) {
    const { signal, data: source } = context;
    yield { type: 'phase', name: 'download' };
    const set = await loadDataset(config.dataset as DatasetName, { source, signal, split: 'test', count: config.count });
    const { count, height, width, channels, classNames } = set;
    if (count < config.count) {
      yield { type: 'status', level: 'note', message: `There are ${count} test images of this set; all of them are embedded.` };
    }
    yield { type: 'images', name: 'points', shape: [count, height, width, channels], data: set.images.slice() };
    yield { type: 'data', name: 'labels', value: { labels: set.labels.slice(), classes: [...classNames] } };
    const lab = new Lab(config, context, set);
    context.onDispose(() => lab.maps.dispose());
    yield { type: 'data', name: 'panels', value: structuredClone(lab.maps.specs) };
    yield* lab.enterSpace();
    context.serve('tensors', () => inspect(lab.maps));
    context.serve('verify', ({ card }) => verify(lab.maps, card));
    if (context.checkpoint && !lab.maps.load(context.checkpoint)) {
      yield { type: 'status', level: 'note', message: 'The saved state belongs to other points; the map starts anew.' };
    }
    const stopped = yield* iterate(lab);
    if (stopped) yield { type: 'status', level: 'note', message: `Stopped at iteration ${lab.maps.iteration}: ${stopped}.` };
    yield { type: 'phase', name: 'evaluate' };
    yield { type: 'checkpoint', name: 'maps', step: lab.maps.iteration, bytes: await lab.maps.save() };
    yield* lab.picture();
    const found = yield* lab.quality(lab.maps.iteration);
    return {
      points: count,
      inputAgreement: lab.inputAgreement,
      accuracy: lab.accuracy,
      iterations: lab.maps.iteration,
      stopped,
      maps: found.map((quality, at) => ({ ...(lab.maps.specs[at] as PanelSpec), ...quality })),
    };
  },
};
