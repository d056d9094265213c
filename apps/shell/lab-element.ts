/** The base of every lab's element: everything that labs share, with places for what they do not. */
import { LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { ExportItem } from '../components/export-menu/element.ts';
import { chalkEvent, prefersReducedMotion } from '../components/shared/define.ts';
import type { LabEvent } from '../runtime/events.ts';
import type { AnyDefinition, DevicePreference } from '../runtime/experiment.ts';
import type { Config, LinkState, Note, TeacherKeys } from '../runtime/link.ts';
import type { Hosting } from '../runtime/open-port.ts';
import type { RunState, StateReport } from '../runtime/runner.ts';
import type { ConfigOf, Schema } from '../runtime/schema.ts';
import type { RunStore } from '../runtime/store.ts';
import { siteRoot } from '../site-root.ts';
import { commonExports } from './exports.ts';
import { labKey } from './lab-keys.ts';
import { LabState } from './lab-state.ts';
import { labStyles, proseStyles } from './lab-styles.ts';
import { renderLab } from './lab-view.ts';
import { LinkSync } from './link-sync.ts';
import { RunController } from './run-controller.ts';
import { baseStyles, tokenStyles } from './styles.ts';
import { watchVisibility } from './visibility.ts';

/** What a start is given beside the configuration. */
export interface StartOptions {
  /** Bytes of a checkpoint to go on from. */
  readonly checkpoint?: Uint8Array;
  /** The reader's own files, by name. */
  readonly files?: ReadonlyMap<string, Uint8Array>;
  /** Steps to take before it pauses, where it does not play; default 1. */
  readonly steps?: number;
}

/** Anything that marks the term of a symbol: the math cards. */
interface TermShower extends Element {
  selectSymbol(symbol: string | null): void;
}

/**
 * A lab. Parameters of the schema are attributes too, in kebab-case: `<chalk-lab-regression learning-rate="0.03">` (see attributeOf).
 *
 * @typeParam S the lab's schema
 * @attr {light|dark|auto} theme - absent: the theme of the page around it
 * @attr {boolean} page - the lab is the page: it owns the address bar and shows its prose and cards
 * @attr {string} preset - `quick` (default), `full` or another of the lab's
 * @attr {string} hide - parameters and parts that are not shown, separated by commas; `*` for all (see apps/embed/README.md)
 * @attr {string} lock - parameters and parts that cannot be changed
 * @attr {boolean} autostart - starts when first seen
 * @attr {boolean} parallel - may run beside another lab on the page
 * @attr {auto|webgpu|wasm|cpu} device
 * @attr {string} data-url - address of the folder of data packs; default: that of the site the script came from
 * @fires lab-change - the reader changed the configuration; detail `{config}`
 * @fires lab-state - the run's state changed; detail `{state, step}`
 * @csspart figure - the lab's figure
 * @csspart controls - the box of controls
 */
export abstract class LabElement<S extends Schema = Schema> extends LitElement {
  /** Set by each lab. */
  static readonly definition: AnyDefinition;

  static override properties = {
    theme: { type: String, reflect: true },
    page: { type: Boolean },
    autostart: { type: Boolean },
    parallel: { type: Boolean },
    device: { type: String },
    dataUrl: { type: String, attribute: 'data-url' },
    selectedSymbol: { state: true },
    copied: { state: true },
  };
  static override styles = [tokenStyles, baseStyles, labStyles, proseStyles];

  static override get observedAttributes(): string[] {
    // biome-ignore lint/complexity/noThisInStatic: each lab's class has its own definition
    return [...super.observedAttributes, ...LabState.attributes(this.definition)];
  }

  declare theme: 'light' | 'dark' | 'auto' | undefined;
  declare page: boolean;
  declare autostart: boolean;
  declare parallel: boolean;
  declare device: DevicePreference;
  declare dataUrl: string;
  declare private selectedSymbol: string | null;
  declare private copied: string;

  /** Where the experiment runs; each lab names its worker. */
  protected abstract readonly hosting: Hosting;

  readonly #state: LabState;
  readonly #link: LinkSync;
  readonly #run: RunController;
  #frame = 0;
  #unwatch: (() => void) | undefined;
  readonly #resized = new ResizeObserver(() => this.#reachTables());

  constructor() {
    super();
    this.page = false;
    this.autostart = false;
    this.parallel = false;
    this.device = 'auto';
    this.dataUrl = '';
    this.selectedSymbol = null;
    this.copied = '';
    this.#state = new LabState((this.constructor as typeof LabElement).definition);
    this.#link = new LinkSync(this.#state.definition, (state, notes) => this.#readLink(state, notes));
    const self = this;
    this.#run = new RunController({
      get hosting() {
        return self.hosting;
      },
      get devicePreference() {
        return self.device;
      },
      get dataUrl() {
        return self.dataUrl || new URL('data/packs/', siteRoot).href;
      },
      loadRecording: () => this.loadRecording(),
      runChanged: () => this.#scheduleRender(),
      runEvents: (events) => this.runEvents(events),
      runStateChanged: (report) => this.#stateChanged(report),
    });
    this.addEventListener('keydown', (event) => this.#key(event));
    this.addEventListener('term-select', (event) => this.#selectTerm(event as CustomEvent<{ symbol?: string | null }>));
  }

  // ── What labs use ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The present values of all parameters. */
  get config(): ConfigOf<S> {
    return this.#state.config as ConfigOf<S>;
  }

  /** Sets several parameters, checked and clamped; not reported as a change by the reader. */
  set config(values: Partial<ConfigOf<S>>) {
    this.#state.assign(values as Config);
    this.#applied();
  }

  /** What the present run (or recording) has told so far. */
  protected get store(): RunStore {
    return this.#run.store;
  }

  /** State of the present run. */
  get runState(): RunState {
    return this.#run.state;
  }

  /** True while a recording is shown: the run cannot answer questions then. */
  get recorded(): boolean {
    return this.#run.recorded;
  }

  /** True in an iframe page or as an element in a foreign page: figure, transport and folded controls only. */
  protected get compact(): boolean {
    return !this.page || this.#state.teacher.embed;
  }

  /**
   * Changes one parameter as a control does: checked, written to the link, passed to the run if it is live.
   * @param restart for changes made in the figure: start the run anew with it (playing if it played)
   */
  protected set<K extends keyof ConfigOf<S> & string>(key: K, value: ConfigOf<S>[K], restart = false): void {
    this.#change({ [key]: value });
    if (restart && this.#run.applied) this.restart(this.runState === 'running' ? 'play' : 'step');
  }

  /** Whether a teacher's link hides this parameter or part (see `parts` of the definition). */
  protected hides(name: string): boolean {
    return this.#state.hides(name);
  }

  /** Whether a teacher's link keeps the reader from changing this parameter or part. What is hidden is fixed too. */
  protected fixes(name: string): boolean {
    return this.#state.fixes(name);
  }

  /**
   * Several parameters at once, as a file or an earlier run has them.
   * @returns false, and a banner says why, where one of them is locked with another value: nothing is changed then
   */
  protected take(values: Partial<ConfigOf<S>>, what: string): boolean {
    const refused = this.#state.refused(values as Config);
    if (refused.length === 0) this.#change(values as Config);
    else {
      const message = `${what} has other settings of what is locked here: ${refused.join(', ')}.`;
      this.#run.banner({ id: 'locked', kind: 'note', heading: 'Not used:', message });
    }
    return refused.length === 0;
  }

  /** Asks the run; see Context.serve. @throws Error where no live run is there to answer */
  protected ask(name: string, payload?: unknown): Promise<unknown> {
    return this.#run.ask(name, payload);
  }

  /** Starts anew with the present configuration; where something is missing, a banner says what, and all stays as it is. */
  restart(mode: 'play' | 'step' = 'play', { checkpoint, files, steps = 1 }: StartOptions = {}): void {
    const message = this.missing();
    if (message === undefined) {
      this.#run.dismiss('missing');
      void this.#run.start(this.#state.config, mode === 'play' ? { play: true } : { advance: steps }, checkpoint, files);
    } else this.#run.banner({ id: 'missing', kind: 'warning', heading: 'Not started:', message });
  }

  /** Starts, goes on, or runs again. */
  play(): void {
    if (this.runState === 'paused' && !this.recorded && this.#run.applied) this.#run.resume({ play: true });
    else if (this.runState !== 'running' || this.recorded) this.restart('play');
  }

  pause(): void {
    this.#run.pause();
  }

  /** Destroys the GPU device of the run, as a driver reset would: for tests and demonstrations of what happens then. */
  loseDevice(): void {
    this.#run.loseDevice();
  }

  /** A link that reproduces what is shown; the seed is always in it. */
  link(teacher: Partial<TeacherKeys> = {}): string {
    const url = new URL(this.page ? location.href : `labs/${this.#state.definition.id}/`, this.page ? undefined : siteRoot);
    url.search = '';
    url.hash = this.#state.hash(teacher);
    return url.href;
  }

  /** What the reader must give before a run can start, as a sentence; undefined where nothing is missing. */
  protected missing(): string | undefined {
    return undefined;
  }

  /** Text of the lab's recording. Override: `fetch(new URL('./recording.json', import.meta.url)).then((r) => r.text())`. */
  protected async loadRecording(): Promise<string | undefined> {
    return undefined;
  }

  /** Every event as it comes. Override for what the store does not hold. */
  protected runEvents(_events: readonly LabEvent[]): void {}

  /** The figure: what the reader came for. Rendered from `store` at most once a frame. */
  protected abstract renderFigure(): TemplateResult;
  /** More controls, below those of the schema: a drawing pad, a data set picker, a network editor. */
  protected renderMoreControls(): TemplateResult | typeof nothing {
    return nothing;
  }
  /** What this lab offers for export beside curves, tables, settings and script: pictures, a checkpoint. */
  protected exportItems(): readonly ExportItem[] {
    return [];
  }
  /** Below the buttons of the lab: a checkpoint bar. */
  protected renderTools(): TemplateResult | typeof nothing {
    return nothing;
  }
  /** Below the figure, also in embedded form: tables, matrices, galleries. */
  protected renderResults(): TemplateResult | typeof nothing {
    return nothing;
  }
  /** Explanation and questions, inside `.prose`; on the full page only. */
  protected renderProse(): TemplateResult | typeof nothing {
    return nothing;
  }
  /** Math cards; on the full page only. */
  protected renderCards(): TemplateResult | typeof nothing {
    return nothing;
  }

  // ── Life ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  override connectedCallback(): void {
    super.connectedCallback();
    this.#run.reopen();
    this.#run.parallel = this.parallel;
    if (this.page) this.#link.connect();
    this.#unwatch = watchVisibility(this, (visible) => this.#run.setVisible(visible));
    this.#resized.observe(this);
    if (this.autostart || this.#state.teacher.autostart) this.restart('play');
    else void this.#run.showRecording();
    if (this.#state.definition.device === 'webgpu' && !('gpu' in navigator)) this.#sayNoGpu();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#unwatch?.();
    this.#resized.disconnect();
    this.#link.disconnect();
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    // Moving an element in a page disconnects it for a moment; its run shall survive that.
    setTimeout(() => {
      if (!this.isConnected) this.#run.close();
    }, 50);
  }

  override attributeChangedCallback(name: string, old: string | null, value: string | null): void {
    super.attributeChangedCallback(name, old, value);
    if (old === value) return;
    if (!LabState.attributes(this.#state.definition).includes(name)) return;
    this.#state.readAttribute(name, value, (other) => this.getAttribute(other));
    this.#applied();
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('theme') && changed.get('theme') !== undefined) document.dispatchEvent(new Event('chalk-theme'));
    if (changed.has('parallel')) this.#run.parallel = this.parallel;
    this.#reachTables();
  }

  /** What scrolls must be reachable by keyboard. */
  #reachTables(): void {
    for (const table of this.renderRoot.querySelectorAll('table')) {
      if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
      else table.removeAttribute('tabindex');
    }
  }

  // ── State ────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #readLink(state: LinkState, notes: readonly Note[]): void {
    this.#state.take(state, notes);
    this.toggleAttribute('embedded', state.embed);
    this.#applied();
  }

  /** The configuration has changed, by whomever. */
  #applied(): void {
    this.#run.update(this.#state.config);
    this.requestUpdate();
  }

  /** The reader has changed the configuration. */
  #changed(): void {
    this.#applied();
    if (this.page) this.#link.write(this.#state.linkState);
    this.dispatchEvent(chalkEvent('lab-change', { config: this.#state.config }));
  }

  #change(values: Config): void {
    this.#state.change(values);
    this.#changed();
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

  #stateChanged({ state, step }: StateReport): void {
    this.dispatchEvent(chalkEvent('lab-state', { state, step }));
  }

  #sayNoGpu(): void {
    const message =
      'What you see is a recording. Chrome, Edge, Safari 26 and Firefox (Windows, macOS 26) have WebGPU on secure pages. A live run here uses the plain TypeScript loops, which is slow.';
    this.#run.banner({ id: 'gpu', kind: 'note', heading: 'No WebGPU in this browser.', message });
  }

  #selectTerm(event: CustomEvent<{ symbol?: string | null }>): void {
    const symbol = event.detail.symbol ?? null;
    this.selectedSymbol = symbol;
    const from = event.composedPath();
    for (const card of this.renderRoot.querySelectorAll('chalk-math-card, chalk-card-section')) {
      if (!from.includes(card)) (card as unknown as TermShower).selectSymbol?.(symbol);
    }
  }

  #key(event: KeyboardEvent): void {
    const wish = labKey(event);
    if (!wish) return;
    event.preventDefault();
    if (wish === 'toggle') {
      if (this.runState === 'running' && !this.recorded) this.pause();
      else this.play();
    } else if (wish === 'step') this.#step(1);
    else this.#reset();
  }

  #step(count: number): void {
    if (this.runState === 'paused' && !this.recorded && this.#run.applied) this.#run.resume({ advance: count });
    else if (this.runState === 'running' && !this.recorded) this.pause();
    else this.restart('step', { steps: count });
  }

  /** The same seed, from the start: playing if it played, else after its first step. */
  #reset(): void {
    this.restart(this.runState === 'running' && !this.recorded ? 'play' : 'step');
  }

  // ── Rendering ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  async #copyLink(): Promise<void> {
    try {
      await navigator.clipboard.writeText(this.link());
      this.copied = 'Link copied.';
    } catch {
      this.copied = this.link();
    }
  }

  async #openLinkBuilder(): Promise<void> {
    const { ChalkLinkBuilder } = await import('./link-builder.ts');
    const builder = new ChalkLinkBuilder();
    builder.target = this.#state.definition;
    builder.makeLink = (teacher) => this.link(teacher);
    this.renderRoot.append(builder);
    await builder.updateComplete;
    builder.open();
  }

  #exports(): readonly ExportItem[] {
    const { store, device, recorded, player, applied } = this.#run;
    const config = player?.recording.config ?? applied ?? this.#state.config;
    const source = { definition: this.#state.definition, preset: this.#state.preset, config, store, device, recorded };
    return [...this.exportItems(), ...commonExports(source)];
  }

  override render(): TemplateResult {
    return renderLab({
      definition: this.#state.definition,
      compact: this.compact,
      config: this.#state.config,
      base: this.#state.base,
      preset: this.#state.preset,
      teacher: this.#state.teacher,
      hides: (name) => this.hides(name),
      fixes: (name) => this.fixes(name),
      notes: this.#state.notes,
      run: this.#run,
      pending: this.#state.pending(this.#run.applied),
      selectedSymbol: this.selectedSymbol,
      copied: this.copied,
      fullLink: this.compact ? this.link() : '',
      exports: this.#exports(),
      parts: {
        figure: this.renderFigure(),
        moreControls: this.renderMoreControls(),
        tools: this.renderTools(),
        results: this.renderResults(),
        prose: this.renderProse(),
        cards: this.renderCards(),
      },
      play: () => this.play(),
      pause: () => this.pause(),
      advance: (count) => this.#step(count),
      reset: () => this.#reset(),
      restart: () => this.restart(this.runState === 'running' ? 'play' : 'step'),
      change: (values) => this.#change(values),
      resetAll: () => {
        this.#state.resetAll(true);
        this.#changed();
      },
      choosePreset: (name) => {
        if (this.#state.choosePreset(name, true)) this.#changed();
      },
      clearNotes: () => {
        this.#state.notes = [];
        this.requestUpdate();
      },
      copyLink: () => void this.#copyLink(),
      openLinkBuilder: () => void this.#openLinkBuilder(),
    });
  }
}
