import { html, LitElement, nothing, type PropertyValues } from 'lit';
import { unsafeHTML } from 'lit/directives/unsafe-html.js';
import type { BuiltCard, BuiltSource, Verification } from '../../math/card.ts';
import { addMathFont } from '../../math/font/load.ts';
import type { TermRef } from '../../runtime/schema.ts';
import type { RanHere } from '../../shell/card-questions.ts';
import { baseStyles } from '../../shell/styles.ts';
import { mathSymbol } from '../../shell/symbol.ts';
import { chalkEvent, define } from '../shared/define.ts';
import { styled } from '../shared/styled.ts';
import { tabByKey } from '../shared/tabs.ts';
import { VisibilityController } from '../shared/visibility-controller.ts';
import { codeHtml, codeText, shownLines } from './code.ts';
import { type LiveTensor, liveTensor, type RanOnCard, ranOnCard, resultsTable } from './parts.ts';
import { mathCardStyles } from './styles.ts';

export type { LiveTensor } from './parts.ts';

/** Detail of `term-select`: nulls when the selection was cleared. */
export interface TermDetail {
  readonly card: string;
  /** As parameters name it: `card/term`; empty when the selection was cleared. */
  readonly terms: readonly TermRef[];
  readonly id: string | null;
  readonly symbol: string | null;
  readonly label: string | null;
}

type Pane = 'typescript' | 'wgsl' | 'tensors';
const paneNames: Record<Pane, string> = { typescript: 'TypeScript', wgsl: 'WGSL', tensors: 'Tensors' };

/**
 * An equation, the TypeScript and the WGSL that ran, and the live tensors, side by side. One selected term is marked in all of them;
 * `term-select` tells the controls; a click on the equation, the code or a term's button selects. *Verify* compares kernel and reference, tape and central differences.
 *
 * @element chalk-math-card
 * @attr {string} term - id of the selected term; empty for none
 * @attr {boolean} folded - shows the equation alone until the reader opens code and kernel
 * @attr {string} variant - label of the WGSL file that is shown first: the variant that ran
 * @fires term-select - the reader selected a term or cleared the selection; detail {@link TermDetail}
 * @fires verified - a verification ended; detail `{results}`
 * @slot - a remark below the equation
 * @csspart equation
 * @csspart pane
 * @cssproperty --chalk-math-card-code-height - largest height of a code pane
 */
export class ChalkMathCard extends LitElement {
  static override properties = {
    term: { type: String, reflect: true },
    variant: { type: String },
    folded: { type: Boolean, reflect: true },
    card: { attribute: false },
    tensors: { attribute: false },
    verify: { attribute: false },
    ran: { attribute: false },
    run: { attribute: false },
    pane: { state: true },
    files: { state: true },
    unrolled: { state: true },
    loaded: { state: true },
    results: { state: true },
    checking: { state: true },
    failure: { state: true },
    unfetched: { state: true },
  };
  static override styles = [baseStyles, mathCardStyles];

  declare term: string;
  declare variant: string;
  declare folded: boolean;
  /** The built card (`import { cards } from './cards.ts?math'`). */
  declare card: BuiltCard | null;
  declare tensors: readonly LiveTensor[];
  /** Runs the comparison on the tensors on screen; null hides the button. */
  declare verify: (() => Promise<readonly Verification[]>) | null;
  /** The kernels of the run and its device: the file that ran is shown first. */
  declare ran: RanHere | undefined;
  /** Stands for the run: another one, and what *Verify* found belongs to the past. */
  declare run: unknown;
  declare private pane: Pane;
  declare private files: { typescript: number; wgsl: number };
  declare private unrolled: boolean;
  /** The WGSL sources in full, once one of them was asked for. */
  declare private loaded: readonly BuiltSource[] | null;
  declare private results: readonly Verification[] | null;
  declare private checking: boolean;
  declare private failure: string;
  /** Why the WGSL sources could not be had in full. */
  declare private unfetched: string;

  private readonly sight = new VisibilityController(this);
  private focusMoved = false;
  private asked: BuiltCard | undefined;
  /** The reader has chosen a file by hand: it stays. */
  private handPicked = false;
  private used: RanOnCard | undefined;

  constructor() {
    super();
    this.term = '';
    this.variant = '';
    this.folded = false;
    this.card = null;
    this.tensors = [];
    this.verify = null;
    this.pane = 'typescript';
    this.files = { typescript: 0, wgsl: 0 };
    this.unrolled = false;
    this.loaded = null;
    this.results = null;
    this.checking = false;
    this.failure = '';
    this.unfetched = '';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    addMathFont();
  }

  private get panes(): readonly Pane[] {
    const wgsl = (this.card?.wgsl.length ?? 0) > 0;
    return ['typescript', ...(wgsl ? (['wgsl'] as const) : []), ...(this.tensors.length > 0 ? (['tensors'] as const) : [])];
  }

  /** Marks the term of this card that is among these, as when a control is hovered; clears where there is none. Fires no event. */
  selectTerms(terms: readonly TermRef[]): void {
    const { card } = this;
    // What is marked stays marked: a card may have two of them.
    if (card && this.term && terms.includes(`${card.id}/${this.term}`)) return;
    this.term = card?.terms.find(({ id }) => terms.includes(`${card.id}/${id}`))?.id ?? '';
  }

  /** Puts the keyboard's focus on the button of the selected term. */
  focusTerm(): void {
    this.renderRoot.querySelector<HTMLElement>('.terms [tabindex="0"]')?.focus({ preventScroll: true });
  }

  /** A page has many cards, and a run gives them new tensors at every frame: those out of sight wait. */
  protected override shouldUpdate(changed: PropertyValues<this>): boolean {
    const live = changed.size > 0 && [...changed.keys()].every((key) => key === 'tensors' || key === 'verify');
    return !live || this.sight.visible;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('run')) {
      this.results = null;
      this.failure = '';
    }
    if (changed.has('card') || changed.has('variant')) this.showVariant(changed);
    if (changed.has('card') || changed.has('ran')) this.showRan();
    if (this.card && this.term) {
      this.files = {
        typescript: this.fileWithTerm('typescript', this.card.typescript),
        wgsl: this.fileWithTerm('wgsl', this.card.wgsl),
      };
    }
  }

  /** The file that is shown, or where it lacks the selected term, the first that has it. */
  private fileWithTerm(pane: 'typescript' | 'wgsl', sources: readonly BuiltSource[]): number {
    const shown = this.files[pane];
    if (sources[shown]?.terms.includes(this.term)) return shown;
    const found = sources.findIndex((source) => source.terms.includes(this.term));
    return found < 0 ? shown : found;
  }

  /** The file that ran comes first, unless the reader looks at another. */
  private showRan(): void {
    this.used = this.card && this.ran ? ranOnCard(this.card, this.ran) : undefined;
    const file = this.used?.file;
    if (file !== undefined && !this.handPicked && !this.term) this.files = { ...this.files, wgsl: file };
  }

  private showVariant(changed: PropertyValues<this>): void {
    if (changed.has('card')) {
      this.results = null;
      this.failure = '';
      this.unfetched = '';
      this.loaded = null;
      this.handPicked = false;
    }
    const shown = this.card?.wgsl.findIndex((source) => source.label === this.variant) ?? -1;
    this.files = { typescript: 0, wgsl: Math.max(0, shown) };
  }

  protected override updated(changed: PropertyValues<this>): void {
    // New tensors at every frame of a run leave the marks as they are.
    if ([...changed.keys()].some((key) => key !== 'tensors' && key !== 'verify')) this.markTerm();
    if (!this.folded) this.prepareCode(changed);
    if (this.focusMoved) {
      this.focusMoved = false;
      this.renderRoot.querySelector<HTMLElement>('.terms [tabindex="0"]')?.focus();
    }
  }

  private markTerm(): void {
    for (const node of this.renderRoot.querySelectorAll<HTMLElement>('[data-term]')) {
      const on = node.dataset.term === this.term;
      node.classList.toggle('on', on);
      const fold = on ? node.closest('details') : null;
      if (fold) fold.open = true;
    }
  }

  private prepareCode(changed: Map<PropertyKey, unknown>): void {
    const shown = this.card?.wgsl[this.files.wgsl];
    if (shown?.deferred || (this.unrolled && shown?.unrollable)) void this.loadWgsl();
    if (this.term && (changed.has('term') || changed.has('loaded') || changed.has('folded'))) this.scrollToTerm();
  }

  /** Scrolls each code pane, never the page, to the first mark. */
  private scrollToTerm(): void {
    for (const code of this.renderRoot.querySelectorAll<HTMLElement>('.code')) {
      const mark = code.querySelector<HTMLElement>('[data-term].on');
      const line = mark?.closest<HTMLElement>('.line');
      if (!line) continue;
      const top = line.offsetTop - code.offsetTop;
      if (top < code.scrollTop || top > code.scrollTop + code.clientHeight - 24)
        code.scrollTop = Math.max(0, top - code.clientHeight / 3);
    }
  }

  private select(id: string): void {
    const term = this.card?.terms.find((t) => t.id === id);
    this.term = term && this.term !== id ? id : '';
    const chosen = this.term ? term : undefined;
    // Who picks a term wants to see where it is.
    if (chosen) this.folded = false;
    this.dispatchEvent(
      chalkEvent<TermDetail>('term-select', {
        card: this.card?.id ?? '',
        terms: this.card && chosen ? [`${this.card.id}/${chosen.id}`] : [],
        id: chosen?.id ?? null,
        symbol: chosen?.symbol ?? null,
        label: chosen?.label ?? null,
      }),
    );
  }

  private onClick(event: Event): void {
    const id = (event.target as Element).closest<HTMLElement>('[data-term]')?.dataset.term;
    if (id) this.select(id);
  }

  private onKey(event: KeyboardEvent): void {
    const terms = this.card?.terms ?? [];
    if (terms.length === 0) return;
    if (event.key === 'Escape') {
      if (this.term) this.select(this.term);
    } else if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
      const at = terms.findIndex((term) => term.id === this.term);
      const step = event.key === 'ArrowRight' ? 1 : -1;
      const next = terms[at < 0 ? 0 : (at + step + terms.length) % terms.length];
      if (next && next.id !== this.term) this.select(next.id);
      this.focusMoved = true;
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Arrow keys, Home and End choose a tab and move to it. */
  private onTabKey(event: KeyboardEvent): void {
    const { panes } = this;
    const next = tabByKey(event.key, Math.max(0, panes.indexOf(this.pane)), panes.length);
    if (next === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.pane = panes[next] as Pane;
    this.renderRoot.querySelector<HTMLElement>(`#tab-${this.pane}`)?.focus();
  }

  /** Fetches what the card came without: rungs of the ladder, unrolled forms. */
  private async loadWgsl(): Promise<void> {
    const { card } = this;
    // Once a card: a fetch that failed is not tried at every update.
    if (!card?.loadWgsl || this.asked === card) return;
    this.asked = card;
    try {
      const loaded = await card.loadWgsl();
      if (this.card === card) this.loaded = loaded;
    } catch (error) {
      if (this.card === card) this.unfetched = `The file could not be fetched: ${(error as Error).message}`;
    }
  }

  /** The reader chooses a file or its other form: what could not be fetched is tried again. */
  private fetchAgain(): void {
    if (!this.unfetched) return;
    this.unfetched = '';
    this.asked = undefined;
  }

  private async runVerify(): Promise<void> {
    if (!this.verify || this.checking) return;
    this.checking = true;
    this.failure = '';
    try {
      this.results = await this.verify();
      this.dispatchEvent(chalkEvent('verified', { results: this.results }));
    } catch (error) {
      this.results = null;
      this.failure = error instanceof Error ? error.message : String(error);
    } finally {
      this.checking = false;
    }
  }

  protected override render() {
    const { card } = this;
    if (!card) return nothing;
    const selected = card.terms.find((term) => term.id === this.term);
    return html`<article aria-labelledby="title">
      <header>
        <h3 id="title">${card.title}</h3>
        <span class="reference">
          ${card.reference.url ? html`<a href=${card.reference.url}>${card.reference.text}</a>` : card.reference.text}
        </span>
      </header>
      <p class="why">${card.why}</p>
      <div class="equation" part="equation" role="group" aria-label="Equation" tabindex="0" @click=${this.onClick}>${unsafeHTML(card.mathml.join(''))}</div>
      ${this.renderTerms(card)}
      <p class="meaning" aria-live="polite">
        ${selected ? html`<b>${selected.label}</b>: ${selected.description}` : `Select a term to find it in the code${card.wgsl.length > 0 ? ', the kernel' : ''} and the tensors.`}
      </p>
      <slot></slot>
      ${this.folded ? nothing : this.renderPanes(card)}
      <footer>
        <button
          class="fold"
          aria-expanded=${!this.folded}
          @click=${() => {
            this.folded = !this.folded;
          }}
        >${this.folded ? 'Show' : 'Hide'} ${card.wgsl.length > 0 ? 'code and kernel' : 'code'}</button>
        ${card.indices.length > 0 ? this.renderIndices(card) : nothing} ${this.verify ? this.renderVerify() : nothing}
      </footer>
    </article>`;
  }

  private renderTerms(card: BuiltCard) {
    const current = card.terms.some((term) => term.id === this.term) ? this.term : card.terms[0]?.id;
    return html`<div
      class="terms"
      role="radiogroup"
      aria-label="Terms"
      @keydown=${this.onKey}
    >
      ${card.terms.map(
        (term) => html`<button
          role="radio"
          aria-checked=${term.id === this.term}
          tabindex=${term.id === current ? 0 : -1}
          @click=${() => this.select(term.id)}
        ><span class="symbol">${mathSymbol(term.symbol)}</span> ${term.label}</button>`,
      )}
    </div>`;
  }

  private renderPanes(card: BuiltCard) {
    const { panes } = this;
    const shown = panes.includes(this.pane) ? this.pane : 'typescript';
    return html`
      <div class="tabs ${panes.length > 1 ? 'many' : ''}" role="tablist" aria-label="Panes" @keydown=${this.onTabKey}>
        ${panes.map(
          (pane) => html`<button
            role="tab"
            id="tab-${pane}"
            aria-controls="pane-${pane}"
            aria-selected=${pane === shown}
            tabindex=${pane === shown ? 0 : -1}
            @click=${() => {
              this.pane = pane;
            }}
          >${paneNames[pane]}</button>`,
        )}
      </div>
      <div class="panes" ${styled({ '--panes': card.wgsl.length > 0 ? 2 : 1 })}>
        ${this.renderCode('typescript', card.typescript, shown)}
        ${card.wgsl.length > 0 ? this.renderCode('wgsl', card.wgsl, shown) : nothing}
        ${this.tensors.length > 0 ? this.renderTensors(shown) : nothing}
      </div>
    `;
  }

  private renderCode(pane: 'typescript' | 'wgsl', sources: readonly BuiltSource[], shown: Pane) {
    const chosen = Math.min(this.files[pane], sources.length - 1);
    const source = (pane === 'wgsl' ? this.loaded?.[chosen] : undefined) ?? sources[chosen];
    if (!source) return nothing;
    const lines = shownLines(source, this.unrolled);
    return html`<div class="pane ${pane === shown ? 'shown' : ''}" part="pane" id="pane-${pane}" role="tabpanel" aria-labelledby="tab-${pane}">
      <div class="pane-head">
        <h4>${paneNames[pane]}</h4>
        <code class="file">${source.file}</code>
        ${this.renderFiles(pane, sources, chosen)}
        ${
          source.unrolled || source.unrollable
            ? html`<button
              aria-pressed=${this.unrolled}
              title="The file as it runs, with marked loops expanded"
              @click=${() => {
                this.unrolled = !this.unrolled;
                this.fetchAgain();
              }}
            >unrolled</button>`
            : nothing
        }
        <button
          aria-label="Copy ${paneNames[pane]}"
          @click=${() => navigator.clipboard?.writeText(codeText(lines)).catch(() => undefined)}
        >copy</button>
        ${this.renderRan(pane, chosen)}
        ${pane === 'wgsl' && this.unfetched ? html`<span class="fail" role="status">${this.unfetched}</span>` : nothing}
      </div>
      <pre class="code" tabindex="0" role="group" aria-label="${source.file}" @click=${this.onClick}>${unsafeHTML(codeHtml(lines))}</pre>
    </div>`;
  }

  /** Which of the files ran, and where. */
  private renderRan(pane: 'typescript' | 'wgsl', chosen: number) {
    const { used } = this;
    if (!used || pane === 'typescript') return nothing;
    if (used.file === undefined) return html`<span class="ran">not run here: ${used.label}</span>`;
    return html`<span class="ran ${chosen === used.file ? 'here' : ''}">ran here: ${used.label}</span>`;
  }

  /** Buttons for a few files, a list for a ladder. */
  private renderFiles(pane: 'typescript' | 'wgsl', sources: readonly BuiltSource[], chosen: number) {
    if (sources.length < 2) return nothing;
    const show = (i: number) => {
      // A file without the selected term would jump back to one that has it.
      if (this.term && !sources[i]?.terms.includes(this.term)) this.select(this.term);
      this.files = { ...this.files, [pane]: i };
      this.handPicked = true;
      this.fetchAgain();
    };
    const name = (i: number) =>
      pane === 'wgsl' && i === this.used?.file ? `${sources[i]?.label} · ran here` : sources[i]?.label;
    if (sources.length > 3) {
      return html`<select aria-label="${paneNames[pane]} file" @change=${(event: Event) => show((event.target as HTMLSelectElement).selectedIndex)}>
        ${sources.map((_, i) => html`<option .selected=${i === chosen}>${name(i)}</option>`)}
      </select>`;
    }
    return sources.map((_, i) => html`<button aria-pressed=${i === chosen} @click=${() => show(i)}>${name(i)}</button>`);
  }

  private renderTensors(shown: Pane) {
    return html`<div class="pane tensors ${shown === 'tensors' ? 'shown' : ''}" part="pane" id="pane-tensors" role="tabpanel" aria-labelledby="tab-tensors">
      <div class="pane-head"><h4>Tensors</h4></div>
      ${this.tensors.map((tensor) => liveTensor(tensor, `${this.card?.id}/${this.term}`))}
    </div>`;
  }

  private renderIndices(card: BuiltCard) {
    return html`<details ?open=${!this.folded}>
      <summary>Indices</summary>
      <dl>${card.indices.map(({ symbol, meaning }) => html`<dt>${symbol}</dt><dd>${meaning}</dd>`)}</dl>
    </details>`;
  }

  private renderVerify() {
    return html`
      <button class="primary" ?disabled=${this.checking} @click=${this.runVerify}>${this.checking ? 'Verifying …' : 'Verify'}</button>
      <div class="checks" role="status">
        ${this.failure ? html`<span class="fail">${this.failure}</span>` : nothing}
        ${this.results ? resultsTable(this.results) : nothing}
      </div>
    `;
  }
}

define('chalk-math-card', ChalkMathCard);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-math-card': ChalkMathCard;
  }
  interface HTMLElementEventMap {
    'term-select': CustomEvent<TermDetail>;
  }
}
