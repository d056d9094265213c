import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { baseStyles } from '../../shell/styles.ts';
import { chalkEvent, define } from '../shared/define.ts';
import { saveBlob } from '../shared/files.ts';

export type ExportFormat = 'png' | 'svg' | 'csv' | 'json' | 'ts' | 'py' | 'html' | 'md' | 'tfevents' | 'safetensors';

/** One thing that can be taken away. The provider runs when the reader asks for it. */
export interface ExportItem {
  readonly id: string;
  readonly label: string;
  readonly format: ExportFormat;
  /** Without the ending. */
  readonly name: string;
  provide(): Blob | string | Uint8Array | Promise<Blob | string | Uint8Array>;
  /** Says why it cannot be had yet, such as `after the first step`. */
  readonly unavailable?: string;
}

const types: Record<ExportFormat, string> = {
  png: 'image/png',
  svg: 'image/svg+xml',
  csv: 'text/csv;charset=utf-8',
  json: 'application/json',
  ts: 'text/typescript;charset=utf-8',
  py: 'text/x-python;charset=utf-8',
  html: 'text/html;charset=utf-8',
  md: 'text/markdown;charset=utf-8',
  tfevents: 'application/octet-stream',
  safetensors: 'application/octet-stream',
};

/** A provider's answer as a file. */
export function toBlob(content: Blob | string | Uint8Array, format: ExportFormat): Blob {
  if (content instanceof Blob) return content;
  return new Blob([typeof content === 'string' ? content : new Uint8Array(content)], { type: types[format] });
}

/**
 * A menu of what can be taken away: pictures, numbers, the settings, a TypeScript file that repeats the run.
 *
 * @element chalk-export-menu
 * @attr {string} label - of the button
 * @attr {start|end} align - the side of the button that the menu keeps to
 * @attr {boolean} open
 * @fires export-open - the menu was opened: time to say what there is by now; no detail
 * @fires export-done - a file was handed over; detail `{id, bytes}`
 * @csspart menu
 */
export class ChalkExportMenu extends LitElement {
  static override properties = {
    label: { type: String },
    open: { type: Boolean, reflect: true },
    items: { attribute: false },
    busy: { state: true },
    message: { state: true },
  };
  static override styles = [
    baseStyles,
    css`
      :host {
        display: inline-block;
        position: relative;
      }
      summary {
        display: inline-flex;
        align-items: center;
        min-height: var(--chalk-control-height);
        padding: 0 var(--chalk-space-2);
        border: 1px solid var(--chalk-rule-strong);
        border-radius: var(--chalk-radius-s);
        background: var(--chalk-surface);
        cursor: pointer;
        list-style: none;
      }
      summary::after {
        content: '▾';
        margin-inline-start: var(--chalk-space-2);
      }
      summary::-webkit-details-marker {
        display: none;
      }
      .menu {
        position: absolute;
        z-index: 10;
        inset-inline-start: 0;
        min-width: 14rem;
        max-width: min(22rem, 90vw);
        margin-top: var(--chalk-space-1);
        padding: var(--chalk-space-1);
        border: 1px solid var(--chalk-rule-strong);
        border-radius: var(--chalk-radius-m);
        background: var(--chalk-raised);
        box-shadow: var(--chalk-shadow);
      }
      :host([align='end']) .menu {
        inset-inline: auto 0;
      }
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      li {
        display: flex;
        gap: var(--chalk-space-1);
      }
      li button {
        border-color: transparent;
        background: transparent;
        text-align: start;
      }
      li .take {
        flex: 1;
        min-height: 2rem;
      }
      .format {
        display: inline-block;
        min-width: 3.2em;
        margin-inline-end: var(--chalk-space-1);
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-xs);
        text-transform: uppercase;
      }
      small {
        color: var(--chalk-ink-soft);
      }
      .message {
        padding: 0 var(--chalk-space-2);
        font-size: var(--chalk-text-s);
      }
      .failure {
        color: var(--chalk-error);
      }
    `,
  ];

  declare label: string;
  declare open: boolean;
  declare items: readonly ExportItem[];
  declare private busy: string;
  declare private message: { readonly text: string; readonly failure: boolean } | null;

  constructor() {
    super();
    this.label = 'Export';
    this.open = false;
    this.items = [];
    this.busy = '';
    this.message = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.addEventListener('pointerdown', this.onOutside);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener('pointerdown', this.onOutside);
  }

  protected override updated(changed: PropertyValues): void {
    if (changed.has('open') && this.open) this.dispatchEvent(chalkEvent('export-open', null));
  }

  private onOutside = (event: PointerEvent): void => {
    if (this.open && !event.composedPath().includes(this)) this.open = false;
  };

  private async deliver(item: ExportItem, hand: (blob: Blob) => void | Promise<void>, done: string): Promise<void> {
    this.busy = item.id;
    this.message = null;
    try {
      const blob = toBlob(await item.provide(), item.format);
      await hand(blob);
      this.message = { text: done, failure: false };
      this.dispatchEvent(chalkEvent('export-done', { id: item.id, bytes: blob.size }));
    } catch (error) {
      this.message = { text: `${item.label}: ${(error as Error).message}`, failure: true };
    } finally {
      this.busy = '';
    }
  }

  private take(item: ExportItem): Promise<void> {
    const name = `${item.name}.${item.format}`;
    return this.deliver(item, (blob) => saveBlob(blob, name), `Saved ${name}.`);
  }

  private copy(item: ExportItem): Promise<void> {
    return this.deliver(item, async (blob) => navigator.clipboard.writeText(await blob.text()), 'Copied.');
  }

  private onKey(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || !this.open) return;
    event.preventDefault();
    event.stopPropagation();
    this.open = false;
    this.renderRoot.querySelector('summary')?.focus();
  }

  protected override render() {
    return html`<details
      .open=${this.open}
      @toggle=${(event: Event) => {
        this.open = (event.target as HTMLDetailsElement).open;
      }}
      @keydown=${this.onKey}
    >
      <summary>${this.label}</summary>
      <div class="menu" part="menu">
        <ul>${this.items.map((item) => this.renderItem(item))}</ul>
        <div class="message ${this.message?.failure ? 'failure' : ''}" role="status">${this.message?.text ?? ''}</div>
      </div>
    </details>`;
  }

  private renderItem(item: ExportItem) {
    const off = item.unavailable !== undefined || this.busy !== '';
    const isText = item.format !== 'png' && item.format !== 'safetensors';
    return html`<li>
      <button class="take" ?disabled=${off} @click=${() => this.take(item)}>
        <span class="format">${item.format}</span>${item.label} ${item.unavailable ? html`<small>${item.unavailable}</small>` : nothing}
      </button>
      ${isText ? html`<button aria-label="Copy ${item.label}" ?disabled=${off} @click=${() => this.copy(item)}>copy</button>` : nothing}
    </li>`;
  }
}

define('chalk-export-menu', ChalkExportMenu);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-export-menu': ChalkExportMenu;
  }
}
