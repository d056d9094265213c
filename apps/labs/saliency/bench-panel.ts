import { css, html, LitElement, nothing } from 'lit';
import { define } from '../../components/shared/define.ts';
import { baseStyles } from '../../shell/styles.ts';
import type { BenchAsk, BenchStep } from './bench-run.ts';
import type { renderBench } from './bench-view.ts';
import { CUE_CLASS, type CueName, cueNames } from './trainings.ts';

/** Pairs of images: some for a look, more for narrow intervals. */
const SIZES = [50, 200] as const;

/**
 * The bench of explanations with its button: asks the run for portion after portion, tells how far it is, and shows the table.
 *
 * @element chalk-bench-panel
 * @attr {boolean} disabled - nothing can be asked: a recording is shown, or a teacher locked it
 * @attr {number} seed - of the networks and of all draws
 */
export class ChalkBenchPanel extends LitElement {
  static override properties = {
    disabled: { type: Boolean },
    seed: { type: Number },
    ask: { attribute: false },
    cue: { state: true },
    step: { state: true },
    failure: { state: true },
  };
  static override styles = [
    baseStyles,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      h3 {
        margin: var(--chalk-space-4) 0 var(--chalk-space-2);
        font-size: var(--chalk-text-m);
      }
      p,
      ul {
        margin: 0 0 var(--chalk-space-2);
        max-width: var(--chalk-measure);
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
      }
      .buttons {
        display: flex;
        flex-wrap: wrap;
        gap: var(--chalk-space-2);
        margin-bottom: var(--chalk-space-2);
      }
      .failure {
        color: var(--chalk-error);
      }
    `,
  ];

  declare disabled: boolean;
  declare seed: number;
  /** Asks the run; see `bench-run.ts`. */
  declare ask: ((of: BenchAsk) => Promise<BenchStep>) | null;
  declare private cue: CueName;
  declare private step: BenchStep | null;
  declare private failure: string;
  #turn = 0;
  /** Loaded with the first measurement. */
  #table: typeof renderBench | undefined;

  constructor() {
    super();
    this.disabled = false;
    this.seed = 1;
    this.ask = null;
    this.cue = 'dot';
    this.step = null;
    this.failure = '';
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  #stop(): void {
    this.#turn++;
    if (!this.step?.result) this.step = null;
  }

  async #start(images: number): Promise<void> {
    const turn = ++this.#turn;
    const { ask, seed, cue } = this;
    if (!ask) return;
    this.failure = '';
    this.step = { doing: 'reading the images', share: 0, result: null };
    try {
      this.#table = (await import('./bench-view.ts')).renderBench;
      for (let fresh = true; turn === this.#turn && !this.step?.result; fresh = false) {
        const step = await ask({ fresh, images, seed, cue });
        if (turn === this.#turn) this.step = step;
      }
    } catch (error) {
      if (turn !== this.#turn) return;
      this.step = null;
      this.failure = error instanceof Error ? error.message : String(error);
    }
  }

  protected override render() {
    const { step, disabled } = this;
    const running = step !== null && step.result === null;
    return html`<h3>Which of them can be trusted? The bench</h3>
      <p>A network is trained on digits of which one class carries a cue. What the cue does to its score is measured by taking it away again; so the
        truth is known, and every explanation stands beside it, beside maps that know nothing, and beside maps of networks from the same weights to which
        the cue says nothing: one that never saw it, one that saw it on half of every class.</p>
      <div class="buttons">
        <label>cue <select ?disabled=${disabled || running} @change=${(event: Event & { currentTarget: HTMLSelectElement }) => {
          this.cue = event.currentTarget.value as CueName;
        }}>${cueNames.map((name) => html`<option value=${name} .selected=${name === this.cue}>a ${name} on every ${CUE_CLASS[name]}</option>`)}</select></label>
        ${SIZES.map((images) => html`<button ?disabled=${disabled || running} @click=${() => void this.#start(images)}>Measure on ${images} pairs</button>`)}
        ${running ? html`<button @click=${() => this.#stop()}>Stop</button>` : nothing}
      </div>
      ${disabled ? html`<p>Run live to measure.</p>` : nothing}
      ${running ? html`<p role="status">${Math.round(100 * step.share)} %: ${step.doing}</p>` : nothing}
      ${this.failure ? html`<p class="failure" role="alert">${this.failure}</p>` : nothing}
      ${step?.result ? this.#table?.(step.result) : nothing}`;
  }
}

define('chalk-bench-panel', ChalkBenchPanel);
