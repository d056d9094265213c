import { css, html, LitElement, nothing } from 'lit';
import type { PhaseEvent, StepEvent } from '../../runtime/events.ts';
import { baseStyles } from '../../shell/styles.ts';
import { define } from '../shared/define.ts';
import { formatCount, formatNumber } from '../shared/format.ts';

/**
 * Says what is being done and how far it is: `compile shaders`, `train · epoch 2 · step 120 of 400 · loss 0.31`.
 * @summary Name and progress of the present phase.
 * @element chalk-phase-progress
 * @csspart bar - the progress bar
 */
export class ChalkPhaseProgress extends LitElement {
  static override properties = {
    phase: { attribute: false },
    step: { attribute: false },
    waiting: { type: String },
    busy: { type: Boolean },
  };
  static override styles = [
    baseStyles,
    css`
      .line {
        display: flex;
        gap: 0 0.75em;
        min-height: 1.4em;
        overflow: hidden;
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
        font-variant-numeric: tabular-nums;
      }
      .name {
        color: var(--chalk-ink);
        font-weight: 600;
      }
      /* One line beside a step: a second one would move the figure whenever a detail grows. */
      .step,
      .detail {
        overflow: hidden;
        text-overflow: ellipsis;
        white-space: nowrap;
      }
      .step {
        flex: none;
      }
      progress {
        display: block;
        width: 100%;
        height: 4px;
        margin-top: 3px;
        border: 0;
        border-radius: 2px;
        overflow: hidden;
        background: var(--chalk-rule);
        appearance: none;
      }
      progress::-webkit-progress-bar {
        background: var(--chalk-rule);
      }
      progress::-webkit-progress-value {
        background: var(--chalk-accent);
      }
      progress::-moz-progress-bar {
        background: var(--chalk-accent);
      }
      .moving {
        background: linear-gradient(90deg, var(--chalk-rule) 35%, var(--chalk-accent), var(--chalk-rule) 65%) 0 0 / 200% 100%;
        animation: move 1.6s linear infinite;
      }
      .moving::-webkit-progress-bar {
        background: transparent;
      }
      @keyframes move {
        from {
          background-position: 150% 0;
        }
        to {
          background-position: -50% 0;
        }
      }
      @media (forced-colors: active) {
        progress {
          height: 8px;
          border: 1px solid CanvasText;
          appearance: auto;
        }
      }
    `,
  ];

  declare phase: PhaseEvent | undefined;
  declare step: StepEvent | undefined;
  /** Something is being done: a phase whose progress nobody knows then shows a moving bar. */
  declare busy: boolean;
  /** Shown while there is neither phase nor step. */
  declare waiting: string;

  constructor() {
    super();
    this.phase = undefined;
    this.step = undefined;
    this.waiting = '';
    this.busy = false;
  }

  /** The share that is done: the phase's own, else that of the steps. */
  private get share(): number | undefined {
    const { phase, step } = this;
    if (phase?.progress !== undefined) return phase.progress;
    return step?.total ? step.step / step.total : undefined;
  }

  override render() {
    const { phase, step, share } = this;
    const name = phase?.name ?? this.waiting;
    const of = step?.total ? ` of ${formatCount(step.total)}` : '';
    // At the end no loss: that of the last batch is not what came out.
    // The detail comes last: it changes its length most often, and so moves nothing beside it.
    return html`<div class="line">
        ${name ? html`<span class="name ${step ? 'detail' : ''}">${name}</span>` : nothing}
        ${step?.epoch === undefined ? nothing : html`<span class="step">epoch ${step.epoch}</span>`}
        ${step ? html`<span class="step">step ${formatCount(step.step)}${of}</span>` : nothing}
        ${step?.loss === undefined || share === 1 ? nothing : html`<span class="step">loss ${formatNumber(step.loss)}</span>`}
        ${phase?.detail ? html`<span class="detail" title=${phase.detail}>${phase.detail}</span>` : nothing}
      </div>
      ${phase || step ? html`<progress part="bar" class=${share === undefined && this.busy ? 'moving' : ''} aria-label=${name || 'progress'} max="1" .value=${share ?? 0}></progress>` : nothing}`;
  }
}

define('chalk-phase-progress', ChalkPhaseProgress);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-phase-progress': ChalkPhaseProgress;
  }
}
