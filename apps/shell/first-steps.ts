import { css, html, LitElement, nothing } from 'lit';
import { define } from '../components/shared/define.ts';
import { baseStyles } from './styles.ts';

const KEY = 'chalk-first-steps';
const STEPS = [
  'Press Run: it is computed on your device, now.',
  'Change a control and run again: the figure says what it did.',
  'Click a symbol beside a control: it leads to its place in equation, code and kernel.',
];

function dismissed(): boolean {
  try {
    return localStorage.getItem(KEY) === 'done';
  } catch {
    return false;
  }
}

/**
 * Three steps for a reader who is here for the first time, one after the other as they are done; closed for good.
 * @summary What to do first in a lab.
 * @element chalk-first-steps
 */
export class ChalkFirstSteps extends LitElement {
  static override properties = { done: { attribute: false }, closed: { state: true } };
  static override styles = [
    baseStyles,
    css`
      .steps {
        display: flex;
        gap: var(--chalk-space-1) var(--chalk-space-4);
        align-items: center;
        padding: var(--chalk-space-2) var(--chalk-space-3);
        border-inline-start: 3px solid var(--chalk-accent);
        background: var(--chalk-accent-soft);
        font-size: var(--chalk-text-s);
      }
      .words {
        flex: 1 1 14rem;
      }
    `,
  ];

  /** Which of the three have been done. */
  declare done: readonly boolean[];
  declare private closed: boolean;

  constructor() {
    super();
    this.done = [];
    this.closed = dismissed();
  }

  #close(): void {
    this.closed = true;
    try {
      localStorage.setItem(KEY, 'done');
    } catch {
      // They come back with the next page, where a browser keeps nothing.
    }
  }

  override render() {
    if (this.closed) return nothing;
    const next = STEPS.findIndex((_, i) => !this.done[i]);
    const words = next < 0 ? 'That is all: now read the questions below the figure.' : STEPS[next];
    return html`<div class="steps" role="group" aria-label="First steps">
      <span class="words" role="status">${next < 0 ? nothing : html`<b>${next + 1} of ${STEPS.length}</b>`} ${words}</span>
      <button @click=${() => this.#close()}>Got it</button>
    </div>`;
  }
}

define('chalk-first-steps', ChalkFirstSteps);
