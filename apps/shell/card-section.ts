import { css, html, LitElement, type PropertyValues } from 'lit';
import type { ChalkMathCard, LiveTensor } from '../components/math-card/element.ts';
import { chalkEvent, define, prefersReducedMotion } from '../components/shared/define.ts';
import type { BuiltCard, Verification } from '../math/card.ts';
import type { TermRef } from '../runtime/schema.ts';
import type { RanHere } from './card-questions.ts';
import { baseStyles } from './styles.ts';

/** So far from the screen, cards are fetched. */
const margin = '800px';

/**
 * The math cards of a lab. They hold the source of everything that ran, so they are fetched when the reader comes near.
 * @summary A lab's math cards, loaded when they come near the screen.
 * @element chalk-card-section
 * @attr {string} heading
 * @fires cards-near - the cards came near the screen, or left; detail `{near}`
 */
export class ChalkCardSection extends LitElement {
  static override properties = {
    heading: { type: String },
    load: { attribute: false },
    tensors: { attribute: false },
    verify: { attribute: false },
    ran: { attribute: false },
    run: { attribute: false },
    shows: { attribute: false },
    cards: { state: true },
    failure: { state: true },
  };
  static override styles = [
    baseStyles,
    css`
      h2 {
        margin: var(--chalk-space-6) 0 var(--chalk-space-4);
        font-family: var(--chalk-font-prose);
        font-size: var(--chalk-text-xl);
        line-height: var(--chalk-leading-tight);
      }
      .cards {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--chalk-space-5);
        min-height: 12rem;
      }
    `,
  ];

  declare heading: string;
  /** `() => import('./cards.ts?math')`; called once. */
  declare load: (() => Promise<{ readonly cards: readonly BuiltCard[] }>) | undefined;
  /** The live tensors of a card. */
  declare tensors: (card: BuiltCard) => readonly LiveTensor[];
  /** Runs a card's verification; undefined, or null for a card: no button. */
  declare verify: ((card: BuiltCard) => (() => Promise<readonly Verification[]>) | null) | undefined;
  /** The kernels of the run and its device. */
  declare ran: RanHere | undefined;
  /** Stands for the run on the screen. */
  declare run: unknown;
  /** Whether a card concerns the run; all do where this is not given. */
  declare shows: ((card: BuiltCard) => boolean) | undefined;
  declare private cards: readonly BuiltCard[];
  declare private failure: string;
  #observer: IntersectionObserver | undefined;

  constructor() {
    super();
    this.heading = 'Equation, code, kernel';
    this.tensors = () => [];
    this.cards = [];
    this.failure = '';
  }

  /** Marks these terms in the cards. @param show brings the first of them into sight, with the keyboard's focus */
  selectTerms(terms: readonly TermRef[], show = false): void {
    for (const card of this.#shown) card.selectTerms(terms);
    if (show) void this.#show(terms);
  }

  get #shown(): readonly ChalkMathCard[] {
    return [...this.renderRoot.querySelectorAll('chalk-math-card')];
  }

  async #show(terms: readonly TermRef[]): Promise<void> {
    await this.#fetch();
    await this.updateComplete;
    const cards = this.#shown;
    await Promise.all(cards.map((card) => card.updateComplete));
    for (const card of cards) card.selectTerms(terms);
    const first = cards.find((card) => card.term !== '');
    await first?.updateComplete;
    first?.scrollIntoView({ block: 'start', behavior: prefersReducedMotion() ? 'auto' : 'smooth' });
    first?.focusTerm();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#observer?.disconnect();
  }

  protected override firstUpdated(_changed: PropertyValues<this>): void {
    this.#observer = new IntersectionObserver(
      (entries) => {
        const near = entries.at(-1)?.isIntersecting ?? false;
        if (near) void this.#fetch();
        this.dispatchEvent(chalkEvent('cards-near', { near }));
      },
      { rootMargin: margin },
    );
    this.#observer.observe(this);
  }

  #fetching: Promise<void> | undefined;

  #fetch(): Promise<void> {
    this.#fetching ??= this.#load();
    return this.#fetching;
  }

  async #load(): Promise<void> {
    try {
      const [module] = await Promise.all([this.load?.(), import('../components/math-card/element.ts')]);
      this.cards = module?.cards ?? [];
      this.failure = '';
    } catch (error) {
      // Coming near again, or a click on a symbol, tries again.
      this.#fetching = undefined;
      this.failure = `The cards could not be loaded: ${error instanceof Error ? error.message : error}`;
    }
  }

  override render() {
    return html`<h2>${this.heading}</h2>
      ${this.failure ? html`<p role="alert">${this.failure}</p>` : ''}
      <div class="cards">
        ${this.cards
          .filter((card) => this.shows?.(card) ?? true)
          .map(
            (card) =>
              html`<chalk-math-card .card=${card} .tensors=${this.tensors(card)} .ran=${this.ran} .run=${this.run} .verify=${this.verify?.(card) ?? null}></chalk-math-card>`,
          )}
      </div>`;
  }
}

define('chalk-card-section', ChalkCardSection);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-card-section': ChalkCardSection;
  }
}
