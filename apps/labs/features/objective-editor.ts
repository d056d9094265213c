import { css, html, LitElement, nothing } from 'lit';
import { chalkEvent, define } from '../../components/shared/define.ts';
import { baseStyles } from '../../shell/styles.ts';
import { photographs } from './photo-names.ts';
import type { LayerInfo } from './subject.ts';
import { hasLayer, hasUnit, parseTerms, type Term, type TermKind, termKinds, termName } from './terms.ts';

/**
 * The objective as chips, one a term: their weights can be changed, terms taken away and added.
 *
 * @element chalk-objective-editor
 * @attr {boolean} disabled
 * @fires terms-change - detail `{terms}`
 */
export class ChalkObjectiveEditor extends LitElement {
  static override properties = {
    terms: { attribute: false },
    layers: { attribute: false },
    classes: { attribute: false },
    disabled: { type: Boolean },
    kind: { state: true },
    failure: { state: true },
  };
  static override styles = [
    baseStyles,
    css`
      .chips,
      form {
        display: flex;
        flex-wrap: wrap;
        gap: var(--chalk-space-1) var(--chalk-space-2);
        align-items: center;
        margin: 0;
        padding: 0;
        font-size: var(--chalk-text-s);
      }
      form {
        margin-top: var(--chalk-space-2);
      }
      li {
        display: inline-flex;
        flex-wrap: wrap;
        gap: var(--chalk-space-1);
        align-items: center;
        max-width: 100%;
        padding: 0 0 0 var(--chalk-space-2);
        border: 1px solid var(--chalk-rule-strong);
        border-radius: 1rem;
        background: var(--chalk-surface);
      }
      li button {
        min-width: 1.75rem;
        border: 0;
        border-radius: 1rem;
        background: transparent;
      }
      input,
      select {
        min-height: 1.75rem;
        max-width: 100%;
        font-size: inherit;
      }
      input[type='number'] {
        width: 4.5rem;
      }
      label {
        display: inline-flex;
        gap: var(--chalk-space-1);
        align-items: center;
        color: var(--chalk-ink-soft);
      }
      details {
        margin-top: var(--chalk-space-1);
        font-size: var(--chalk-text-s);
      }
      p {
        margin: var(--chalk-space-1) 0 0;
        color: var(--chalk-error);
        font-size: var(--chalk-text-s);
      }
    `,
  ];

  declare terms: readonly Term[];
  /** Layers of the network, empty before it is known: then paths are typed. */
  declare layers: readonly LayerInfo[];
  declare classes: readonly string[];
  declare disabled: boolean;
  /** Of the term that is being added. */
  declare private kind: TermKind;
  declare private failure: string;

  constructor() {
    super();
    this.terms = [];
    this.layers = [];
    this.classes = [];
    this.disabled = false;
    this.kind = 'channel';
    this.failure = '';
  }

  #change(terms: readonly unknown[]): boolean {
    try {
      this.dispatchEvent(chalkEvent('terms-change', { terms: parseTerms(terms) }));
      this.failure = '';
      return true;
    } catch (error) {
      this.failure = `${(error as Error).message}.`;
      return false;
    }
  }

  #add(event: SubmitEvent): void {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(data.get(name) ?? '').trim();
    const named = this.classes.indexOf(text('unit'));
    this.#change([
      ...this.terms,
      {
        kind: this.kind,
        layer: text('layer'),
        unit: this.kind === 'logit' && named >= 0 ? named : Number(text('unit') || Number.NaN),
        to: Number(text('to') || Number.NaN),
        photo: text('photo'),
        weight: Number(text('weight') || Number.NaN),
      },
    ]);
  }

  #chip(term: Term, at: number) {
    const others = this.terms.filter((_, i) => i !== at);
    const name = termName(term, this.classes);
    return html`<li><input type="number" step="any" aria-label="weight of ${name}" .value=${String(term.weight)} ?disabled=${this.disabled}
        @change=${(event: Event & { currentTarget: HTMLInputElement }) => {
          const weight = event.currentTarget.valueAsNumber;
          if (!this.#change(this.terms.map((each, i) => (i === at ? { ...each, weight } : each))))
            event.currentTarget.value = String(term.weight);
        }} />
      <span>× ${name}</span>
      <button type="button" aria-label="take away ${name}" ?disabled=${this.disabled || others.length === 0} @click=${() => this.#change(others)}>✕</button></li>`;
  }

  #layerField() {
    const [last] = this.terms
      .map(({ layer }) => layer)
      .filter(Boolean)
      .slice(-1);
    if (this.layers.length === 0)
      return html`<label>layer <input name="layer" required maxlength="40" size="6" .value=${last ?? ''} /></label>`;
    return html`<label>layer <select name="layer">${this.layers.map(
      ({ path, type, shape }) =>
        html`<option value=${path} ?selected=${path === last}>${path} ${type} ${shape.join('×')}</option>`,
    )}</select></label>`;
  }

  #form() {
    const unit = this.kind === 'logit' ? 'class' : 'channel';
    return html`<form @submit=${this.#add}>
      <label>add <select @change=${(event: Event & { currentTarget: HTMLSelectElement }) => {
        this.kind = termKinds.find((kind) => kind === event.currentTarget.value) ?? 'channel';
      }}>${termKinds.filter((kind) => kind !== 'direction').map((kind) => html`<option ?selected=${kind === this.kind}>${kind}</option>`)}</select></label>
      ${hasLayer(this.kind) ? this.#layerField() : nothing}
      ${hasUnit(this.kind) ? html`<label>${unit} <input name="unit" required size="8" list=${this.kind === 'logit' ? 'classes' : 'none'} /></label>` : nothing}
      ${this.kind === 'logit' ? html`<datalist id="classes">${this.classes.map((name) => html`<option value=${name}></option>`)}</datalist>` : nothing}
      ${this.kind === 'interpolation' ? html`<label>to channel <input name="to" required type="number" min="0" /></label>` : nothing}
      ${this.kind === 'caricature' ? html`<label>of <select name="photo">${photographs.map((name) => html`<option>${name}</option>`)}<option value="own">my picture</option></select></label>` : nothing}
      <label>weight <input name="weight" required type="number" step="any" .value=${this.kind === 'diversity' ? '100' : '1'} /></label>
      <button>Add</button>
    </form>`;
  }

  protected override render() {
    return html`<ul class="chips" aria-label="Terms of the objective">${this.terms.map((term, at) => this.#chip(term, at))}</ul>
      ${this.disabled ? nothing : html`<details><summary>Add a term</summary>${this.#form()}</details>`}
      ${this.failure ? html`<p role="alert">${this.failure}</p>` : nothing}`;
  }
}

define('chalk-objective-editor', ChalkObjectiveEditor);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-objective-editor': ChalkObjectiveEditor;
  }
}
