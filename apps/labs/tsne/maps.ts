/** One or several maps of the same points, moved together. */
import { type Affinities, affinitiesOf } from '../../../engine/explain/affinities.ts';
import { Neighbourhoods } from '../../../engine/explain/neighbourhoods.ts';
import { nearestNeighbours, neighbourAgreement, neighbourOverlap } from '../../../engine/explain/neighbours.ts';
import {
  initialLayout,
  preparePoints,
  Tsne,
  type TsneSchedule,
  type TsneState,
  tsneSchedules,
} from '../../../engine/explain/tsne.ts';
import { readSafetensors, writeSafetensors } from '../../../engine/io/safetensors.ts';
import { isCount } from '../../../engine/json.ts';
import { damaged } from '../../runtime/checkpoint-settings.ts';
import type { ConfigOf } from '../../runtime/schema.ts';
import type { PanelSpec } from './panel.ts';
import { type Layer, layers, type schema } from './schema.ts';

type Config = ConfigOf<typeof schema>;

/** Neighbours of the agreement with labels, and of trustworthiness. */
export const AGREEMENT_K = 10;
export const TRUST_K = 5;
const MOST_PERPLEXITIES = 4;
/** Distances that only serve to measure maps need not stay on the device. */
const MEASURED_ONLY = { dense: false, neighbours: AGREEMENT_K, maxPerplexity: AGREEMENT_K / 3 };

/** @throws DataFormatError where the metadata of maps hold none */
export function iterationOf(text = ''): number {
  const iteration = text === '' ? Number.NaN : Number(text);
  if (!isCount(iteration)) throw damaged('an iteration of the maps in its metadata');
  return iteration;
}

/** How good a map is. */
export interface MapQuality {
  readonly KL: number;
  readonly gradientNorm: number;
  /** Share of points whose 10 nearest on the map vote for their label. */
  readonly agreement: number;
  readonly trustworthiness: number;
  /** Share of the 10 nearest in the input that are among the 10 nearest on the map. */
  readonly kept: number;
}

/** The numbers in a text such as `5 30 100`, within what the schema's perplexity allows. */
export function perplexitiesOf(text: string, most: number): number[] {
  const numbers = text
    .split(/[^\d.]+/)
    .map(Number)
    .filter((value) => value >= 2)
    .map((value) => Math.min(value, most));
  const distinct = [...new Set(numbers)].slice(0, MOST_PERPLEXITIES);
  return distinct.length > 0 ? distinct : [Math.min(30, most)];
}

/** The spaces that maps stand side by side of; none: one space, which may change while the map moves. */
export function spacesOf({ view, spaces }: Pick<Config, 'view' | 'spaces'>): readonly Layer[] {
  const known = layers.filter((layer) => layer !== 'other');
  const named = spaces.toLowerCase().split(/[^a-z]+/);
  return view === 'one' ? [] : known.filter((layer) => named.includes(layer)).sort((a, b) => named.indexOf(a) - named.indexOf(b));
}

/** The maps of one space that a configuration asks for. */
export function panelsOf(config: Config, points: number): PanelSpec[] {
  // A point has no more neighbours than there are others; a third of them is where perplexity still means something.
  const most = Math.max(1, Math.min(100, Math.floor((points - 1) / 3)));
  if (config.view === 'one') return [{ perplexity: Math.min(config.perplexity, most), seed: config.seed }];
  const perplexities = perplexitiesOf(config.perplexities, most);
  return Array.from({ length: config.seeds }, (_, n) => (config.seed + n) >>> 0).flatMap((seed) =>
    perplexities.map((perplexity) => ({ perplexity, seed })),
  );
}

function withRate(schedule: TsneSchedule, iterations: number, rate: number): TsneSchedule {
  return { ...schedule, iterations, learningRate: rate > 0 ? () => rate : schedule.learningRate };
}

/** The schedule that a configuration asks for; `own` takes its numbers from the controls. */
export function scheduleOf(config: Config): TsneSchedule {
  const { schedule, exaggeration, exaggerated, components, iterations, rate } = config;
  if (schedule === 'scikit-learn') return withRate(tsneSchedules['scikit-learn'], iterations, rate);
  const own = { ...tsneSchedules['scikit-learn'], exaggeration, exaggerated, momentumSwitch: exaggerated };
  return withRate({ ...(schedule === 'paper' ? tsneSchedules.paper : own), components }, iterations, rate);
}

export class Maps {
  readonly specs: PanelSpec[];
  readonly #seeds: readonly number[];
  /** Neighbourhoods of the points as given: what maps are measured against. */
  #space: Neighbourhoods | undefined;
  /** Neighbourhoods that affinities come from: the same, or those of the principal components. */
  #source: Neighbourhoods | undefined;
  readonly #affinities = new Map<number, Affinities>();
  #maps: Tsne[] = [];

  constructor(specs: readonly PanelSpec[]) {
    this.specs = [...specs];
    this.#seeds = specs.map(({ seed }) => seed);
  }

  get iteration(): number {
    return this.#maps[0]?.iteration ?? 0;
  }

  get space(): Neighbourhoods {
    if (!this.#space) throw new Error('The maps have no points yet.');
    return this.#space;
  }

  /**
   * Takes points [N, D]. The first time, the maps start as `init` says; later, they keep their layouts and go on in the new space.
   */
  async setPoints(
    points: Float32Array,
    N: number,
    schedule: TsneSchedule,
    init: 'random' | 'pca',
    options: { readonly signal: AbortSignal; readonly onProgress: (share: number) => void },
  ): Promise<void> {
    const prepared = await preparePoints(points, N, schedule.components);
    const source = await Neighbourhoods.of(prepared, N, { neighbours: AGREEMENT_K, ...options });
    const reduced = prepared !== points;
    const space = reduced ? await Neighbourhoods.of(points, N, { ...MEASURED_ONLY, ...options }) : source;
    this.#forgetSpaces();
    [this.#source, this.#space] = [source, space];
    if (this.#maps.length === 0) {
      for (const [at, { perplexity }] of this.specs.entries()) {
        const start = await initialLayout(prepared, N, { init, scale: schedule.initScale, seed: this.#seeds[at] });
        this.#maps.push(new Tsne(await this.#affinitiesFor(perplexity), start, schedule));
      }
    } else {
      for (const [at, { perplexity }] of this.specs.entries()) {
        (this.#maps[at] as Tsne).affinities = await this.#affinitiesFor(perplexity);
      }
    }
  }

  /** Another perplexity for map `at`; its layout stays. */
  async setPerplexity(at: number, perplexity: number): Promise<void> {
    const map = this.#maps[at] as Tsne;
    map.affinities = await this.#affinitiesFor(perplexity);
    this.specs[at] = { ...(this.specs[at] as PanelSpec), perplexity };
    const used = new Set(this.specs.map((spec) => spec.perplexity));
    for (const [known, affinities] of this.#affinities) {
      if (used.has(known)) continue;
      affinities.dispose();
      this.#affinities.delete(known);
    }
  }

  async #affinitiesFor(perplexity: number): Promise<Affinities> {
    const known = this.#affinities.get(perplexity);
    if (known) return known;
    if (!this.#source) throw new Error('The maps have no points yet.');
    const made = await affinitiesOf(this.#source, perplexity);
    this.#affinities.set(perplexity, made);
    return made;
  }

  /** Moves all maps. */
  step(count: number, schedule: TsneSchedule): void {
    for (const map of this.#maps) {
      map.schedule = schedule;
      map.learningRate = schedule.learningRate(map.N);
      map.step(count);
    }
  }

  /** Affinities of map `at`. */
  affinitiesOf(at: number): Affinities {
    return (this.#maps[at] as Tsne).affinities;
  }

  /** Where map `at` stands. */
  stateOf(at: number): Promise<TsneState> {
    return (this.#maps[at] as Tsne).state();
  }

  layouts(): Promise<Float32Array<ArrayBuffer>[]> {
    return Promise.all(this.#maps.map((map) => map.positions()));
  }

  /** KL divergence and norm of the gradient of each map. */
  async evaluate(): Promise<{ divergence: number; gradientNorm: number }[]> {
    const found = [];
    for (const map of this.#maps) found.push(await map.evaluate());
    return found;
  }

  /** Everything there is to say about the quality of each map. */
  async quality(labels: ArrayLike<number>): Promise<MapQuality[]> {
    const { space } = this;
    const near = space.neighbours(Math.min(AGREEMENT_K, space.kept));
    const k = near.length / space.N;
    const trustK = Math.min(TRUST_K, k);
    const found: MapQuality[] = [];
    for (const map of this.#maps) {
      const { divergence, gradientNorm } = await map.evaluate();
      const onMap = await nearestNeighbours(await map.positions(), space.N, k);
      const nearest = new Uint32Array(space.N * trustK);
      for (let i = 0; i < space.N; i++) nearest.set(onMap.subarray(i * k, i * k + trustK), i * trustK);
      found.push({
        KL: divergence,
        gradientNorm,
        agreement: neighbourAgreement(onMap, labels, k),
        trustworthiness: space.trustworthiness(nearest, trustK),
        kept: neighbourOverlap(near, onMap, k),
      });
    }
    return found;
  }

  /**
   * The state of all maps, to go on from.
   * @param others maps of other spaces, in the same file
   * @param told what the run remembers beside, as text
   */
  async save(others: readonly Maps[] = [], told: Readonly<Record<string, string>> = {}): Promise<Uint8Array<ArrayBuffer>> {
    const states = await Promise.all([this, ...others].flatMap((maps) => maps.#maps.map((map) => map.state())));
    const tensors = states.flatMap(({ position, velocity, gain }, at) =>
      Object.entries({ position, velocity, gain }).map(
        ([name, data]) => [`${at}.${name}`, { dtype: 'F32' as const, shape: [data.length / 2, 2], data }] as const,
      ),
    );
    return writeSafetensors(tensors, { iteration: String(this.iteration), ...told });
  }

  /** @param from number of the first of these maps in the file. @returns false where the bytes belong to other maps */
  load(bytes: Uint8Array, from = 0): boolean {
    const { tensors, metadata } = readSafetensors(bytes, 'state of the maps');
    const states = this.#maps.map((map, own): TsneState | undefined => {
      const at = from + own;
      const [position, velocity, gain] = ['position', 'velocity', 'gain'].map((name) => tensors.get(`${at}.${name}`)?.data);
      if (!(position instanceof Float32Array && velocity instanceof Float32Array && gain instanceof Float32Array))
        return undefined;
      return position.length === 2 * map.N ? { iteration: iterationOf(metadata.iteration), position, velocity, gain } : undefined;
    });
    if (!states.every((state) => state !== undefined)) return false;
    states.forEach((state, at) => {
      this.#maps[at]?.restore(state);
    });
    return true;
  }

  #forgetSpaces(): void {
    for (const made of this.#affinities.values()) made.dispose();
    this.#affinities.clear();
    this.#source?.dispose();
    this.#space?.dispose();
    this.#source = undefined;
    this.#space = undefined;
  }

  dispose(): void {
    for (const map of this.#maps.splice(0)) map.dispose();
    this.#forgetSpaces();
  }
}
