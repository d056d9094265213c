/** The base of every lab's view: what a view uses and what it overrides, and the frame around it. */

import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import type { TermPointed } from '../components/controls/element.ts';
import type { ExportItem } from '../components/export-menu/element.ts';
import type { LiveTensor } from '../components/math-card/element.ts';
import type { BuiltCard, Verification } from '../math/card.ts';
import { addMathFont } from '../math/font/load.ts';
import {
  type Answer,
  type AnyContract,
  type Asked,
  type Contract,
  type Names,
  type RequestsOf,
  trusted,
} from '../runtime/contract.ts';
import type { PyTorchExport } from '../runtime/pytorch/name.ts';
import { type ConfigOf, type Schema, type TermRef, termsOf } from '../runtime/schema.ts';
import type { allExports } from './exports.ts';
import { figuresOf } from './figures.ts';
import type { LabPage } from './lab-module.ts';
import { LabShell } from './lab-shell.ts';
import { labStyles, proseStyles } from './lab-styles.ts';
import { renderLab } from './lab-view.ts';
import { noNotes, type ReaderNotes } from './notes-store.ts';
import { Question } from './questions.ts';
import { baseStyles, tokenStyles } from './styles.ts';

export type { StartOptions } from './lab-shell.ts';

/** Anything that marks terms: the math cards. */
interface TermShower extends Element {
  selectTerms?(terms: readonly TermRef[], show: boolean): void;
}

/** Width in pixels below which a lab is on a phone, or in a column as narrow as one. */
const NARROW = 600;

/**
 * A lab. Its view (`view.ts`) extends this class; the build joins the two with the rest of the lab (`defineLabElement`).
 * Parameters of the schema are attributes too, in kebab-case: `<chalk-lab-regression learning-rate="0.03">` (see attributeOf).
 *
 * @typeParam S the lab's schema
 * @typeParam C what its run and its page say to each other
 * @attr {light|dark|auto} theme - absent: the theme of the page around it
 * @attr {boolean} page - the lab is the page: it owns the address bar and shows its prose and cards
 * @attr {string} preset - `quick` (default), `full` or another of the lab's
 * @attr {string} hide - parameters and parts that are not shown, separated by commas; `*` for all (see apps/embed/README.md)
 * @attr {string} lock - parameters and parts that cannot be changed
 * @attr {boolean} autostart - starts when first seen
 * @attr {boolean} replay - plays the recording when it is there; the first touch of the figure computes
 * @attr {boolean} parallel - may run beside another lab on the page
 * @attr {auto|webgpu|wasm|cpu} device
 * @attr {string} data-url - address of the folder of data packs; default: that of the site the script came from
 * @fires chalk-change - the reader changed the controls; detail {@link LabChange}
 * @fires chalk-state - the run's state changed; detail {@link LabStateChange}
 * @csspart figure - the lab's figure
 * @csspart controls - the box of controls
 * @csspart results - what stands below the figure: tables, matrices, galleries
 */
export abstract class LabElement<S extends Schema = Schema, C extends Contract = AnyContract>
  extends LabShell<S, C>
  implements LabPage<S, C>
{
  static override properties = {
    ...LabShell.properties,
    selectedTerms: { state: true },
    copied: { state: true },
    narrow: { state: true },
    questions: { state: true },
    found: { state: true },
  };
  static override styles = [tokenStyles, baseStyles, labStyles, proseStyles];

  declare private selectedTerms: readonly TermRef[];
  declare private copied: string;
  declare protected narrow: boolean;
  declare private questions: readonly string[];
  declare private found: string;
  #notes: ReaderNotes = noNotes;
  #lastFinding: TemplateResult | string | undefined;
  /** The first steps that the reader has done: run, change, symbol. */
  #steps: readonly [ran: boolean, changed: boolean, looked: boolean] = [false, false, false];
  readonly #questions: { readonly failure: string }[] = [];
  readonly #resized = new ResizeObserver(([entry]) => {
    if (entry) this.narrow = entry.contentRect.width < NARROW;
    this.#reachTables();
  });

  constructor() {
    super();
    this.selectedTerms = [];
    this.copied = '';
    this.questions = [];
    this.found = '';
    this.narrow = globalThis.innerWidth < NARROW;
    this.addEventListener('chalk-state', ({ detail }) => {
      if (!detail.recorded && detail.state === 'running') this.#steps = [true, this.#steps[1], this.#steps[2]];
    });
    this.addEventListener('chalk-change', () => {
      this.#steps = [this.#steps[0], true, this.#steps[2]];
    });
    this.addEventListener('term-select', (event) => this.#selectTerms(event as CustomEvent<Partial<TermPointed>>));
  }

  // ── What labs use ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** True in an iframe page or as an element in a foreign page: figure, transport and folded controls only. */
  protected get compact(): boolean {
    return !this.page || this.state.teacher.embed;
  }

  /**
   * Changes parameters as controls do, several at once: checked, written to the link, passed to the run where they are live.
   * @param restart for changes made in the figure: start the run anew with them (playing if it played)
   */
  protected set(values: Partial<ConfigOf<S>>, restart = false): void {
    this.change(() => this.state.change(values));
    if (restart && this.run.applied) this.restart(this.run.playing ? 'play' : 'step');
  }

  /** Whether a teacher's link hides this parameter or part (see `parts` of the definition). */
  protected hides(name: string): boolean {
    return this.state.hides(name);
  }

  /** Whether a teacher's link keeps the reader from changing this parameter or part. What is hidden is fixed too. */
  protected fixes(name: string): boolean {
    return this.state.fixes(name);
  }

  /**
   * Several parameters at once, as a file, an earlier run or a suggestion has them.
   * @returns false, and a banner says why, where one of them is locked with another value: nothing is changed then
   */
  take(values: Partial<ConfigOf<S>>, what: string): boolean {
    const refused = this.state.refused(values);
    if (refused.length === 0) this.change(() => this.state.change(values));
    else {
      const message = `${what} needs other values of what the teacher locked: ${refused.join(', ')}.`;
      this.run.banner({ id: 'locked', kind: 'note', heading: 'Not applied:', message });
    }
    return refused.length === 0;
  }

  /**
   * A question to the run that the view keeps: `readonly path = this.question('path')`. Its answer is forgotten when a run starts;
   * why it could not be answered is said below the figure.
   */
  protected question<K extends Names<RequestsOf<C>>>(
    name: K,
  ): Question<Asked<RequestsOf<C>[K]>, Answer<RequestsOf<C>[K]>, ConfigOf<S>> {
    const self = this;
    const question = new Question<Asked<RequestsOf<C>[K]>, Answer<RequestsOf<C>[K]>, ConfigOf<S>>(name, {
      ask: (asked, [payload]) => this.run.ask(asked, payload),
      get settings() {
        return self.complete(self.run.settings);
      },
      changed: () => this.requestUpdate(),
    });
    this.#questions.push(question);
    return this.keepForRun(question);
  }

  /** Asks the run once; see Context.serve. @throws Error where no live run is there to answer */
  protected async ask<K extends Names<RequestsOf<C>>>(
    name: K,
    ...payload: Asked<RequestsOf<C>[K]>
  ): Promise<Answer<RequestsOf<C>[K]>> {
    return trusted<Answer<RequestsOf<C>[K]>>(await this.run.ask(name, payload[0]));
  }

  // ── What labs override ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** The figure: what the reader came for. Rendered from `store` at most once a frame. */
  protected abstract renderFigure(): TemplateResult;
  /** More controls, below those of the schema: a drawing pad, a data set picker, a network editor. */
  protected renderMoreControls(): TemplateResult | typeof nothing {
    return nothing;
  }
  /** Below the figure, also in embedded form: tables, matrices, galleries. */
  protected renderResults(): TemplateResult | typeof nothing {
    return nothing;
  }
  /** Below the buttons of the lab: a checkpoint bar. */
  protected renderTools(): TemplateResult | typeof nothing {
    return nothing;
  }
  /** What this lab offers for export beside curves, tables, settings and script: pictures, a checkpoint. */
  protected exportItems(): readonly ExportItem[] {
    return [];
  }
  /** The live tensors of a card; by default those that the run's `tensors` gives. */
  protected cardTensors(card: BuiltCard): readonly LiveTensor[] {
    return this.cards.of(card);
  }
  /** Whether the run's `verify` knows this card. */
  protected verifiable(_card: BuiltCard): boolean {
    return true;
  }

  /** Whether a card concerns the run that is shown: that of another optimiser, for example, does not. */
  protected concerns(_card: BuiltCard): boolean {
    return true;
  }

  // ── The frame ────────────────────────────────────────────────────────────────────────────────────────────────────────────

  override connectedCallback(): void {
    super.connectedCallback();
    // Its words are English, whatever the page around it speaks.
    if (!this.lang) this.lang = 'en';
    if (this.page) addMathFont();
    // The lab's own page brings them with its first scripts.
    if (!this.compact) void import('./page-parts.ts');
    this.#resized.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
  }

  protected override updated(changed: PropertyValues<this>): void {
    super.updated(changed);
    this.#reachTables();
    if (this.page) this.#readWords();
  }

  /** What the run found, as the reader sees it. */
  get #found(): string {
    return this.renderRoot.querySelector('.finding:not(.old)')?.textContent?.replace(/\s+/g, ' ').trim() ?? '';
  }

  /** The finding and the prompts of the prose, for what the reader writes beside them. */
  #readWords(): void {
    const found = this.runState === 'finished' && !this.recorded && !this.run.stale ? this.#found : '';
    if (found !== this.found) this.found = found;
    if (this.runState === 'finished' && !this.recorded) this.keepRun(this.#found);
    const prompts = [...this.renderRoot.querySelectorAll('.prose .ask')].map((ask) => ask.querySelector('p')?.textContent ?? '');
    const questions = prompts.map((text) => text.replace(/\s+/g, ' ').trim()).filter(Boolean);
    if (questions.join('\n') !== this.questions.join('\n')) this.questions = questions;
  }

  /** The runs that came to their end, and the way back to each. */
  #renderRuns(): TemplateResult | typeof nothing {
    if (this.compact || this.hides('runs')) return nothing;
    return html`<chalk-kept-runs .runs=${this.keptRuns} .schema=${this.definition.schema}
      @run-restore=${(event: CustomEvent<{ config: Partial<ConfigOf<S>> }>) => this.take(event.detail.config, 'That run')}
      @runs-clear=${() => this.clearRuns()}></chalk-kept-runs>`;
  }

  #renderNotebook(): TemplateResult | typeof nothing {
    if (this.compact) return nothing;
    return html`<chalk-notebook lab=${this.definition.id} finding=${this.found} .questions=${this.questions}
      @notes-change=${(event: CustomEvent<ReaderNotes>) => {
        this.#notes = event.detail;
      }}></chalk-notebook>`;
  }

  /** What scrolls must be reachable by keyboard. */
  #reachTables(): void {
    for (const table of this.renderRoot.querySelectorAll('table')) {
      if (table.scrollWidth > table.clientWidth) table.tabIndex = 0;
      else table.removeAttribute('tabindex');
    }
  }

  /** Marks the terms of a parameter, or a term of a card with what the same parameter is elsewhere; an equal letter alone means nothing. */
  #selectTerms(event: CustomEvent<Partial<TermPointed>>): void {
    const { terms = [], show = false } = event.detail;
    const named = Object.values(this.definition.schema as Schema).map(termsOf);
    const parameters = named.filter((refs) => refs.some((ref) => terms.includes(ref)));
    if (terms.length > 0) this.#steps = [this.#steps[0], this.#steps[1], true];
    this.selectedTerms = [...new Set([...terms, ...parameters.flat()])];
    for (const section of this.renderRoot.querySelectorAll<TermShower>('chalk-card-section')) {
      section.selectTerms?.(this.selectedTerms, show);
    }
  }

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
    builder.target = this.definition;
    builder.preset = this.state.preset;
    builder.config = this.state.config;
    this.renderRoot.append(builder);
    await builder.updateComplete;
    builder.open();
  }

  /** What makes the items that every lab offers: comes when the menu is opened. */
  #allExports: typeof allExports | undefined;

  async #exportsAsked(): Promise<void> {
    try {
      this.#allExports ??= (await import('./exports.ts')).allExports;
    } catch (error) {
      const unavailable = `could not be loaded: ${(error as Error).message}`;
      this.#allExports = (_, own) => [
        ...own,
        { id: 'others', label: 'all else', format: 'json', name: '', provide: () => '', unavailable },
      ];
    }
    this.requestUpdate();
  }

  #exports(): readonly ExportItem[] {
    if (!this.#allExports) return [];
    const { store, device, recorded } = this.run;
    const source = {
      ...{ definition: this.definition, preset: this.state.preset, made: this.made, store, device, recorded },
      ...(!recorded &&
        this.run.serves('pytorch') && { pytorch: async () => trusted<PyTorchExport>(await this.run.ask('pytorch')) }),
      report: () => ({ finding: this.#found, notes: this.#notes, figures: figuresOf(this.renderRoot), address: this.address }),
    };
    return this.#allExports(source, this.exportItems(), this.renderRoot);
  }

  #renderCards(): TemplateResult | typeof nothing {
    const { cards } = this.module;
    if (!cards) return nothing;
    const tensors = (card: BuiltCard) => this.cards.settled(card, this.cardTensors(card));
    const verify = (card: BuiltCard) =>
      this.verifiable(card)
        ? async () => trusted<readonly Verification[]>(await this.run.ask('verify', { card: card.id }))
        : null;
    const live = !this.recorded && !this.run.stale && this.run.serves('verify') && this.store.step !== undefined;
    return html`<chalk-card-section .load=${cards} .shows=${(card: BuiltCard) => this.concerns(card)} .tensors=${tensors} .ran=${this.cards.ran}
      .run=${this.store} .verify=${live ? verify : undefined}></chalk-card-section>`;
  }

  /** What the run on the screen found; while a new one has found nothing yet, what the one before did. */
  #finding(): { readonly words: TemplateResult | string | typeof nothing; readonly before: boolean } {
    const now = this.module.texts?.finding?.(this);
    if (now !== undefined) this.#lastFinding = now;
    else if (['idle', 'finished'].includes(this.runState)) this.#lastFinding = undefined;
    return { words: now ?? this.#lastFinding ?? nothing, before: now === undefined && this.#lastFinding !== undefined };
  }

  override render(): TemplateResult {
    const { texts } = this.module;
    const { words, before } = this.#finding();
    return renderLab({
      definition: this.definition,
      compact: this.compact,
      narrow: this.narrow,
      expected: this.expected,
      recording: this.module.recording !== undefined,
      finds: texts?.finding !== undefined,
      before,
      config: this.state.config,
      base: this.state.base,
      preset: this.state.preset,
      teacher: this.state.teacher,
      hides: (name) => this.hides(name),
      fixes: (name) => this.fixes(name),
      notes: this.state.notes,
      run: this.run,
      pending: this.state.pending(this.run.applied),
      selectedTerms: this.selectedTerms,
      linked: !this.compact && this.module.cards !== undefined,
      copied: this.copied,
      fullLink: this.compact ? this.link() : '',
      exports: this.#exports(),
      failures: this.#questions.flatMap(({ failure }) => (failure ? [failure] : [])),
      parts: {
        finding: words,
        figure: this.renderFigure(),
        moreControls: this.renderMoreControls(),
        tools: this.renderTools(),
        results: this.renderResults(),
        prose: texts?.prose?.(this) ?? nothing,
        steps: html`<chalk-first-steps .done=${this.#steps}></chalk-first-steps>`,
        runs: this.#renderRuns(),
        notebook: this.#renderNotebook(),
        cards: this.#renderCards(),
      },
      play: () => this.play(),
      pause: () => this.pause(),
      advance: (count) => this.step(count),
      reset: () => this.reset(),
      restart: () => this.restart(this.run.playing ? 'play' : 'step'),
      change: (values) => this.change(() => this.state.change(values)),
      resetAll: () => this.change(() => this.state.resetAll(true)),
      choosePreset: (name) => this.change(() => this.state.choosePreset(name, true)),
      clearNotes: () => {
        this.state.notes = [];
        this.requestUpdate();
      },
      // Pictures that were drawn since the last update are there too.
      exportsAsked: () => void this.#exportsAsked(),
      copyLink: () => void this.#copyLink(),
      openLinkBuilder: () => void this.#openLinkBuilder(),
    });
  }
}
