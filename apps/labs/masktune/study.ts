/** A study in progress: the first training, the networks made of it, what they score, and how all of it is kept. */
import type { Network } from '../../../engine/nn/network.ts';
import type { SaliencyMaps } from '../../../engine/repair/data.ts';
import { networkFrom, saveNetwork } from '../../../engine/train/checkpoint.ts';
import type { PlainEvent, RunContext } from '../../runtime/experiment.ts';
import { carrierOf } from './classes.ts';
import { disposeErm, type Erm, newErm } from './erm.ts';
import { mapsOf } from './masking.ts';
import { modelRow } from './rows.ts';
import { type ModelScores, tested, trainingAccuracy } from './scores.ts';
import { BASE, nothingReached, type Reached, readState, type State, writeState } from './state.ts';
import type { Config, Studio } from './studio.ts';
import { StepCount } from './tuning.ts';

/** The checkpoint that a run goes on from. */
export const RUN = 'run';

/** Events of a study: plain ones, and the scores of all models so far. */
export type StudyEvent = PlainEvent | { readonly type: 'data'; readonly name: 'models'; readonly value: readonly ModelScores[] };

export class Study {
  readonly config: Config;
  readonly context: RunContext<Config>;
  readonly networks = new Map<string, Network>();
  readonly count: StepCount;
  reached: Reached;
  #bench: { readonly studio: Studio; readonly erm: Erm } | undefined;
  readonly #files = new Map<string, Uint8Array>();
  readonly #maps = new Map<string, SaliencyMaps>();
  readonly #before: State | undefined;

  constructor(config: Config, context: RunContext<Config>, total: number) {
    this.config = config;
    this.context = context;
    this.#before = context.checkpoint && readState(context.checkpoint, config);
    this.reached = this.#before?.reached ?? nothingReached;
    this.count = new StepCount(this.#before?.steps ?? 0, total);
    for (const [name, bytes] of this.#before?.networks ?? []) {
      this.#files.set(name, bytes);
      this.networks.set(name, networkFrom(bytes));
    }
    context.onDispose(() => this.dispose());
  }

  get studio(): Studio {
    return this.#open.studio;
  }

  get erm(): Erm {
    return this.#open.erm;
  }

  get #open() {
    if (!this.#bench) throw new Error('the first training has not begun');
    return this.#bench;
  }

  /** Begins with a seed: its images and its first network, from the checkpoint where it holds this seed's. */
  begin(studio: Studio, seed: number): void {
    this.end();
    const erm = newErm(this.config, studio, seed);
    const before = this.#before?.erm;
    if (before?.seed === seed) erm.trainer.load(before.bytes);
    this.#bench = { studio, erm };
    this.networks.set(BASE, erm.trainer.network);
  }

  /** Lets go of the first network and its maps. */
  end(): void {
    if (this.#bench) disposeErm(this.#bench.erm);
    this.networks.delete(BASE);
    this.#maps.clear();
    this.#bench = undefined;
  }

  /** The first training, or what is left of it. */
  async *train(series = BASE): AsyncGenerator<PlainEvent> {
    const { trainer } = this.erm;
    if (trainer.finished) return;
    yield { type: 'phase', name: 'train', progress: trainer.progress.step / trainer.plan.totalSteps };
    const before = this.count.done - trainer.progress.step;
    for await (const event of trainer.run()) {
      // A repair table keeps to the settings that it began with, so that its rows and seeds are made alike.
      if (this.config.study !== 'repairs') trainer.lr = this.context.live.rate;
      if (event.type === 'step') {
        this.count.done = before + event.step;
        yield { type: 'metric', series, x: event.step, y: event.loss };
        yield { type: 'step', step: this.count.done, total: this.count.total, epoch: event.epoch, loss: event.loss };
      } else if (event.type === 'checkpoint') yield await this.checkpoint(event.bytes);
    }
  }

  /** Accuracy and time of one pass over the training set; known after a first time. */
  async *pass(): AsyncGenerator<PlainEvent, number> {
    const { accuracy, seconds } = yield* trainingAccuracy(this.erm.trainer.network, this.studio);
    this.reached = { ...this.reached, trainingAccuracy: accuracy };
    return seconds;
  }

  /** Maps of the first network over the training set; made once for each kind. */
  async *maps(settings: Pick<Config, 'mapOf'>): AsyncGenerator<PlainEvent, { maps: SaliencyMaps; seconds: number | null }> {
    const known = this.#maps.get(settings.mapOf);
    if (known) return { maps: known, seconds: null };
    const { trainer } = this.erm;
    const made = yield* mapsOf(trainer.network, this.studio.train, settings, `maps of the ${settings.mapOf} class`);
    this.#maps.set(settings.mapOf, made.maps);
    return made;
  }

  known(name: string): ModelScores | undefined {
    return this.reached.models.find((model) => model.name === name);
  }

  /**
   * Tests a network and keeps it under its name, in place of an earlier one of that name.
   * @param whole false where more networks of the same work follow: a run that goes on finds all of them, or makes all anew
   */
  async *keep(name: string, network: Network, whole = true): AsyncGenerator<StudyEvent> {
    const scores = yield* tested(name, network, this.studio);
    const earlier = this.networks.get(name);
    if (earlier && earlier !== network) earlier.dispose();
    this.networks.set(name, network);
    if (name !== BASE) {
      const bytes = await saveNetwork(network, { lab: 'masktune', model: name, normalisation: null });
      this.#files.set(name, bytes);
      yield { type: 'checkpoint', name: `model ${name}`, step: this.count.done, bytes };
    }
    this.reached = { ...this.reached, models: [...this.reached.models.filter((model) => model.name !== name), scores] };
    yield* this.told(scores);
    if (whole) yield await this.checkpoint();
  }

  /** What the page is told of a model. */
  *told(scores: ModelScores): IterableIterator<StudyEvent> {
    yield {
      type: 'row',
      table: 'models',
      id: scores.name,
      row: modelRow(scores, carrierOf(this.config), this.config.study === 'sixteen models'),
    };
    yield { type: 'data', name: 'models', value: this.reached.models };
  }

  /** @param known the first training's checkpoint, where it has just been made */
  async checkpoint(known?: Uint8Array): Promise<PlainEvent> {
    const erm = this.#bench && { seed: this.erm.seed, bytes: known ?? (await this.erm.trainer.checkpoint()) };
    const state = { reached: this.reached, steps: this.count.done, erm: erm ?? null, networks: this.#files };
    return { type: 'checkpoint', name: RUN, step: this.count.done, bytes: writeState(state, this.config) };
  }

  dispose(): void {
    const base = this.#bench?.erm.trainer.network;
    for (const network of this.networks.values()) if (network !== base) network.dispose();
    this.networks.clear();
    this.end();
  }
}
