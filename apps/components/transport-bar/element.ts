import { html, LitElement, nothing, type PropertyValues, svg } from 'lit';
import type { StepEvent } from '../../runtime/events.ts';
import type { RunState } from '../../runtime/runner.ts';
import { baseStyles } from '../../shell/styles.ts';
import { chalkEvent, define } from '../shared/define.ts';
import { formatCount, formatNumber } from '../shared/format.ts';
import { Eta, formatDuration } from './eta.ts';
import { transportStyles } from './styles.ts';

const icons = {
  play: svg`<path d="M3 1.5v13l11-6.5z" />`,
  pause: svg`<path d="M3 2h3.5v12H3zM9.5 2H13v12H9.5z" />`,
  step: svg`<path d="M2 2v12l8-6zM11.5 2H14v12h-2.5z" />`,
  steps: svg`<path d="M1 2.5v11L7.500 8zM8 2.500v11L14.500 8z" />`,
  more: svg`<path d="M2 6.500a1.500 1.500 0 1 1 0 3 1.500 1.500 0 0 1 0-3zM8 6.500a1.500 1.500 0 1 1 0 3 1.500 1.500 0 0 1 0-3zM14 6.500a1.500 1.500 0 1 1 0 3 1.500 1.500 0 0 1 0-3z" />`,
  reset: svg`<path d="M8 2.200a5.800 5.800 0 1 1-5.500 4l1.900.6A3.800 3.800 0 1 0 8 4.200v2.300L4 3.200 8 0z" />`,
  dice: svg`<path fill-rule="evenodd" d="M3 1h10a2 2 0 0 1 2 2v10a2 2 0 0 1-2 2H3a2 2 0 0 1-2-2V3a2 2 0 0 1 2-2zm.5 1.500a1 1 0 0 0-1 1v9a1 1 0 0 0 1 1h9a1 1 0 0 0 1-1v-9a1 1 0 0 0-1-1zM5.200 3.900a1.300 1.300 0 1 1 0 2.600 1.300 1.300 0 0 1 0-2.600zm5.600 5.600a1.300 1.300 0 1 1 0 2.600 1.300 1.300 0 0 1 0-2.600zM8 6.700a1.300 1.300 0 1 1 0 2.600 1.300 1.300 0 0 1 0-2.600z" />`,
};

const icon = (name: keyof typeof icons) => html`<svg viewBox="0 0 16 16" aria-hidden="true">${icons[name]}</svg>`;

/** Steps per second that can be chosen. */
export const speeds = [1, 3, 10, 30, 100, Number.POSITIVE_INFINITY] as const;

/**
 * Reset, play or pause, step, several steps, speed, seed: the same for live runs and recordings, in every lab. The element only
 * says what the reader wants; `state` and `step` tell it what is so. Keys (handled by the lab): Space, →, R.
 * @summary The transport bar of a run.
 * @element chalk-transport-bar
 * @attr {idle|starting|running|paused|finished|failed} state - of the run
 * @attr {number} seed - of the run
 * @attr {boolean} seed-locked - the seed cannot be changed here
 * @attr {boolean} no-seed - leaves the seed out
 * @attr {boolean} speed-locked - steps and speed cannot be changed here
 * @attr {boolean} no-speed - leaves steps and speed out
 * @attr {boolean} recorded - what is played is a recording; the main button then starts a live run
 * @attr {number} speed - steps per second, Infinity for as fast as it goes
 * @fires transport-play - start or go on
 * @fires transport-pause - pause within one step
 * @fires transport-step - detail `{count}`
 * @fires transport-reset - start anew with the same seed
 * @fires transport-speed - detail `{stepsPerSecond}`
 * @fires transport-seed - detail `{seed}`: start anew with another seed
 * @slot - further buttons at the end of the bar
 * @csspart bar - the row of buttons
 */
export class ChalkTransportBar extends LitElement {
  static override properties = {
    state: { type: String },
    step: { attribute: false },
    seed: { type: Number },
    seedLocked: { type: Boolean, attribute: 'seed-locked' },
    noSeed: { type: Boolean, attribute: 'no-seed' },
    speedLocked: { type: Boolean, attribute: 'speed-locked' },
    noSpeed: { type: Boolean, attribute: 'no-speed' },
    recorded: { type: Boolean },
    speed: { type: Number },
    count: { state: true },
    open: { state: true },
    spoken: { state: true },
  };
  static override styles = [baseStyles, transportStyles];

  declare state: RunState;
  declare step: StepEvent | undefined;
  declare seed: number;
  declare seedLocked: boolean;
  declare noSeed: boolean;
  declare speedLocked: boolean;
  declare noSpeed: boolean;
  declare recorded: boolean;
  declare speed: number;
  /** Steps of the several-steps button. */
  declare private count: number;
  /** On narrow screens: whether speed, seed and what is in the slot are shown. */
  declare private open: boolean;
  /** Announced on changes of state only. */
  declare private spoken: string;
  readonly #eta = new Eta();

  constructor() {
    super();
    this.state = 'idle';
    this.step = undefined;
    this.seed = 1;
    this.seedLocked = false;
    this.noSeed = false;
    this.speedLocked = false;
    this.noSpeed = false;
    this.recorded = false;
    this.speed = Number.POSITIVE_INFINITY;
    this.count = 10;
    this.open = false;
    this.spoken = '';
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('step') && this.step) this.#eta.add(this.step.step, performance.now());
    if (changed.has('state')) {
      if (this.state !== 'running') this.#eta.reset();
      if (changed.get('state') !== undefined) this.spoken = this.sentence();
    }
  }

  private sentence(): string {
    const { state, step } = this;
    if (state === 'idle' || state === 'starting') return state === 'starting' ? 'starting' : '';
    const at = step ? ` at step ${step.step}${step.loss === undefined ? '' : `, loss ${formatNumber(step.loss)}`}` : '';
    return `${this.recorded ? 'recording ' : ''}${state}${at}`;
  }

  private say(name: string, detail: object = {}): void {
    this.dispatchEvent(chalkEvent(name, detail));
  }

  private setCount(event: Event): void {
    const input = event.target as HTMLInputElement;
    const value = Math.round(Number(input.value));
    this.count = Number.isFinite(value) ? Math.min(1e6, Math.max(1, value)) : 10;
    input.value = String(this.count);
  }

  private setSeed(event: Event): void {
    const input = event.target as HTMLInputElement;
    const value = Math.round(Number(input.value));
    const seed = input.value.trim() !== '' && Number.isFinite(value) ? Math.min(4294967295, Math.max(0, value)) : this.seed;
    input.value = String(seed);
    if (seed !== this.seed) this.say('transport-seed', { seed });
  }

  private dice(): void {
    this.say('transport-seed', { seed: (crypto.getRandomValues(new Uint32Array(1))[0] as number) % 100000 });
  }

  private renderMain() {
    const running = this.state === 'running' || this.state === 'starting';
    const live = this.recorded ? 'Run live' : this.state === 'paused' && this.step ? 'Resume' : 'Run';
    const label = running && !this.recorded ? 'Pause' : this.state === 'finished' && !this.recorded ? 'Run again' : live;
    const pauses = label === 'Pause';
    return html`<button class="play primary" aria-keyshortcuts="Space" title="${label} (Space)"
      @click=${() => this.say(pauses ? 'transport-pause' : 'transport-play')}>${icon(pauses ? 'pause' : 'play')}${label}</button>`;
  }

  private renderSteps() {
    return html`<div class="group">
      <button aria-keyshortcuts="ArrowRight" title="One step (→)" aria-label="One step" @click=${() => this.say('transport-step', { count: 1 })}>
        ${icon('step')}</button>
      <button title="${formatCount(this.count)} steps" aria-label="${formatCount(this.count)} steps"
        @click=${() => this.say('transport-step', { count: this.count })}>${icon('steps')}</button>
    </div>`;
  }

  private renderSecondary() {
    return html`<div class="secondary ${this.open ? 'open' : ''}">
      ${this.noSpeed ? nothing : this.renderSpeed()} ${this.renderSeed()}
      <slot></slot>
    </div>`;
  }

  private renderSpeed() {
    const speed = (event: Event) =>
      this.say('transport-speed', { stepsPerSecond: Number((event.target as HTMLSelectElement).value) });
    return html`<div class="group">
        <label for="count">steps</label>
        <input class="steps number" id="count" inputmode="numeric" title="Steps of the several-steps button" autocomplete="off"
          ?disabled=${this.speedLocked} .value=${String(this.count)} @change=${this.setCount} />
      </div>
      <div class="group">
        <label for="speed">speed</label>
        <select id="speed" ?disabled=${this.speedLocked} @change=${speed}>
          ${speeds.map((s) => html`<option value=${s} .selected=${s === this.speed}>${Number.isFinite(s) ? `${s} / s` : 'max'}</option>`)}
        </select>
      </div>`;
  }

  private renderSeed() {
    if (this.noSeed) return nothing;
    return html`<div class="group">
      <label for="seed">seed</label>
      <input class="seed number" id="seed" inputmode="numeric" autocomplete="off" ?disabled=${this.seedLocked}
        .value=${String(this.seed)} @change=${this.setSeed} />
      <button title="Another seed" aria-label="Another seed" ?disabled=${this.seedLocked} @click=${this.dice}>${icon('dice')}</button>
    </div>`;
  }

  override render() {
    const remaining = this.state === 'running' ? this.#eta.remaining(this.step?.total) : undefined;
    const { pace } = this.#eta;
    const slower = this.state === 'running' && pace !== undefined;
    return html`<div class="bar" part="bar" role="group" aria-label="Run">
        <div class="group">
          ${this.renderMain()}
          <button aria-keyshortcuts="R" title="Start over with the same seed (R)" aria-label="Start over" @click=${() => this.say('transport-reset')}>
            ${icon('reset')}</button>
        </div>
        ${this.renderSteps()}
        <button class="more" aria-label="More settings of the run" aria-expanded=${this.open} @click=${() => {
          this.open = !this.open;
        }}>${icon('more')}</button>
        ${this.renderSecondary()}
        <span class="eta ${this.recorded || this.state === 'idle' ? '' : 'held'}">${
          remaining !== undefined
            ? html`≈ ${formatDuration(remaining)} left`
            : slower
              ? html`${formatNumber(pace, 2)} steps / s`
              : nothing
        }</span>
      </div>
      <div class="visually-hidden" role="status">${this.spoken}</div>`;
  }
}

define('chalk-transport-bar', ChalkTransportBar);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-transport-bar': ChalkTransportBar;
  }
}
