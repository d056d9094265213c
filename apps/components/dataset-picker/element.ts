import { css, html, LitElement, nothing } from 'lit';
import { baseStyles } from '../../shell/styles.ts';
import { chalkEvent, define } from '../shared/define.ts';
import { formatCount } from '../shared/format.ts';
import { chosenFiles, droppedFiles, type OwnFile, type OwnImages, sortFiles } from './files.ts';

export interface DatasetChoice {
  readonly id: string;
  readonly title: string;
  /** Size and kind, for example `60,000 digits, 28 × 28`. */
  readonly description?: string;
  /** Where this is set the set cannot be chosen, and this says why and what to do (which command to run). */
  readonly unavailable?: string;
}

/**
 * Chooses a data set: a built-in one, or the reader's own images by drop, by file and by folder (a folder per class). Files stay on the
 * reader's machine.
 *
 * @element chalk-dataset-picker
 * @attr {string} value - id of the chosen set; `own` for the reader's images
 * @attr {string} label - legend
 * @attr {boolean} own - offers the reader's own images
 * @attr {boolean} disabled
 * @fires dataset-change - the reader chose a built-in set; detail `{id}`
 * @fires files-add - the reader gave images; detail {@link OwnImages}
 * @slot - beside the choices, such as a digit pad
 * @csspart drop - the drop zone
 */
export class ChalkDatasetPicker extends LitElement {
  static override properties = {
    value: { type: String, reflect: true },
    label: { type: String },
    own: { type: Boolean },
    disabled: { type: Boolean },
    datasets: { attribute: false },
    over: { state: true },
    given: { state: true },
    failure: { state: true },
  };
  static override styles = [
    baseStyles,
    css`
      fieldset {
        min-width: 0;
        margin: 0;
        padding: 0;
        border: 0;
      }
      legend {
        padding: 0;
        font-weight: 600;
      }
      .choice {
        display: grid;
        grid-template-columns: auto 1fr;
        gap: 0 var(--chalk-space-2);
        align-items: baseline;
        padding: var(--chalk-space-1) 0;
      }
      .choice input {
        min-height: 1.5rem;
      }
      .choice small {
        grid-column: 2;
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
      }
      .choice small.why {
        color: var(--chalk-warning);
      }
      .drop {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--chalk-space-2);
        margin-top: var(--chalk-space-2);
        padding: var(--chalk-space-3);
        border: 2px dashed var(--chalk-rule-strong);
        border-radius: var(--chalk-radius-m);
        font-size: var(--chalk-text-s);
      }
      .drop.over {
        border-color: var(--chalk-accent);
        background: var(--chalk-accent-soft);
      }
      .drop p {
        flex: 1 1 12rem;
        margin: 0;
        color: var(--chalk-ink-soft);
      }
      .status {
        flex-basis: 100%;
      }
      .failure {
        color: var(--chalk-error);
      }
    `,
  ];

  declare value: string;
  declare label: string;
  declare own: boolean;
  declare disabled: boolean;
  declare datasets: readonly DatasetChoice[];
  declare private over: boolean;
  declare private given: OwnImages | null;
  declare private failure: string;

  constructor() {
    super();
    this.value = '';
    this.label = 'Data';
    this.own = false;
    this.disabled = false;
    this.datasets = [];
    this.over = false;
    this.given = null;
    this.failure = '';
  }

  private choose(id: string): void {
    this.value = id;
    this.dispatchEvent(chalkEvent('dataset-change', { id }));
  }

  private take(files: readonly OwnFile[]): void {
    const given = sortFiles(files);
    if (given.images.length + given.archives.length === 0) {
      this.failure =
        files.length === 0 ? '' : 'No images here: use JPEG, PNG or WebP files, folders of them, or a .tgz or .zip of folders.';
      return;
    }
    this.failure = '';
    this.given = given;
    this.value = 'own';
    this.dispatchEvent(chalkEvent<OwnImages>('files-add', given));
  }

  private async onDrop(event: DragEvent): Promise<void> {
    event.preventDefault();
    this.over = false;
    if (!event.dataTransfer || this.disabled) return;
    try {
      this.take(await droppedFiles(event.dataTransfer));
    } catch (error) {
      this.failure = `The files could not be read: ${(error as Error).message}`;
    }
  }

  private pick(folder: boolean): void {
    const input = document.createElement('input');
    input.type = 'file';
    input.multiple = true;
    if (folder) input.webkitdirectory = true;
    else input.accept = 'image/*,.zip,.tgz,.tar,.tar.gz';
    input.addEventListener('change', () => this.take(chosenFiles(input.files as FileList)));
    input.click();
  }

  protected override render() {
    return html`<fieldset ?disabled=${this.disabled}>
      <legend>${this.label}</legend>
      ${this.datasets.map((set) => this.renderChoice(set))} ${this.own ? this.renderDrop() : nothing}
      <slot></slot>
    </fieldset>`;
  }

  private renderChoice(set: DatasetChoice) {
    const id = `set-${set.id}`;
    return html`<div class="choice">
      <input
        type="radio"
        name="dataset"
        id=${id}
        aria-describedby="${id}-text"
        ?disabled=${set.unavailable !== undefined}
        .checked=${this.value === set.id}
        @change=${() => this.choose(set.id)}
      />
      <label for=${id}>${set.title}</label>
      <small id="${id}-text" class=${set.unavailable ? 'why' : ''}>${set.unavailable ?? set.description ?? ''}</small>
    </div>`;
  }

  private renderDrop() {
    return html`<div
      class="drop ${this.over ? 'over' : ''}"
      part="drop"
      @dragover=${(event: DragEvent) => {
        event.preventDefault();
        this.over = true;
      }}
      @dragleave=${() => {
        this.over = false;
      }}
      @drop=${this.onDrop}
    >
      <p>Your own images: drop files or folders here, one folder per class. They stay on your machine.</p>
      <button @click=${() => this.pick(false)}>Choose files</button>
      <button @click=${() => this.pick(true)}>Choose a folder</button>
      <div class="status" role="status">
        ${this.given ? this.describe(this.given) : nothing}
        ${this.failure ? html`<span class="failure">${this.failure}</span>` : nothing}
      </div>
    </div>`;
  }

  private describe({ images, classes, archives, skipped }: OwnImages): string {
    const parts = [];
    if (images.length > 0) parts.push(`${formatCount(images.length)} images`);
    if (classes.length > 0)
      parts.push(`in ${classes.length} classes (${classes.slice(0, 5).join(', ')}${classes.length > 5 ? ', …' : ''})`);
    if (archives.length > 0) parts.push(`${archives.length} archive${archives.length > 1 ? 's' : ''}`);
    if (skipped.length > 0) parts.push(`${skipped.length} other files left out`);
    return parts.join(', ');
  }
}

define('chalk-dataset-picker', ChalkDatasetPicker);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-dataset-picker': ChalkDatasetPicker;
  }
}
