/** Lays images out in the plane by t-SNE and measures what the map keeps. */

import type { DatasetName } from '../../../engine/data/catalog.ts';
import { type ImageDataset, imageSize, shuffle, take } from '../../../engine/data/dataset.ts';
import { loadDataset } from '../../../engine/data/load.ts';
import { uniformFrom } from '../../../engine/data/uniform.ts';
import { neighbourAgreement } from '../../../engine/explain/neighbours.ts';
import { TsneConvergence } from '../../../engine/explain/tsne.ts';
import { ConfigError, Generator as RandomNumbers } from '../../../engine/index.ts';
import { readSafetensors } from '../../../engine/io/safetensors.ts';
import { isCount } from '../../../engine/json.ts';
import { formatPercent } from '../../components/shared/format.ts';
import { damaged } from '../../runtime/checkpoint-settings.ts';
import type { Experiment, ExperimentEvent, RunContext } from '../../runtime/experiment.ts';
import { snapshotsFor, snapshotsOf } from '../../runtime/network-source.ts';
import { isPictureFile, readOwnImages } from '../../runtime/own-images.ts';
import { withProgress } from '../../runtime/progress.ts';
import type { ConfigOf } from '../../runtime/schema.ts';
import type { CardRequests } from '../../shell/card-questions.ts';
import { AGREEMENT_K, iterationOf, type MapQuality, Maps, panelsOf, scheduleOf, spacesOf, TRUST_K } from './maps.ts';
import { type LayerInfo, NetworkSource } from './network.ts';
import { type PanelSpec, panelName } from './panel.ts';
import { definition, type Layer, type schema } from './schema.ts';

/** What the cards ask for: loaded when they do. */
const inspection = () => import('./inspect.ts');

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
  /** With the vote of the nearest in the space of each. */
  readonly maps: readonly (PanelSpec & MapQuality & { readonly inputAgreement: number })[];
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
  requests: CardRequests & {
    /** The network whose layer is embedded, as a file; null where there is none. */
    network(): Uint8Array | null;
  };
}

type Told = ExperimentEvent<Mapping['data']>;

export const seriesName = (specs: readonly PanelSpec[], at: number): string => {
  return specs.length === 1 ? 'map' : panelName(specs[at] as PanelSpec);
};

function packed(layout: Float32Array): LayoutValue {
  const extent = layout.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
  return { y: Int16Array.from(layout, (value) => Math.round((value / extent) * 32767)), extent };
}

function pixels(set: ImageDataset): Float32Array {
  return Float32Array.from(set.images, (value) => value / 255);
}

/** Which space the points are in; another one when one of these changes. */
const spaceKey = (layer: Layer, { path, epoch }: Config, network: NetworkSource | undefined): string =>
  layer === 'pixels' ? 'pixels' : `${layer} ${layer === 'other' ? path : ''} ${network?.at(epoch).epoch ?? epoch}`;

/** What all maps share: the images and the network. */
class Lab {
  readonly config: Config;
  readonly context: RunContext<Config>;
  readonly set: ImageDataset;
  readonly groups: readonly Group[];
  /** Of each map. */
  readonly convergence: readonly TsneConvergence[];
  network: NetworkSource | undefined;
  /** Where maps that go on from a checkpoint end, if they had ended before and were being moved on. */
  until: number | undefined;

  constructor(config: Config, context: RunContext<Config>, set: ImageDataset) {
    this.config = config;
    this.context = context;
    this.set = set;
    const specs = panelsOf(config, set.count);
    const spaces = spacesOf(config);
    this.groups =
      spaces.length === 0
        ? [new Group(this, specs, 0)]
        : spaces.map((layer, n) => new Group(this, specs, n * specs.length, layer));
    this.convergence = this.specs.map(() => new TsneConvergence());
  }

  /** Values of `live` that belong to a run as it stands now. */
  get live(): Config {
    return { ...this.config, ...this.context.live };
  }

  get first(): Group {
    return this.groups[0] as Group;
  }

  get iteration(): number {
    return this.first.maps.iteration;
  }

  /** All maps, space by space. */
  get specs(): readonly PanelSpec[] {
    return this.groups.flatMap(({ specs }) => specs);
  }

  /** What is embedded, in words. */
  *told(): Generator<Told, void> {
    const { groups } = this;
    const value = groups
      .map(({ layer, description }) => (groups.length > 1 ? `${layer} (${description})` : description))
      .join('; ');
    yield { type: 'data', name: 'space', value };
  }

  async *openNetwork(): AsyncGenerator<Told, NetworkSource> {
    if (this.network) return this.network;
    const { dataset, trainCount: images, epochs, seed } = this.config;
    const { context } = this;
    if (dataset === 'own' && snapshotsOf(context.files).length === 0) {
      throw new ConfigError(
        'layer',
        'a network for own images comes as a checkpoint of the classification lab: give one, or embed the pixels.',
      );
    }
    const snapshots =
      dataset === 'own' ? snapshotsOf(context.files) : yield* snapshotsFor({ dataset, images, epochs, seed }, context);
    this.network = new NetworkSource(this.set, snapshots);
    yield { type: 'data', name: 'epochs', value: snapshots.map(({ epoch }) => epoch) };
    yield { type: 'data', name: 'layers', value: this.network.layers(this.live.epoch) };
    if (this.network.mismatch) yield { type: 'status', level: 'warning', message: this.network.mismatch };
    return this.network;
  }

  /** @param until the iteration where they end; absent: they have, and where they are moved on from there they count their progress anew */
  save(until?: number): Promise<Uint8Array<ArrayBuffer>> {
    const [first, ...others] = this.groups.map(({ maps }) => maps) as [Maps, ...Maps[]];
    // As text: nothing has been evaluated since a restart where the lowest divergence is infinite.
    const progress = this.convergence.map(({ state: { best, bestAt } }) => `${best} ${bestAt}`);
    return first.save(others, until === undefined ? {} : { progress: progress.join(','), until: String(until) });
  }

  /** @returns false where the bytes belong to other maps */
  load(bytes: Uint8Array): boolean {
    if (!this.groups.every(({ maps, from }) => maps.load(bytes, from))) return false;
    const { progress, until } = readSafetensors(bytes).metadata;
    for (const [at, text] of (progress?.split(',') ?? []).entries()) {
      const [best = Number.NaN, bestAt] = text.split(' ').map(Number);
      if (Number.isNaN(best) || !isCount(bestAt)) throw damaged('the progress of each map in its metadata');
      const convergence = this.convergence[at];
      if (convergence) convergence.state = { best, bestAt };
    }
    if (until !== undefined) this.until = iterationOf(until);
    return true;
  }

  dispose(): void {
    for (const { maps } of this.groups) maps.dispose();
  }
}

/** The maps of one space. */
class Group {
  readonly lab: Lab;
  readonly maps: Maps;
  /** Number of its first map. */
  readonly from: number;
  readonly #fixed: Layer | undefined;
  space = '';
  description = '';
  inputAgreement = 0;
  accuracy: number | null = null;

  constructor(lab: Lab, specs: readonly PanelSpec[], from: number, fixed?: Layer) {
    this.lab = lab;
    this.maps = new Maps(specs);
    this.from = from;
    this.#fixed = fixed;
  }

  get layer(): Layer {
    return this.#fixed ?? this.lab.live.layer;
  }

  get specs(): readonly PanelSpec[] {
    return this.#fixed === undefined ? this.maps.specs : this.maps.specs.map((spec) => ({ ...spec, layer: this.layer }));
  }

  async *#points(): AsyncGenerator<Told, Float32Array> {
    const { lab, layer } = this;
    const { live, set } = lab;
    this.accuracy = null;
    if (layer === 'pixels') {
      this.description = `${imageSize(set)} pixel values`;
      return pixels(set);
    }
    const network = yield* lab.openNetwork();
    const { path, epoch } = live;
    const { values, description } = yield* withProgress('embed', 'activations', (report) =>
      network.points(layer, path, epoch, report),
    );
    const { dataset } = network.trainedOn;
    const trained = dataset !== undefined && network.mismatch ? `, of a network trained on '${dataset}'` : '';
    this.description = `${description}${trained}`;
    // Its outputs stand for other classes: comparing their numbers with these labels would say nothing.
    if (!network.sameClasses) return values;
    const { predictions, accuracy } = await network.predictions(epoch);
    this.accuracy = accuracy;
    yield { type: 'data', name: 'predicted', value: Uint8Array.from(predictions) };
    this.description = `${this.description}; ${formatPercent(accuracy)} of these images classified correctly`;
    return values;
  }

  /** Takes the points that the live parameters name; the maps keep their layouts. */
  async *enterSpace(): AsyncGenerator<Told, void> {
    const { maps, lab } = this;
    const { set, context, config, live } = lab;
    const points = yield* this.#points();
    this.space = spaceKey(this.layer, live, lab.network);
    yield* withProgress('distances', 'all pairs', (onProgress) =>
      maps.setPoints(points, set.count, scheduleOf(live), config.init, { signal: context.signal, onProgress }),
    );
    const near = maps.space.neighbours(Math.min(AGREEMENT_K, maps.space.kept));
    const k = near.length / set.count;
    this.inputAgreement = neighbourAgreement(near, set.labels, k);
    yield* lab.told();
    if (this.from > 0) return;
    const shown = Math.min(SHOWN_NEIGHBOURS, k);
    const neighbours = new Uint16Array(set.count * shown);
    for (let i = 0; i < set.count; i++) neighbours.set(near.subarray(i * k, i * k + shown), i * shown);
    yield { type: 'data', name: 'neighbours', value: { k: shown, indices: neighbours } };
    yield { type: 'data', name: 'inputAgreement', value: this.inputAgreement };
  }

  /** Follows changes of live parameters that need other affinities. @returns true when something changed */
  async *follow(): AsyncGenerator<Told, boolean> {
    const { maps, lab } = this;
    const { live } = lab;
    let changed = false;
    if (spaceKey(this.layer, live, lab.network) !== this.space) {
      yield* this.enterSpace();
      changed = true;
    }
    const [wanted] = panelsOf(live, lab.set.count);
    if (live.view === 'one' && wanted && wanted.perplexity !== maps.specs[0]?.perplexity) {
      await maps.setPerplexity(0, wanted.perplexity);
      yield { type: 'data', name: 'panels', value: structuredClone(lab.specs) };
      changed = true;
    }
    return changed;
  }

  async *picture(): AsyncGenerator<Told, void> {
    for (const [at, layout] of (await this.maps.layouts()).entries()) {
      yield { type: 'data', name: `layout ${this.from + at}`, value: packed(layout) };
    }
  }

  async *quality(step: number): AsyncGenerator<ExperimentEvent, MapQuality[]> {
    const { maps, lab } = this;
    const found = await maps.quality(lab.set.labels);
    if (this.from === 0) yield { type: 'metric', chart: 'agreement', series: 'input space', x: step, y: this.inputAgreement };
    for (const [at, quality] of found.entries()) {
      const { perplexity, seed } = maps.specs[at] as PanelSpec;
      const series = seriesName(lab.specs, this.from + at);
      yield { type: 'metric', chart: 'agreement', series, x: step, y: quality.agreement };
      yield { type: 'metric', chart: 'trustworthiness', series, x: step, y: quality.trustworthiness };
      const row = {
        ...(this.#fixed === undefined ? {} : { space: this.layer }),
        perplexity: Number(perplexity.toPrecision(3)),
        seed,
        iteration: step,
        KL: quality.KL,
        [`${AGREEMENT_K}-NN, map`]: quality.agreement,
        [`${AGREEMENT_K}-NN, input`]: this.inputAgreement,
        [`T(${TRUST_K})`]: quality.trustworthiness,
        'neighbours kept': quality.kept,
      };
      yield { type: 'row', table: 'quality', id: String(this.from + at), row };
    }
    return found;
  }
}

/** The iterations; returns the reason where they end before their number is reached. */
async function* iterate(lab: Lab): AsyncGenerator<Told, string | null> {
  const { groups, set } = lab;
  const qualityEvery = set.count > LARGE ? QUALITY_EVERY_LARGE : QUALITY_EVERY;
  const first = lab.iteration;
  let past = first;
  const more = lab.until ?? first + MORE_ITERATIONS;
  const last = () => (lab.live.iterations > first ? lab.live.iterations : more);
  const restart = (at: number) => {
    for (const convergence of lab.convergence) convergence.restart(at);
  };
  yield { type: 'phase', name: 'embed', progress: 0 };
  while (lab.iteration < last()) {
    for (const group of groups) if (yield* group.follow()) restart(lab.iteration);
    const { live } = lab;
    const end = last();
    const schedule = scheduleOf(live);
    const from = lab.iteration;
    // Ends at multiples of the interval, and where the divergence is evaluated.
    const to = Math.min(from + live.every - (from % live.every), from + DIVERGENCE_EVERY - (from % DIVERGENCE_EVERY), end);
    for (const { maps } of groups) maps.step(to - from, schedule);
    if (past < schedule.exaggerated && to >= schedule.exaggerated) restart(to);
    past = to;
    for (const group of groups) yield* group.picture();
    let reason: string | undefined;
    if (to % DIVERGENCE_EVERY === 0 || to === end) {
      const values: { divergence: number; gradientNorm: number }[] = [];
      for (const { maps } of groups) values.push(...(await maps.evaluate()));
      const reasons = lab.convergence.map((convergence, at) => convergence.check(to, values[at] as (typeof values)[number]));
      for (const [at, { divergence, gradientNorm }] of values.entries()) {
        const series = seriesName(lab.specs, at);
        yield { type: 'metric', chart: 'divergence', series, x: to, y: divergence };
        yield { type: 'metric', chart: 'gradient', series, x: to, y: gradientNorm };
      }
      if (live.stopEarly && to > schedule.exaggerated && reasons.every((found) => found !== undefined)) reason = reasons[0];
      // Not at the end: a run that goes on from there takes more iterations.
      if (to % (4 * DIVERGENCE_EVERY) === 0 && to < end && !reason)
        yield { type: 'checkpoint', name: 'maps', step: to, bytes: await lab.save(end) };
      if (to % qualityEvery === 0 && to < end && !reason) for (const group of groups) yield* group.quality(to);
      yield { type: 'step', step: to, total: end, loss: values[0]?.divergence ?? 0 };
    } else yield { type: 'step', step: to, total: end };
    if (reason) return reason;
  }
  return null;
}

/** The reader's own pictures, in an order of the seed. @throws ConfigError where none were given */
async function* ownImages(config: Config, context: RunContext<Config>): AsyncGenerator<Told, ImageDataset> {
  if ([...context.files.keys()].every((name) => !isPictureFile(name)))
    throw new ConfigError(
      'dataset',
      'drop a folder of images (one folder for each class) or a .zip or .tgz of such folders first.',
    );
  const size = { height: config.ownSide, width: config.ownSide, channels: config.ownColour ? 3 : 1 } as const;
  const all = yield* withProgress('decode', '', (report) => readOwnImages(context.files, size, report));
  return take(shuffle(all, uniformFrom(new RandomNumbers(config.seed, 'own'))), config.count);
}

export const experiment: Experiment<typeof schema, Mapping> = {
  ...definition,
  async *run(config, context) {
    const { signal, data: source } = context;
    yield { type: 'phase', name: 'download' };
    const set =
      config.dataset === 'own'
        ? yield* ownImages(config, context)
        : await loadDataset(config.dataset as DatasetName, { source, signal, split: 'test', count: config.count });
    const { count, height, width, channels, classNames } = set;
    if (count < config.count) {
      yield { type: 'status', level: 'note', message: `There are ${count} images; all of them are embedded.` };
    }
    yield { type: 'images', name: 'points', shape: [count, height, width, channels], data: set.images.slice() };
    yield { type: 'data', name: 'labels', value: { labels: set.labels.slice(), classes: [...classNames] } };
    const lab = new Lab(config, context, set);
    context.onDispose(() => lab.dispose());
    yield { type: 'data', name: 'panels', value: structuredClone(lab.specs) };
    for (const group of lab.groups) yield* group.enterSpace();
    const { maps } = lab.first;
    context.serve('tensors', async () => (await inspection()).inspect(maps));
    context.serve('verify', async ({ card }) => (await inspection()).verify(maps, card));
    context.serve('network', () => lab.network?.at(lab.live.epoch).bytes ?? null);
    if (context.checkpoint && !lab.load(context.checkpoint)) {
      yield { type: 'status', level: 'note', message: 'The saved state belongs to other points; the map starts again.' };
    }
    const stopped = yield* iterate(lab);
    if (stopped) yield { type: 'status', level: 'note', message: `Stopped at iteration ${lab.iteration}: ${stopped}.` };
    yield { type: 'phase', name: 'evaluate' };
    const found: TsneResult['maps'][number][] = [];
    for (const group of lab.groups) {
      yield* group.picture();
      const qualities = yield* group.quality(lab.iteration);
      found.push(
        ...qualities.map((quality, at) => ({
          ...(group.specs[at] as PanelSpec),
          ...quality,
          inputAgreement: group.inputAgreement,
        })),
      );
    }
    // After all that a lost device can interrupt, as maps that are gone on with from here move on.
    yield { type: 'checkpoint', name: 'maps', step: lab.iteration, bytes: await lab.save() };
    return {
      points: count,
      inputAgreement: lab.first.inputAgreement,
      accuracy: lab.groups.find(({ accuracy }) => accuracy !== null)?.accuracy ?? null,
      iterations: lab.iteration,
      stopped,
      maps: found,
    };
  },
};
