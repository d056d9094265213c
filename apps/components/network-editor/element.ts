import { html, LitElement, nothing, type PropertyValues } from 'lit';
import type { LayerDefinition, LayerType, NetworkDefinition } from '../../../engine/nn/definition.ts';
import { layerFields } from '../../../engine/nn/fields.ts';
import type { LayerProblem, Validation } from '../../../engine/nn/validate.ts';
import { baseStyles } from '../../shell/styles.ts';
import { chalkEvent, define } from '../shared/define.ts';
import { formatCount, formatShape } from '../shared/format.ts';
import { styled } from '../shared/styled.ts';
import {
  type FieldSpec,
  fieldsOf,
  fieldText,
  insertAfter,
  type LayerRow,
  moveLayer,
  newLayer,
  parseNetwork,
  pathText,
  printNetwork,
  readField,
  removeLayer,
  rows,
  setField,
} from './edit.ts';
import { editorStyles } from './styles.ts';

/** The engine's validator, called on the page or asked of a worker. */
export type NetworkValidator = (network: NetworkDefinition, inputShape: readonly number[]) => Validation | Promise<Validation>;

const NOTHING: Validation = { layers: [], errors: [], parameters: 0, inputShapes: {} };

const types = Object.keys(layerFields) as LayerType[];

/**
 * A network as a typed list of layers, with the output shape and the number of parameters of each, and errors where they are.
 *
 * @element chalk-network-editor
 * @attr {string} label - accessible name
 * @attr {boolean} disabled - shows the network without changing it
 * @fires network-change - the reader changed the network; detail `{network, valid}`
 * @csspart row - one layer
 */
export class ChalkNetworkEditor extends LitElement {
  static override properties = {
    label: { type: String },
    disabled: { type: Boolean },
    network: { attribute: false },
    inputShape: { attribute: false },
    validate: { attribute: false },
    text: { state: true },
    textProblem: { state: true },
    adding: { state: true },
    report: { state: true },
  };
  static override styles = [baseStyles, editorStyles];

  declare label: string;
  declare disabled: boolean;
  declare network: NetworkDefinition;
  /** Without the batch: [28, 28, 1] or [784]. */
  declare inputShape: readonly number[];
  /** Shapes, parameters and problems of a network; the engine's validator plugs in here. */
  declare validate: NetworkValidator | null;
  /** JSON being edited; null while the list is shown. */
  declare private text: string | null;
  declare private textProblem: string;
  declare private adding: LayerType;

  declare private report: Validation;
  private checks = 0;
  private checking: Promise<void> | undefined;

  constructor() {
    super();
    this.label = 'Network';
    this.disabled = false;
    this.network = [];
    this.inputShape = [];
    this.validate = null;
    this.text = null;
    this.textProblem = '';
    this.adding = 'relu';
    this.report = NOTHING;
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('network') || changed.has('inputShape') || changed.has('validate')) this.checking = this.check();
  }

  /** True where the validator found nothing wrong with the network that is shown. */
  get valid(): boolean {
    return this.report.errors.length === 0;
  }

  /** Asks the validator; an answer that a newer question overtook is dropped. */
  private async check(): Promise<void> {
    const mine = ++this.checks;
    let report = NOTHING;
    try {
      report = (await this.validate?.(this.network, this.inputShape)) ?? NOTHING;
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      report = { ...NOTHING, errors: [{ path: '', type: 'network', message }] };
    }
    if (mine === this.checks) this.report = report;
  }

  private async change(network: NetworkDefinition): Promise<void> {
    this.network = network;
    await this.updateComplete;
    await this.checking;
    if (this.network === network) this.dispatchEvent(chalkEvent('network-change', { network, valid: this.valid }));
  }

  private problemsOf(path: string): readonly LayerProblem[] {
    return this.report.errors.filter((error) => error.path === path);
  }

  /** Channels or features that reach the place after `path`. */
  private channelsAt(path: string): number {
    const { layers, inputShapes } = this.report;
    const output = layers.find((layer) => String(layer.index) === path)?.outputShape ?? inputShapes[path] ?? this.inputShape;
    return output.at(-1) ?? 1;
  }

  private add(after: LayerRow | undefined): void {
    const layer = newLayer(this.adding, this.channelsAt(after ? pathText(after.path) : ''));
    this.change(after ? insertAfter(this.network, after.path, layer) : [...this.network, layer]);
  }

  private changeType(row: LayerRow, type: LayerType): void {
    const fresh = newLayer(type, this.report.inputShapes[pathText(row.path)]?.at(-1) ?? 1);
    // What the old and the new type share (out, kernel) stays as the reader had it.
    const shared = Object.fromEntries(
      Object.entries(row.layer).filter(([key]) => key in fresh && key !== 'type' && !['layers', 'bridge'].includes(key)),
    );
    const replaced = removeLayer(insertAfter(this.network, row.path, { ...fresh, ...shared } as LayerDefinition), row.path);
    this.change(replaced);
  }

  private applyText(): void {
    try {
      const network = parseNetwork(this.text ?? '');
      this.textProblem = '';
      this.text = null;
      void this.change(network);
    } catch (error) {
      this.textProblem = (error as Error).message;
    }
  }

  protected override render() {
    const list = rows(this.network);
    const paths = new Set(list.map((row) => pathText(row.path)));
    const general = this.report.errors.filter((error) => !paths.has(error.path));
    return html`
      <div role="group" aria-label=${this.label}>
        <div class="head">
          <span class="label">${this.label}</span>
          <span class="number total">${this.validate ? `${formatCount(this.report.parameters)} parameters` : nothing}</span>
          <button
            aria-pressed=${this.text !== null}
            @click=${() => {
              this.text = this.text === null ? printNetwork(this.network) : null;
              this.textProblem = '';
            }}
          >JSON</button>
        </div>
        ${this.text === null ? this.renderList(list) : this.renderText(this.text)}
        ${general.map((error) => html`<p class="problem" role="alert">${error.message}</p>`)}
      </div>
    `;
  }

  private renderText(text: string) {
    return html`
      <textarea
        aria-label="Network as JSON"
        rows="12"
        spellcheck="false"
        ?readonly=${this.disabled}
        .value=${text}
        aria-invalid=${this.textProblem !== ''}
        @input=${(event: Event) => {
          this.text = (event.target as HTMLTextAreaElement).value;
        }}
      ></textarea>
      ${this.textProblem ? html`<p class="problem" role="alert">${this.textProblem}</p>` : nothing}
      ${this.disabled ? nothing : html`<button class="primary" @click=${this.applyText}>Apply</button>`}
    `;
  }

  private renderList(list: readonly LayerRow[]) {
    const lastOuter = list.filter((row) => row.depth === 0).at(-1);
    return html`
      <p class="input number">input ${formatShape(this.inputShape)}</p>
      <ol>${list.map((row) => this.renderRow(row))}</ol>
      ${
        this.disabled
          ? nothing
          : html`<div class="add">
            <select
              aria-label="Type of the new layer"
              .value=${this.adding}
              @change=${(event: Event) => {
                this.adding = (event.target as HTMLSelectElement).value as LayerType;
              }}
            >${types.map((type) => html`<option ?selected=${type === this.adding}>${type}</option>`)}</select>
            <button @click=${() => this.add(lastOuter)}>Add layer</button>
          </div>`
      }
    `;
  }

  private renderRow(row: LayerRow) {
    const path = pathText(row.path);
    const report = this.report.layers.find((layer) => String(layer.index) === path);
    const problems = this.problemsOf(path);
    const name = `Layer ${path}, ${row.layer.type}`;
    return html`<li part="row" class=${problems.length > 0 ? 'wrong' : ''} ${styled({ '--depth': row.depth })} aria-label=${name}>
      <div class="line">
        <span class="index number">${row.branch === 'bridge' ? '↷' : ''}${path}</span>
        <select
          aria-label="Type of layer ${path}"
          ?disabled=${this.disabled}
          @change=${(event: Event) => this.changeType(row, (event.target as HTMLSelectElement).value as LayerType)}
        >
          ${types.map((type) => html`<option ?selected=${type === row.layer.type}>${type}</option>`)}
        </select>
        <span class="fields">${this.shownFields(row.layer).map((field) => this.renderField(row, field))}</span>
        <span class="facts number">
          ${report ? html`→ ${formatShape(report.outputShape)}` : nothing}
          ${report?.parameters ? html`<span class="count">${formatCount(report.parameters)}</span>` : nothing}
        </span>
        ${
          this.disabled
            ? nothing
            : html`<span class="actions">
              <button aria-label="Move layer ${path} up" ?disabled=${row.first} @click=${() => this.change(moveLayer(this.network, row.path, -1))}>↑</button>
              <button aria-label="Move layer ${path} down" ?disabled=${row.last} @click=${() => this.change(moveLayer(this.network, row.path, 1))}>↓</button>
              <button aria-label="Insert ${this.adding} after layer ${path}" title="insert ${this.adding}" @click=${() => this.add(row)}>+</button>
              <button aria-label="Remove layer ${path}" @click=${() => this.change(removeLayer(this.network, row.path))}>×</button>
            </span>`
        }
      </div>
      ${problems.map((problem) => this.renderProblem(row, problem))}
    </li>`;
  }

  private renderProblem(row: LayerRow, { message, remedy }: LayerProblem) {
    return html`<p class="problem" role="alert">
      ${message}
      ${
        remedy && !this.disabled
          ? html`<button @click=${() => this.change(setField(this.network, row.path, remedy.field, remedy.value))}>
            Set ${remedy.field} to ${remedy.value}
          </button>`
          : nothing
      }
    </p>`;
  }

  /** Required fields always; optional ones that are set, and the few that are set often. */
  private shownFields(layer: LayerDefinition): FieldSpec[] {
    const often = ['padding', 'p', 'stride', 'mode', 'slope', 'depth', 'maps'];
    const record = layer as unknown as Record<string, unknown>;
    return fieldsOf(layer.type).filter(
      (field) => field.required || field.derived || record[field.name] !== undefined || often.includes(field.name),
    );
  }

  private renderField(row: LayerRow, field: FieldSpec) {
    const value = (row.layer as unknown as Record<string, unknown>)[field.name];
    const set = (next: unknown) => this.change(setField(this.network, row.path, field.name, next));
    const label = `${field.name} of layer ${pathText(row.path)}`;
    if (field.kind === 'boolean') {
      return html`<label>
        ${field.name}
        <input
          type="checkbox"
          aria-label=${label}
          ?disabled=${this.disabled}
          .checked=${value !== false}
          @change=${(event: Event) => set((event.target as HTMLInputElement).checked)}
        />
      </label>`;
    }
    if (Array.isArray(field.kind)) {
      return html`<label>
        ${field.name}
        <select aria-label=${label} ?disabled=${this.disabled} @change=${(event: Event) => set((event.target as HTMLSelectElement).value)}>
          ${(field.kind as readonly string[]).map((option) => html`<option ?selected=${option === value}>${option}</option>`)}
        </select>
      </label>`;
    }
    return html`<label>
      ${field.name}
      <input
        type="text"
        inputmode="decimal"
        aria-label=${label}
        size="4"
        placeholder=${field.derived ? (this.report.inputShapes[pathText(row.path)]?.at(-1) ?? '–') : field.required ? '' : '–'}
        title=${field.derived ? 'Left out, it is what the layer before hands on.' : nothing}
        ?disabled=${this.disabled}
        .value=${fieldText(value)}
        @change=${(event: Event) => set(readField((event.target as HTMLInputElement).value, field.kind))}
      />
    </label>`;
  }
}

define('chalk-network-editor', ChalkNetworkEditor);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-network-editor': ChalkNetworkEditor;
  }
}
