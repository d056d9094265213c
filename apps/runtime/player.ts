/** Plays a recording through the interface of a live run. */
import type { LabEvent } from './events.ts';
import type { Recording } from './recording.ts';
import type { RunState } from './runner.ts';
import type { RunListener, RunSource } from './session.ts';

/** A recording longer than this plays faster than it was made. */
const longest = 15_000;
const frame = 33;

export class Player implements RunSource {
  recording: Recording;
  readonly #listener: RunListener;
  /** Recording milliseconds per millisecond of play. */
  readonly #rate: number;
  #speed = 1;
  #state: RunState = 'paused';
  #at = 0;
  #clock = 0;
  #last = 0;
  #step = 0;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(recording: Recording, listener: RunListener) {
    this.recording = recording;
    this.#listener = listener;
    this.#rate = Math.max(1, recording.duration / longest);
  }

  get state(): RunState {
    return this.#state;
  }

  /** Shows the end of the run at once: the figure makes its point before it is touched. */
  showEnd(): void {
    this.#deliver(this.recording.events.length);
    this.#finish();
  }

  /** The same recording with its pictures: what was shown of it is shown again. */
  complete(recording: Recording): void {
    const shown = this.#at;
    this.recording = recording;
    this.#at = 0;
    this.#listener.reset?.();
    this.#deliver(shown);
  }

  play(): void {
    if (this.#state === 'finished') this.rewind();
    if (this.#timer !== undefined) return;
    this.#last = performance.now();
    this.#timer = setInterval(() => this.#tick(), frame);
    this.#report('running');
  }

  pause(): void {
    this.#halt();
    if (this.#state === 'running') this.#report('paused');
  }

  advance(count: number): void {
    if (this.#state === 'finished') this.rewind();
    this.#halt();
    let left = count;
    let to = this.#at;
    const { events } = this.recording;
    while (to < events.length && left > 0) {
      if (events[to]?.[1].type === 'step') left -= 1;
      to += 1;
    }
    this.#deliver(to);
    this.#clock = events[to - 1]?.[0] ?? 0;
    if (to >= events.length) this.#finish();
    else this.#report('paused');
  }

  /** For a recording: steps per second have no meaning, so a finite speed plays at half the pace. */
  setSpeed(stepsPerSecond: number): void {
    this.#speed = Number.isFinite(stepsPerSecond) ? 0.5 : 1;
  }

  /** Back to the beginning, paused. */
  rewind(): void {
    this.#halt();
    this.#at = 0;
    this.#clock = 0;
    this.#step = 0;
    this.#listener.reset?.();
    this.#report('paused');
  }

  stop(): void {
    this.#halt();
    this.#report('idle');
  }

  #tick(): void {
    const now = performance.now();
    this.#clock += (now - this.#last) * this.#rate * this.#speed;
    this.#last = now;
    const { events } = this.recording;
    let to = this.#at;
    while (to < events.length && (events[to]?.[0] ?? 0) <= this.#clock) to += 1;
    this.#deliver(to);
    if (to >= events.length) this.#finish();
  }

  #deliver(to: number): void {
    const batch: LabEvent[] = this.recording.events.slice(this.#at, to).map(([, event]) => event);
    this.#at = to;
    for (const event of batch) if (event.type === 'step') this.#step = event.step;
    if (batch.length > 0) this.#listener.events(batch);
  }

  #finish(): void {
    this.#halt();
    this.#report('finished');
  }

  #halt(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #report(state: RunState): void {
    this.#state = state;
    this.#listener.state({ state, step: this.#step, device: this.recording.device });
  }
}
