import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Config } from '../../runtime/link.ts';
import { lists } from '../../runtime/parts.ts';
import { isActive, type NumberParameter, type Parameter, type Schema, type TermRef, termsOf } from '../../runtime/schema.ts';
import { readValue, sameValue } from '../../runtime/values.ts';
import { baseStyles } from '../../shell/styles.ts';
import { mathSymbol } from '../../shell/symbol.ts';
import { chalkEvent, define } from '../shared/define.ts';
import { nudge, positionOf, positions, valueAt } from './slider.ts';
import { controlsStyles } from './styles.ts';
import { asTyped } from './typed.ts';

/** With more controls than this, only the first groups start open. */
const mostOpen = 12;

export interface ParameterChange {
  readonly key: string;
  readonly value: unknown;
  /** True while a slider is still held: the value is not final. */
  readonly dragging: boolean;
}

/** Detail of `term-select`. */
export interface TermPointed {
  /** The terms of the parameter that is pointed at; none on leaving. */
  readonly terms: readonly TermRef[];
  /** The reader wants to see them: the card shall come into sight. */
  readonly show: boolean;
}

/**
 * The controls of a lab, generated from its schema: sliders (logarithmic where the schema says so) with a number field that has
 * the last word, lists, switches. Each says whether it takes effect at once or at a restart, and shows the symbol that it is in
 * the equations.
 * @summary Controls generated from a schema.
 * @element chalk-controls
 * @fires parameter-change - the reader changed a value; detail {@link ParameterChange}
 * @fires parameters-reset - the reader asked for the preset's values everywhere
 * @attr {boolean} linked - there are math cards: symbols of their terms are buttons
 * @fires term-select - the reader points at a parameter that is a term; detail {@link TermPointed}
 * @csspart control - one parameter
 */
export class ChalkControls extends LitElement {
  static override properties = {
    schema: { attribute: false },
    config: { attribute: false },
    base: { attribute: false },
    applied: { attribute: false },
    hide: { attribute: false },
    lock: { attribute: false },
    linked: { type: Boolean },
    selected: { attribute: false },
    wrong: { attribute: false },
    notes: { state: true },
    explained: { state: true },
    opened: { state: true },
  };
  static override styles = [baseStyles, controlsStyles];

  declare schema: Schema;
  declare config: Config;
  /** The values that reset brings back: the preset's. */
  declare base: Config;
  /** The values that the run in progress was started with; undefined before there is one. */
  declare applied: Config | undefined;
  declare hide: readonly string[];
  declare lock: readonly string[];
  declare linked: boolean;
  /** Terms that are selected in the equations. */
  declare selected: readonly TermRef[];
  /** The parameter over which the run failed, and why; it is marked until it is changed. */
  declare wrong: { readonly key: string; readonly message: string } | undefined;
  /** What was corrected in a field, by key. */
  declare private notes: Readonly<Record<string, string>>;
  /** The parameter whose help is shown. */
  declare private explained: string;
  /** Groups that the reader has opened or closed. */
  declare private opened: Readonly<Record<string, boolean>>;

  constructor() {
    super();
    this.schema = {};
    this.config = {};
    this.base = {};
    this.applied = undefined;
    this.hide = [];
    this.lock = [];
    this.linked = false;
    this.selected = [];
    this.wrong = undefined;
    this.notes = {};
    this.explained = '';
    this.opened = {};
  }

  private emit(key: string, value: unknown, dragging = false, note?: string): void {
    const { [key]: _, ...others } = this.notes;
    this.notes = note ? { ...others, [key]: note } : others;
    this.dispatchEvent(chalkEvent<ParameterChange>('parameter-change', { key, value, dragging }));
  }

  /** The parameter whose terms were shown by a click: leaving it does not clear the marks. */
  private held = '';

  private point(key: string, p: Parameter, show = false): void {
    this.held = show ? key : '';
    this.dispatchEvent(chalkEvent<TermPointed>('term-select', { terms: termsOf(p), show }));
  }

  private leave(key: string): void {
    if (this.held !== key) this.dispatchEvent(chalkEvent<TermPointed>('term-select', { terms: [], show: false }));
  }

  private isSelected(p: Parameter): boolean {
    return termsOf(p).some((term) => this.selected.includes(term));
  }

  private renderSymbol(key: string, p: Parameter, linked: boolean): TemplateResult | typeof nothing {
    const { symbol } = p;
    if (!symbol) return nothing;
    if (!linked) return html`<span class="symbol" aria-hidden="true">${mathSymbol(symbol)}</span>`;
    return html`<button class="symbol" title="Show ${symbol} in the equations"
      @focus=${() => this.point(key, p)} @blur=${() => this.leave(key)} @click=${() => this.point(key, p, true)}><span class="visually-hidden">Show in the equations: </span>${mathSymbol(symbol)}</button>`;
  }

  private typed(key: string, p: Parameter, input: HTMLInputElement): void {
    const { value, note } = readValue(p, asTyped(p, input.value), this.config[key]);
    input.value = String(value);
    this.emit(key, value, false, note);
  }

  private slid(key: string, p: NumberParameter, event: Event): void {
    this.emit(key, valueAt(p, Number((event.target as HTMLInputElement).value)), event.type === 'input');
  }

  private slideKey(key: string, p: NumberParameter, event: KeyboardEvent): void {
    const up = ['ArrowUp', 'ArrowRight', 'PageUp'].includes(event.key);
    const down = ['ArrowDown', 'ArrowLeft', 'PageDown'].includes(event.key);
    if (event.key === 'Home' || event.key === 'End') this.emit(key, event.key === 'Home' ? p.min : p.max);
    else if (up || down) this.emit(key, nudge(p, this.config[key] as number, up ? 1 : -1, event.key.startsWith('Page')));
    else return;
    event.preventDefault();
  }

  /** Why the run failed over this parameter, as long as it has the value that the run had. */
  private fault(key: string, p: Parameter): string | undefined {
    if (this.wrong?.key !== key || this.applied === undefined) return undefined;
    return sameValue(p, this.config[key], this.applied[key]) ? this.wrong.message : undefined;
  }

  /** The words below a control that belong to its value. */
  private described(key: string, p: Parameter): string | typeof nothing {
    const ids = [...(this.fault(key, p) ? [`${key}-fault`] : []), ...(this.notes[key] ? [`${key}-note`] : [])];
    return ids.join(' ') || nothing;
  }

  private renderNumber(key: string, p: NumberParameter, locked: boolean): TemplateResult {
    const value = this.config[key] as number;
    const text = p.unit ? `${value} ${p.unit}` : String(value);
    return html`<div class="value">
      <input type="range" min="0" max=${positions} step="any" aria-label="${p.label}, slider" aria-valuetext=${text} ?disabled=${locked}
        .value=${String(positionOf(p, value))}
        @input=${(event: Event) => this.slid(key, p, event)} @change=${(event: Event) => this.slid(key, p, event)}
        @keydown=${(event: KeyboardEvent) => this.slideKey(key, p, event)} />
      <span class="field">
        <input class="number" id=${key} type="text" inputmode=${p.type === 'int' ? 'numeric' : 'decimal'} autocomplete="off"
          title="${p.min} … ${p.max}" ?disabled=${locked} .value=${String(value)}
          aria-invalid=${this.fault(key, p) !== undefined} aria-describedby=${this.described(key, p)}
          @change=${(event: Event) => this.typed(key, p, event.target as HTMLInputElement)} />
        ${p.unit ? html`<span class="unit">${p.unit}</span>` : nothing}
      </span>
    </div>`;
  }

  private renderInput(key: string, p: Parameter, locked: boolean): TemplateResult {
    const value = this.config[key];
    switch (p.type) {
      case 'number':
      case 'int':
        return this.renderNumber(key, p, locked);
      case 'enum':
        return html`<select id=${key} ?disabled=${locked} aria-invalid=${this.fault(key, p) !== undefined} aria-describedby=${this.described(key, p)} @change=${(event: Event) => this.emit(key, (event.target as HTMLSelectElement).value)}>
          ${p.values.map((v) => html`<option value=${v} .selected=${v === value}>${p.names?.[v] ?? v}</option>`)}
        </select>`;
      case 'string':
        return html`<input class="text" id=${key} type="text" maxlength=${p.maxLength} ?disabled=${locked} aria-invalid=${this.fault(key, p) !== undefined} aria-describedby=${this.described(key, p)} .value=${String(value)}
          @change=${(event: Event) => this.typed(key, p, event.target as HTMLInputElement)} />`;
      default:
        return html`<input class="text" id=${key} type="text" spellcheck="false" ?disabled=${locked}
          .value=${JSON.stringify(value)} @change=${(event: Event) => this.emitJson(key, p, event.target as HTMLInputElement)} />`;
    }
  }

  private emitJson(key: string, p: Parameter, input: HTMLInputElement): void {
    const { value, note } = readValue(p, input.value, this.config[key]);
    input.value = JSON.stringify(value);
    this.emit(key, value, false, note);
  }

  private renderLabel(key: string, p: Parameter, locked: boolean): TemplateResult {
    const box = (event: Event) => this.emit(key, (event.target as HTMLInputElement).checked);
    const text = html`${p.label}`;
    if (p.type !== 'boolean') return html`<label for=${key}>${text}</label>`;
    return html`<label class="check"><input type="checkbox" id=${key} ?disabled=${locked} .checked=${this.config[key] as boolean} @change=${box} />${text}</label>`;
  }

  private renderHelp(key: string, p: Parameter): TemplateResult {
    const shown = this.explained === key;
    return html`<button class="quiet about" aria-label="About ${p.label}" title=${p.help ?? ''} aria-expanded=${shown} aria-controls="${key}-help"
      @click=${() => {
        this.explained = shown ? '' : key;
      }}>?</button>`;
  }

  private renderControl(key: string, p: Parameter): TemplateResult | typeof nothing {
    if (p.hidden || lists(this.hide, key) || !isActive(this.schema, key, this.config)) return nothing;
    const locked = lists(this.lock, key);
    const changed = !sameValue(p, this.config[key], this.base[key]);
    const pending = this.applied !== undefined && p.live === 'restart' && !sameValue(p, this.config[key], this.applied[key]);
    const linked = this.linked && termsOf(p).length > 0;
    const fault = this.fault(key, p);
    return html`<div class="control ${pending ? 'pending' : ''} ${fault ? 'wrong' : ''} ${this.isSelected(p) ? 'selected' : ''}" part="control"
      @pointerenter=${linked ? () => this.point(key, p) : nothing} @pointerleave=${linked ? () => this.leave(key) : nothing}>
      <div class="top">
        ${this.renderLabel(key, p, locked)}
        ${this.renderSymbol(key, p, linked)}
        ${p.help ? this.renderHelp(key, p) : nothing}
        <span class="badge ${p.live}" title=${p.live === 'live' ? 'Takes effect at the next step of a run.' : 'Takes effect when the run is started anew.'}>${
          locked ? 'locked' : pending ? 'at restart' : p.live
        }</span>
        ${
          changed && !locked
            ? html`<button class="quiet reset" title="Back to ${String(this.base[key])}" aria-label="Reset ${p.label}"
              @click=${() => this.emit(key, this.base[key])}>↺</button>`
            : nothing
        }
      </div>
      ${p.type === 'boolean' ? nothing : this.renderInput(key, p, locked)}
      ${fault ? html`<p class="fault" id="${key}-fault">${fault}</p>` : nothing}
      ${this.notes[key] ? html`<p class="note" id="${key}-note" role="status">${this.notes[key]}</p>` : nothing}
      ${p.help ? html`<p class="help" id="${key}-help" ?hidden=${this.explained !== key}>${p.help}</p>` : nothing}
    </div>`;
  }

  /** How many of these the reader has changed. */
  private changed(entries: readonly [string, Parameter][]): number {
    const free = entries.filter(([key, p]) => !p.hidden && !lists(this.lock, key) && !lists(this.hide, key));
    return free.filter(([key, p]) => !sameValue(p, this.config[key], this.base[key])).length;
  }

  private renderGroup(
    name: string,
    entries: readonly [string, Parameter][],
    grid: TemplateResult,
    opened: boolean,
  ): TemplateResult {
    const selected = entries.some(([key, p]) => this.isSelected(p) || this.fault(key, p) !== undefined);
    const open = this.opened[name] ?? opened;
    const changes = this.changed(entries);
    const toggle = (event: Event) => {
      event.preventDefault();
      this.opened = { ...this.opened, [name]: !open };
    };
    return html`<details class="group" ?open=${open || selected}>
      <summary @click=${toggle}>${name}${changes > 0 ? html` <span class="badge">${changes} changed</span>` : nothing}</summary>
      <div role="group" aria-label=${name}>${grid}</div>
    </details>`;
  }

  override render() {
    const groups = new Map<string, [string, Parameter][]>();
    for (const [key, p] of Object.entries(this.schema)) {
      const name = p.group ?? '';
      groups.set(name, [...(groups.get(name) ?? []), [key, p]]);
    }
    const shown = [...groups].map(([name, entries]) => {
      const controls = entries.map(([key, p]) => this.renderControl(key, p)).filter((c) => c !== nothing);
      return { name, entries, controls };
    });
    const many = shown.reduce((sum, { controls }) => sum + controls.length, 0) > mostOpen;
    const changes = this.changed(Object.entries(this.schema));
    return html`${shown
      .filter(({ controls }) => controls.length > 0)
      .map(({ name, entries, controls }, index) => {
        const grid = html`<div class="grid">${controls}</div>`;
        return name ? this.renderGroup(name, entries, grid, !many || index < 2) : html`<div class="group first">${grid}</div>`;
      })}
    ${
      changes > 0
        ? html`<div class="all"><span>${changes} changed</span>
          <button class="quiet" @click=${() => this.dispatchEvent(chalkEvent('parameters-reset', {}))}>↺ Reset all</button></div>`
        : nothing
    }`;
  }
}

define('chalk-controls', ChalkControls);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-controls': ChalkControls;
  }
}
