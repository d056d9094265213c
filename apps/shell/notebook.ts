import { css, html, LitElement, nothing } from 'lit';
import { chalkEvent, define } from '../components/shared/define.ts';
import { KeptNotes, noNotes, type ReaderNotes } from './notes-store.ts';
import { baseStyles } from './styles.ts';

/**
 * Where the reader writes down what the run will show, before it shows it, and answers the questions of the lab.
 * @summary Prediction and answers of the reader, for the lab report.
 * @element chalk-notebook
 * @attr {string} lab - whose notes these are
 * @attr {string} finding - what the run found, beside the prediction; empty before its end
 * @fires notes-change - the reader has written something; detail: the notes
 */
export class ChalkNotebook extends LitElement {
  static override properties = {
    lab: { type: String },
    finding: { type: String },
    questions: { attribute: false },
    notes: { state: true },
    kept: { state: true },
  };
  static override styles = [
    baseStyles,
    css`
      :host {
        max-width: var(--chalk-measure);
      }
      details {
        border: 1px solid var(--chalk-rule);
        border-radius: var(--chalk-radius-m);
        padding: var(--chalk-space-3) var(--chalk-space-4);
        background: var(--chalk-surface);
      }
      summary {
        cursor: pointer;
        font-weight: 600;
        min-height: 1.5rem;
      }
      label {
        display: block;
        margin-top: var(--chalk-space-3);
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
      }
      textarea {
        width: 100%;
        min-height: 3.5rem;
        padding: var(--chalk-space-2);
        margin-top: var(--chalk-space-1);
        resize: vertical;
      }
      .found {
        margin: var(--chalk-space-2) 0 0;
        padding-inline-start: var(--chalk-space-3);
        border-inline-start: 3px solid var(--chalk-model);
      }
      .hint {
        margin: var(--chalk-space-2) 0 0;
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
      }
    `,
  ];

  declare lab: string;
  declare finding: string;
  /** The questions of the lab, in words. */
  declare questions: readonly string[];
  declare private notes: ReaderNotes;
  declare private kept: boolean;
  #store: KeptNotes | undefined;
  /** Open from the start where there is something to read; later as the reader likes, also when nothing is left of it. */
  #opened = false;

  constructor() {
    super();
    this.lab = '';
    this.finding = '';
    this.questions = [];
    this.notes = noNotes;
    this.kept = true;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#store = new KeptNotes(this.lab);
    this.notes = this.#store.now;
    this.#opened ||= this.notes.prediction !== '';
    if (this.notes !== noNotes) this.dispatchEvent(chalkEvent('notes-change', this.notes));
  }

  /** With every key: a page may be closed while the field still has the focus. */
  #write(change: Partial<ReaderNotes>): void {
    this.#store ??= new KeptNotes(this.lab);
    this.notes = this.#store.write(change);
    this.kept = this.#store.kept;
    this.dispatchEvent(chalkEvent('notes-change', this.notes));
  }

  override render() {
    const { prediction, answers } = this.notes;
    const text = (event: Event) => (event.target as HTMLTextAreaElement).value;
    return html`<details ?open=${this.#opened}>
      <summary>Write down what you expect, and what you found</summary>
      <label>Before the run: what will happen, and why?
        <textarea .value=${prediction} @input=${(event: Event) => this.#write({ prediction: text(event) })}></textarea></label>
      ${prediction && this.finding ? html`<p class="found"><b>The run says:</b> ${this.finding}</p>` : nothing}
      ${this.questions.map(
        (question) => html`<label>${question}
          <textarea .value=${answers[question] ?? ''}
            @input=${(event: Event) => this.#write({ answers: { [question]: text(event) } })}></textarea></label>`,
      )}
      <p class="hint" role="status">${
        this.kept
          ? 'Kept in this browser only. Export, “lab report”, puts it with the run’s settings, figures and numbers.'
          : 'This browser keeps nothing: export the lab report before you leave the page.'
      }</p>
    </details>`;
  }
}

define('chalk-notebook', ChalkNotebook);
