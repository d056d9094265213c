/** The machinery of a lab's element: its settings, its link, its run and its life in a page. No rendering; see LabElement. */
import { LitElement, type PropertyValues } from 'lit';
import type { LiveTensor } from '../components/math-card/element.ts';
import { chalkEvent, prefersReducedMotion } from '../components/shared/define.ts';
import { type AnyContract, type Contract, trusted } from '../runtime/contract.ts';
import type { LabEvent } from '../runtime/events.ts';
import { type AnyDefinition, type DevicePreference, type GivenFiles, presetValues } from '../runtime/experiment.ts';
import type { LinkState, Note, TeacherKeys } from '../runtime/link.ts';
import type { RunState, StateReport } from '../runtime/runner.ts';
import { type ConfigOf, defaults, type Schema } from '../runtime/schema.ts';
import type { RunStore } from '../runtime/store.ts';
import { sameValue } from '../runtime/values.ts';
import { siteRoot } from '../site-root.ts';
import { CardQuestions, type RanHere } from './card-questions.ts';
import type { LabChange, LabStateChange } from './lab-events.ts';
import { labKey } from './lab-keys.ts';
import type { LabModule } from './lab-module.ts';
import { LabState } from './lab-state.ts';
import { LinkSync } from './link-sync.ts';
import { RunController } from './run-controller.ts';
import { type KeptRun, metricsOf, RunHistory } from './run-history.ts';
import type { MadeRun, Wish } from './run-host.ts';
import { keepTime, RunClock, timeOf } from './run-times.ts';
import { tuneWish } from './tune-wish.ts';
import { watchVisibility } from './visibility.ts';

const textOf = async (address: string): Promise<string> => (await fetch(address)).text();

/** What a start is given beside the configuration. */
export interface StartOptions {
  /** Bytes of a checkpoint to go on from. */
  readonly checkpoint?: Uint8Array;
  /** The reader's own files, by name. */
  readonly files?: GivenFiles;
  /** Steps to take before it pauses, where it does not play; default 1. */
  readonly steps?: number;
  /** It waits while another lab of the page runs, instead of pausing that one: what starts by itself. */
  readonly patient?: boolean;
}

/** What a view keeps of its run, to be forgotten when another starts. */
export interface OfRun {
  clear(): void;
}

export abstract class LabShell<S extends Schema = Schema, C extends Contract = AnyContract> extends LitElement {
  /** Set by the build: see defineLabElement. */
  static lab: unknown;

  static override properties = {
    theme: { type: String, reflect: true },
    page: { type: Boolean },
    autostart: { type: Boolean },
    replay: { type: Boolean },
    parallel: { type: Boolean },
    device: { type: String },
    dataUrl: { type: String, attribute: 'data-url' },
  };
  static override get observedAttributes(): string[] {
    // biome-ignore lint/complexity/noThisInStatic: each lab's class has its own module
    const { definition } = trusted<LabModule>(this.lab);
    // biome-ignore lint/complexity/noThisInStatic: as above
    return [...super.observedAttributes, ...LabState.attributes(definition)];
  }

  declare theme: 'light' | 'dark' | 'auto' | undefined;
  declare page: boolean;
  declare autostart: boolean;
  declare replay: boolean;
  declare parallel: boolean;
  declare device: DevicePreference;
  declare dataUrl: string;

  protected readonly module: LabModule<S, C>;
  protected readonly state: LabState;
  protected readonly run: RunController<C>;
  protected readonly cards = new CardQuestions();
  readonly #link: LinkSync;
  readonly #ofRun: OfRun[] = [this.cards];
  #frame = 0;
  #unwatch: (() => void) | undefined;
  readonly #clock = new RunClock();
  /** The kind of device on which this page has run last, or will probably run. */
  #kind = 'gpu' in navigator ? 'webgpu' : 'wasm';
  #history: RunHistory | undefined;
  /** The run that was kept last. */
  #kept: RunStore<C> | undefined;

  constructor() {
    super();
    this.page = false;
    this.autostart = false;
    this.replay = false;
    this.parallel = false;
    this.device = 'auto';
    this.dataUrl = '';
    this.module = trusted<LabModule<S, C>>((this.constructor as typeof LabShell).lab);
    this.state = new LabState(this.definition);
    this.#link = new LinkSync(this.definition, (state, notes) => this.#readLink(state, notes));
    const self = this;
    this.run = new RunController<C>({
      hosting: this.module.hosting,
      get tune() {
        return tuneWish();
      },
      get devicePreference() {
        return self.device === 'auto' && self.definition.device === 'small' ? 'cpu' : self.device;
      },
      get dataUrl() {
        return self.dataUrl || new URL('data/packs/', siteRoot).href;
      },
      loadRecording: () => this.#loadRecording(),
      loadPictures: () => (this.module.pictures === undefined ? undefined : textOf(this.module.pictures)),
      runStarted: () => this.#runStarted(),
      runChanged: () => this.#scheduleRender(),
      runEvents: (events) => this.#runEvents(events),
      runStateChanged: (report) => this.#stateChanged(report),
    });
    this.addEventListener('keydown', (event) => this.#key(event));
    this.addEventListener('cards-near', (event) => {
      this.cards.near = (event as CustomEvent<{ near: boolean }>).detail.near;
      this.#lookAtTensors();
    });
  }

  protected get definition(): AnyDefinition {
    return this.module.definition;
  }

  /** The present values of all parameters: what the controls say. What belongs to the run that is shown is `ran`. */
  get config(): ConfigOf<S> {
    return trusted<ConfigOf<S>>(this.state.config);
  }

  /** Sets several parameters, checked and clamped; not reported as a change by the reader. */
  set config(values: Partial<ConfigOf<S>>) {
    this.state.assign(values);
    this.#applied();
  }

  /** What the run (or recording) that is shown was made with, live changes included; before there is one, what the controls say. */
  get ran(): ConfigOf<S> {
    return this.complete(this.run.ran);
  }

  /** Every parameter: of a run, whose older recording may lack some; before there is one, what the controls say. */
  protected complete(values: Readonly<Record<string, unknown>> | undefined): ConfigOf<S> {
    return values ? trusted<ConfigOf<S>>({ ...defaults(this.definition.schema), ...values }) : this.config;
  }

  /** What the run (or recording) that is shown was made of: enough to repeat it. */
  get made(): MadeRun<ConfigOf<S>> {
    const { made } = this.run;
    return { changes: [], ...made, config: this.complete(made?.config) };
  }

  /** What the present run (or recording) has told so far. */
  get store(): RunStore<C> {
    return this.run.store;
  }

  /** State of the present run. */
  get runState(): RunState {
    return this.run.state;
  }

  /** True while a recording is shown: the run cannot answer questions then. */
  get recorded(): boolean {
    return this.run.recorded;
  }

  /** Starts anew with the present configuration; where something is missing, a banner says what, and all stays as it is. */
  restart(mode: 'play' | 'step' = 'play', options: StartOptions = {}): void {
    const message = this.missing();
    if (message === undefined) {
      this.run.dismiss('missing');
      const { checkpoint, files, steps = 1, patient = false } = { ...this.startOptions(), ...options };
      const wish: Wish = mode === 'play' ? { play: true, patient } : { advance: steps, patient };
      void this.run.start({ config: this.state.config, checkpoint, files }, wish);
    } else this.run.banner({ id: 'missing', kind: 'warning', heading: 'Not started:', message });
  }

  /** Starts, goes on, or runs again. */
  play(): void {
    if (this.run.open) this.run.resume({ play: true });
    else this.restart('play');
  }

  pause(): void {
    this.run.pause();
  }

  /** Destroys the GPU device of the run, as a driver reset would: for tests and demonstrations of what happens then. */
  loseDevice(): void {
    this.run.loseDevice();
  }

  /** Of the lab's page, without settings. */
  protected get address(): string {
    const url = this.page ? new URL(location.href) : new URL(`labs/${this.definition.id}/`, siteRoot);
    url.search = '';
    url.hash = '';
    return url.href;
  }

  /** A link that reproduces what the controls say; the seed is always in it. */
  link(teacher: Partial<TeacherKeys> = {}): string {
    return `${this.address}#${this.state.hash(teacher)}`;
  }

  // ── What labs override ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** What the reader must give before a run can start, as a sentence; undefined where nothing is missing. */
  protected missing(): string | undefined {
    return undefined;
  }
  /** What goes with every start: the reader's files. */
  protected startOptions(): StartOptions {
    return {};
  }
  /** A run (or recording) begins: forget what the view kept of the one before. Questions forget by themselves. */
  protected runStarted(): void {}
  /** The reader changed these parameters, by whatever control. */
  protected configChanged(_keys: readonly string[]): void {}
  /** Every event as it comes. Override for what the store does not hold. */
  protected runEvents(_events: readonly LabEvent[]): void {}
  // ── Life ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  override connectedCallback(): void {
    super.connectedCallback();
    this.run.parallel = this.parallel;
    // Moved within a page: what it showed before, it shows still.
    const moved = this.run.shown;
    if (this.page) this.#link.connect();
    this.#unwatch = watchVisibility(this, (visible) => this.run.setVisible(visible));
    if (moved) this.#scheduleRender();
    else if (this.autostart || this.state.teacher.autostart) this.restart('play', { patient: true });
    else void this.#showRecording();
    if (this.definition.device === 'webgpu' && !('gpu' in navigator)) this.#sayNoGpu();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unwatch?.();
    this.#link.disconnect();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    // Moving an element in a page disconnects it for a moment; its run shall survive that.
    setTimeout(() => {
      if (!this.isConnected) this.run.close();
    }, 50);
  }

  override attributeChangedCallback(name: string, old: string | null, value: string | null): void {
    super.attributeChangedCallback(name, old, value);
    if (old === value) return;
    if (!LabState.attributes(this.definition).includes(name)) return;
    this.state.readAttribute(name, value, (other) => this.getAttribute(other));
    this.#applied();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('theme') && changed.get('theme') !== undefined) document.dispatchEvent(new Event('chalk-theme'));
    if (changed.has('parallel')) this.run.parallel = this.parallel;
  }

  /** The recording's end, or with `replay` the recording as it went, until the reader touches the figure: then it is computed. */
  async #showRecording(): Promise<void> {
    await this.run.showRecording();
    if (!this.replay || !this.run.player) return;
    if (!prefersReducedMotion()) this.run.player.play();
    this.addEventListener('pointerdown', (event) => {
      const inFigure = event.composedPath().some((node) => node instanceof Element && node.classList.contains('figure'));
      if (inFigure && this.run.replaying) this.play();
    });
  }

  async #loadRecording(): Promise<string | undefined> {
    const { recording, early } = this.module;
    const text = await early;
    if (text !== undefined) return text;
    return recording === undefined ? undefined : textOf(recording);
  }

  /** Something of the view is forgotten when a run starts. */
  protected keepForRun<T extends OfRun>(kept: T): T {
    this.#ofRun.push(kept);
    return kept;
  }

  #runStarted(): void {
    for (const kept of this.#ofRun) kept.clear();
    this.runStarted();
  }

  #runEvents(events: readonly LabEvent[]): void {
    this.runEvents(events);
    this.#lookAtTensors();
  }

  /** New tensors and kernels for the cards, where a live run has them and the reader is near. */
  #lookAtTensors(): void {
    if (!this.page || this.recorded || this.run.stale) return;
    const { run } = this;
    const tensors = async () => (run.serves('tensors') ? trusted<readonly LiveTensor[]>(await run.ask('tensors')) : []);
    const kernels = async () => {
      const { device } = run;
      return run.serves('kernels') && device
        ? { device, kernels: trusted<RanHere['kernels']>(await run.ask('kernels')) }
        : undefined;
    };
    void this.cards.look(tensors, kernels).then((fresh) => {
      if (fresh) this.#scheduleRender();
    });
  }

  // ── State ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #readLink(state: LinkState, notes: readonly Note[]): void {
    this.state.take(state, notes);
    this.toggleAttribute('embedded', state.embed);
    this.#applied();
  }

  /** The configuration has changed, by whomever. */
  #applied(): void {
    this.run.update(this.state.liveConfig);
    this.requestUpdate();
  }

  /** The reader changes the configuration. */
  protected change(change: () => void): void {
    const before = this.state.config;
    change();
    const now = this.state.config;
    this.#applied();
    if (this.page) this.#link.write(this.state.linkState);
    this.dispatchEvent(chalkEvent<LabChange>('chalk-change', { config: now }));
    this.configChanged(Object.keys(now).filter((key) => now[key] !== before[key]));
  }

  /** At most once a frame, and twice a second where the reader wants little motion. */
  #scheduleRender(): void {
    if (this.#frame) return;
    const render = () => {
      this.#frame = 0;
      this.requestUpdate();
    };
    if (prefersReducedMotion() && this.runState === 'running') this.#frame = window.setTimeout(render, 500);
    else this.#frame = requestAnimationFrame(render);
  }

  /** Seconds that the present preset took here, where that was measured and nothing but the seed is changed. */
  protected get expected(): number | undefined {
    const { base, config, preset } = this.state;
    const same = Object.entries(this.definition.schema as Schema).every(
      ([key, parameter]) => key === 'seed' || sameValue(parameter, base[key], config[key]),
    );
    return same ? timeOf(this.definition.id, preset, this.run.device?.kind ?? this.#kind) : undefined;
  }

  /** Runs of this lab that came to their end, oldest first. */
  protected get keptRuns(): readonly KeptRun[] {
    return this.#runs.now;
  }

  get #runs(): RunHistory {
    this.#history ??= new RunHistory(this.definition.id);
    return this.#history;
  }

  protected clearRuns(): void {
    this.#runs.clear();
    this.requestUpdate();
  }

  /** Keeps what is known of the run that has ended: once, when its finding is on the screen. */
  protected keepRun(finding: string): void {
    const { started, store, device } = this.run;
    if (!started || this.#kept === store) return;
    this.#kept = store;
    const config = Object.assign({ ...started.config }, ...started.changes.map(({ values }) => values));
    const ended = new Date().toISOString();
    this.#runs.add({ ended, config, finding, metrics: metricsOf(store), device: device?.name ?? '' });
    this.requestUpdate();
  }

  #timed(state: RunState): void {
    const seconds = this.#clock.tell(state);
    const { started, device } = this.run;
    if (state !== 'finished' || this.run.replaying || !started || started.changes.length > 0 || started.checkpoint || !device)
      return;
    const preset = Object.keys(this.definition.presets).find((name) => {
      const base = defaults<Schema>(this.definition.schema, presetValues(this.definition, name)) as Readonly<
        Record<string, unknown>
      >;
      return Object.entries(this.definition.schema as Schema).every(
        ([key, parameter]) => key === 'seed' || sameValue(parameter, base[key], started.config[key]),
      );
    });
    if (preset === undefined) return;
    this.#kind = device.kind;
    keepTime(this.definition.id, preset, device.kind, seconds);
  }

  #stateChanged({ state, step, error }: StateReport): void {
    this.#timed(state);
    if (state === 'paused' || state === 'finished') this.#lookAtTensors();
    const { run, store } = this;
    const { config, changes } = run.started ?? { config: this.state.config, changes: [] };
    const detail: LabStateChange = {
      ...{ state, step, recorded: run.replaying, config: Object.assign({ ...config }, ...changes.map(({ values }) => values)) },
      ...(state === 'finished' && { result: store.result }),
      ...(error && { error: { name: error.name, message: error.message } }),
    };
    this.dispatchEvent(chalkEvent('chalk-state', detail));
  }

  #sayNoGpu(): void {
    const message =
      'What you see is a recording. Chrome, Edge, Safari 26 and Firefox (Windows, macOS 26) have WebGPU on secure pages. A live run here uses the plain TypeScript loops, which is slow.';
    this.run.banner({ id: 'gpu', kind: 'note', heading: 'No WebGPU in this browser.', message });
  }

  #key(event: KeyboardEvent): void {
    const wish = labKey(event);
    if (!wish) return;
    event.preventDefault();
    if (wish === 'toggle') {
      if (this.run.active && !this.run.replaying) this.pause();
      else this.play();
    } else if (wish === 'step') this.step(1);
    else this.reset();
  }

  protected step(count: number): void {
    const { run } = this;
    if (!run.open) this.restart('step', { steps: count });
    else if (run.active && run.state !== 'paused') this.pause();
    else run.resume({ advance: count });
  }

  /** The same seed, from the start: playing if it played, else after its first step. */
  protected reset(): void {
    this.restart(this.run.playing && !this.run.replaying ? 'play' : 'step');
  }
}
