import { css, html, LitElement, nothing, type PropertyValues } from 'lit';
import { baseStyles } from '../../shell/styles.ts';
import { chalkEvent, define } from '../shared/define.ts';
import { fileName, saveBlob } from '../shared/files.ts';
import { formatCount } from '../shared/format.ts';
import { forget, recall, remember, type StoredCheckpoint } from './storage.ts';

/** A checkpoint as a run hands it over. */
export interface Checkpoint {
  /** safetensors with metadata. */
  readonly bytes: Uint8Array;
  readonly step: number;
  /** What it is, such as `MLP on MNIST, λ = 0.01`. */
  readonly note?: string;
}

/** Detail of `checkpoint-load`. */
export interface CheckpointFile {
  readonly name: string;
  readonly bytes: Uint8Array;
}

const megabytes = (bytes: number): string => (bytes < 1e6 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

/**
 * Saves and loads the state of a training as a safetensors file, by button or by drop, and offers to continue where the reader was the
 * last time.
 *
 * @element chalk-checkpoint-bar
 * @attr {string} key - name under which the browser remembers the last checkpoint; empty: it remembers nothing
 * @attr {string} file-name - start of the file's name
 * @attr {boolean} no-save - leaves out saving
 * @attr {boolean} no-load - leaves out loading and going on
 * @fires checkpoint-load - the reader gave a file that can be read; detail {@link CheckpointFile}; cancelled where it is of another lab
 * @fires checkpoint-resume - the reader wants to go on from the remembered checkpoint; detail `{bytes, step, note}`
 * @fires checkpoint-save - the reader saved a file; detail `{name}`
 * @slot - checkpoints from other labs, for example
 * @csspart bar
 */
export class ChalkCheckpointBar extends LitElement {
  static override properties = {
    key: { type: String },
    fileName: { type: String, attribute: 'file-name' },
    noSave: { type: Boolean, attribute: 'no-save' },
    noLoad: { type: Boolean, attribute: 'no-load' },
    checkpoint: { attribute: false },
    stored: { state: true },
    over: { state: true },
    message: { state: true },
    failure: { state: true },
  };
  static override styles = [
    baseStyles,
    css`
      .bar {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: var(--chalk-space-2);
        padding: var(--chalk-space-2);
        border: 1px dashed var(--chalk-rule-strong);
        border-radius: var(--chalk-radius-m);
        font-size: var(--chalk-text-s);
      }
      .bar.over {
        border-color: var(--chalk-accent);
        background: var(--chalk-accent-soft);
      }
      .hint {
        flex: 1 1 10rem;
        color: var(--chalk-ink-soft);
      }
      .failure {
        color: var(--chalk-error);
      }
    `,
  ];

  declare key: string;
  declare fileName: string;
  declare noSave: boolean;
  declare noLoad: boolean;
  /** The newest state of the run; null before the first. */
  declare checkpoint: Checkpoint | null;
  declare private stored: StoredCheckpoint | null;
  declare private over: boolean;
  declare private message: string;
  declare private failure: boolean;

  constructor() {
    super();
    this.key = '';
    this.fileName = 'checkpoint';
    this.noSave = false;
    this.noLoad = false;
    this.checkpoint = null;
    this.stored = null;
    this.over = false;
    this.message = '';
    this.failure = false;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('key')) void this.recall();
    if (changed.has('checkpoint') && this.checkpoint && this.key) void this.remember(this.checkpoint);
  }

  private async recall(): Promise<void> {
    this.stored = this.key ? ((await recall(this.key)) ?? null) : null;
  }

  private async remember(checkpoint: Checkpoint): Promise<void> {
    const { bytes, step, note = '' } = checkpoint;
    await remember(this.key, { bytes: new Uint8Array(bytes), step, note, time: Date.now() });
    // What was found on arrival belongs to the past now.
    this.stored = null;
  }

  private save(): void {
    if (!this.checkpoint) return;
    const name = `${fileName(this.fileName, 'step', String(this.checkpoint.step))}.safetensors`;
    saveBlob(new Blob([new Uint8Array(this.checkpoint.bytes)], { type: 'application/octet-stream' }), name);
    this.tell(`Saved ${name}.`);
    this.dispatchEvent(chalkEvent('checkpoint-save', { name }));
  }

  private tell(message: string, failure = false): void {
    this.message = message;
    this.failure = failure;
  }

  private async load(file: File | undefined): Promise<void> {
    if (!file) return;
    try {
      const bytes = new Uint8Array(await file.arrayBuffer());
      // The reader of the format comes when it is needed; it names what is wrong with a broken file.
      const { readSafetensors } = await import('../../../engine/io/safetensors.ts');
      const { tensors } = readSafetensors(bytes, file.name);
      this.tell(`Loaded ${file.name}: ${formatCount(tensors.size)} tensors, ${megabytes(bytes.length)}.`);
      const detail: CheckpointFile = { name: file.name, bytes };
      const event = new CustomEvent('checkpoint-load', { detail, bubbles: true, composed: true, cancelable: true });
      if (!this.dispatchEvent(event)) this.tell(`${file.name} is of another lab: a run here cannot go on from it.`, true);
    } catch (error) {
      this.tell(`${file.name} is no checkpoint: ${(error as Error).message}`, true);
    }
  }

  private pick(): void {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = '.safetensors';
    input.addEventListener('change', () => void this.load(input.files?.[0]));
    input.click();
  }

  private resume({ bytes, step, note }: StoredCheckpoint): void {
    this.stored = null;
    this.dispatchEvent(chalkEvent('checkpoint-resume', { bytes, step, note }));
  }

  private async dismiss(): Promise<void> {
    this.stored = null;
    await forget(this.key);
  }

  protected override render() {
    const { checkpoint, stored } = this;
    return html`<div
      class="bar ${this.over ? 'over' : ''}"
      part="bar"
      role="group"
      aria-label="Checkpoint"
      @dragover=${(event: DragEvent) => {
        if (this.noLoad) return;
        event.preventDefault();
        this.over = true;
      }}
      @dragleave=${() => {
        this.over = false;
      }}
      @drop=${(event: DragEvent) => {
        event.preventDefault();
        this.over = false;
        if (!this.noLoad) void this.load(event.dataTransfer?.files[0]);
      }}
    >
      ${this.noSave ? nothing : html`<button ?disabled=${!checkpoint} @click=${this.save}>Save checkpoint</button>`}
      ${this.noLoad ? nothing : html`<button @click=${this.pick}>Load …</button>`}
      ${
        stored && !this.noLoad
          ? html`<button class="primary" @click=${() => this.resume(stored)}>
              Continue where I was (step ${formatCount(stored.step)}${stored.note ? `, ${stored.note}` : ''})
            </button>
            <button class="quiet" aria-label="Forget the remembered checkpoint" @click=${this.dismiss}>Forget</button>`
          : nothing
      }
      <span class="hint">
        ${checkpoint ? `step ${formatCount(checkpoint.step)}, ${megabytes(checkpoint.bytes.length)}` : this.noLoad ? '' : 'or drop a .safetensors file here'}
      </span>
      <slot></slot>
      <span class=${this.failure ? 'failure' : ''} role="status">${this.message}</span>
    </div>`;
  }
}

define('chalk-checkpoint-bar', ChalkCheckpointBar);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-checkpoint-bar': ChalkCheckpointBar;
  }
}
