import { css, html, LitElement, nothing } from 'lit';
import { chalkEvent, define } from '../components/shared/define.ts';
import { noNotes, type ReaderNotes, readNotes, writeNotes } from './notes-store.ts';
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
    this.notes = readNotes(this.lab);
    if (this.notes !== noNotes) this.dispatchEvent(chalkEvent('notes-change', this.notes));
  }

  #write(notes: ReaderNotes): void {
    this.notes = notes;
    this.kept = writeNotes(this.lab, notes);
    this.dispatchEvent(chalkEvent('notes-change', notes));
  }

  override render() {
    const { prediction, answers } = this.notes;
    const text = (event: Event) => (event.target as HTMLTextAreaElement).value;
    return html`<details ?open=${prediction !== ''}>
      <summary>Write down what you expect, and what you found</summary>
      <label>Before the run: what will happen, and why?
        <textarea .value=${prediction} @change=${(event: Event) => this.#write({ prediction: text(event), answers })}></textarea></label>
      ${prediction && this.finding ? html`<p class="found"><b>The run says:</b> ${this.finding}</p>` : nothing}
      ${this.questions.map(
        (question) => html`<label>${question}
          <textarea .value=${answers[question] ?? ''}
            @change=${(event: Event) => this.#write({ prediction, answers: { ...answers, [question]: text(event) } })}></textarea></label>`,
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
