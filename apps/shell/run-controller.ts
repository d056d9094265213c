/**
 * What a lab element knows and does about its run: the worker, the recording, pausing when nobody looks, banners. No rendering;
 * the element asks for `store` and `report` and is told when to render.
 */
import type { AnyContract, Contract } from '../runtime/contract.ts';
import type { LabEvent } from '../runtime/events.ts';
import type { DeviceInfo, DevicePreference } from '../runtime/experiment.ts';
import { type Hosting, type OpenPort, openPort } from '../runtime/open-port.ts';
import { Player } from '../runtime/player.ts';
import { type Recording, readRecording } from '../runtime/recording.ts';
import type { LostNotice, RunState, StateReport } from '../runtime/runner.ts';
import type { SerializedError } from '../runtime/serialize-error.ts';
import { type RunListener, Session } from '../runtime/session.ts';
import { RunStore } from '../runtime/store.ts';
import { leaveFloor, type Speaker, takeFloor } from './one-at-a-time.ts';
import { tuneWish } from './tune-wish.ts';

export interface Banner {
  /** A newer banner of the same id replaces it. */
  readonly id: string;
  readonly kind: 'error' | 'warning' | 'note';
  readonly heading: string;
  readonly message: string;
}

/** What the element tells its run. */
export interface RunHost {
  readonly hosting: Hosting;
  readonly devicePreference: DevicePreference;
  readonly dataUrl: string;
  /** Text of the lab's recording; undefined where there is none. */
  loadRecording(): Promise<string | undefined>;
  /** What was shown of a run before belongs to the past. */
  runStarted(): void;
  /** Something to show has changed. */
  runChanged(): void;
  /** Every event as it comes, for what the store does not hold. */
  runEvents(events: readonly LabEvent[]): void;
  runStateChanged(report: StateReport): void;
}

type Config = Readonly<Record<string, unknown>>;
type Wish = { readonly play: true } | { readonly advance: number };

const idle: StateReport = { state: 'idle', step: 0 };

/** @typeParam C the lab's contract */
export class RunController<C extends Contract = AnyContract> implements Speaker {
  readonly #host: RunHost;
  readonly #served = new Set<string>();
  /** Changes of live parameters since the start. */
  #live: Config = {};
  store = new RunStore<C>();
  report: StateReport = idle;
  banners: readonly Banner[] = [];
  /** The configuration of the run in progress; undefined before one was started. */
  applied: Readonly<Record<string, unknown>> | undefined;
  /** The recording that is shown; undefined once a live run has been started. */
  player: Player | undefined;
  /** Goes on in hidden tabs and off-screen. */
  background = false;
  /** Does not pause others, and is not paused by them. */
  parallel = false;
  where: OpenPort['where'] | undefined;
  #open: Promise<Session> | undefined;
  #port: OpenPort | undefined;
  #session: Session | undefined;
  #speed = Number.POSITIVE_INFINITY;
  #visible = true;
  #pausedUnseen = false;
  #closed = false;

  constructor(host: RunHost) {
    this.#host = host;
  }

  get state(): RunState {
    return this.report.state;
  }

  /** True while what is shown was recorded elsewhere. */
  get recorded(): boolean {
    return this.player !== undefined;
  }

  get device(): DeviceInfo | undefined {
    return this.report.device;
  }

  get speed(): number {
    return this.#speed;
  }

  /** The settings of what is shown: of the recording, or of the run with its live changes. */
  get ran(): Config | undefined {
    return this.player ? this.player.recording.config : this.applied && { ...this.applied, ...this.#live };
  }

  /** Whether the run has said that it answers this question. */
  serves(name: string): boolean {
    return this.#served.has(name);
  }

  #begin(): void {
    this.store = new RunStore<C>();
    this.#live = {};
    this.#served.clear();
    this.#host.runStarted();
  }

  /** Shows the end of the lab's recording, unless a run was started meanwhile. */
  async showRecording(): Promise<void> {
    let recording: Recording;
    try {
      const text = await this.#host.loadRecording();
      // A server's page in place of a missing file is no recording either.
      if (!text?.startsWith('{') || this.#session || this.#closed) return;
      recording = readRecording(text);
    } catch (error) {
      this.banner({
        id: 'recording',
        kind: 'note',
        heading: 'No recording:',
        message: error instanceof Error ? error.message : String(error),
      });
      return;
    }
    if (this.#open) return;
    this.player = new Player(
      recording,
      this.#listener(() => this.player !== undefined),
    );
    this.#begin();
    this.player.showEnd();
  }

  /** Starts anew with this configuration. */
  async start(
    config: Readonly<Record<string, unknown>>,
    wish: Wish,
    checkpoint?: Uint8Array,
    files?: ReadonlyMap<string, Uint8Array>,
  ): Promise<void> {
    this.#endRecording();
    this.dismiss('run');
    this.dismiss('lost');
    this.applied = config;
    this.report = { state: 'starting', step: 0 };
    this.#begin();
    this.store.phase = { type: 'phase', name: 'load engine' };
    this.#host.runChanged();
    try {
      const session = await this.#connect();
      const { devicePreference, dataUrl } = this.#host;
      session.setSeen(this.#visible);
      session.start({ config, device: devicePreference, tune: tuneWish(), dataUrl, checkpoint, files });
      session.setSpeed(this.#speed);
      this.#grant(session, wish);
    } catch (error) {
      this.#failed({ name: 'Error', message: error instanceof Error ? error.message : String(error), facts: {} });
    }
  }

  /** Goes on with a paused run. */
  resume(wish: Wish): void {
    if (this.#session) this.#grant(this.#session, wish);
  }

  pause(): void {
    this.#pausedUnseen = false;
    this.#session?.pause();
  }

  setSpeed(stepsPerSecond: number): void {
    this.#speed = stepsPerSecond;
    this.#session?.setSpeed(stepsPerSecond);
    this.#host.runChanged();
  }

  /** Passes live parameters on. */
  update(live: Config): void {
    if (this.applied) this.#live = live;
    this.#session?.update(live);
  }

  /** @throws Error where nothing runs, or what the experiment's handler threw */
  async ask(name: string, payload?: unknown): Promise<unknown> {
    if (!this.#session || this.recorded) throw new Error('Start a live run first: a recording cannot answer.');
    return this.#session.request(name, payload);
  }

  /** Destroys the device of the run, as a driver reset would: for tests. */
  loseDevice(): void {
    this.#session?.loseDevice();
  }

  /** Ends the worker and everything that runs. */
  close(): void {
    this.#closed = true;
    this.player?.stop();
    this.player = undefined;
    this.#session = undefined;
    this.#port?.close();
    this.#port = undefined;
    this.#open = undefined;
    this.report = idle;
    this.applied = undefined;
    leaveFloor(this);
  }

  /** After close: the element has been put back into a page. */
  reopen(): void {
    this.#closed = false;
  }

  setVisible(visible: boolean): void {
    this.#visible = visible;
    this.#session?.setSeen(visible);
    if (!visible && !this.background && this.state === 'running') {
      if (this.recorded) this.player?.pause();
      else this.#session?.pause();
      this.#pausedUnseen = true;
    } else if (visible && this.#pausedUnseen) {
      this.#pausedUnseen = false;
      if (this.recorded) this.player?.play();
      else this.resume({ play: true });
    }
  }

  yieldFloor(): void {
    if (this.parallel || this.state !== 'running' || this.recorded) return;
    this.pause();
    this.banner({
      id: 'floor',
      kind: 'note',
      heading: 'Paused:',
      message: 'another lab on this page runs now. Resume pauses that one.',
    });
  }

  banner(banner: Banner): void {
    this.banners = [...this.banners.filter((b) => b.id !== banner.id), banner];
    this.#host.runChanged();
  }

  dismiss(id: string): void {
    this.banners = this.banners.filter((b) => b.id !== id);
    this.#host.runChanged();
  }

  #grant(session: Session, wish: Wish): void {
    this.dismiss('floor');
    if (!this.parallel) takeFloor(this);
    if ('play' in wish) {
      session.play();
    } else session.advance(wish.advance);
  }

  #endRecording(): void {
    this.player?.stop();
    this.player = undefined;
  }

  #connect(): Promise<Session> {
    this.#open ??= openPort(this.#host.hosting, (why) => this.#crashed(why)).then(
      (open) => {
        if (this.#closed) {
          open.close();
          throw new Error('the lab was removed from the page');
        }
        this.#port = open;
        this.where = open.where;
        this.#session = new Session(
          open.port,
          this.#listener(() => !this.recorded),
        );
        return this.#session;
      },
      (error: unknown) => {
        this.#open = undefined;
        throw error;
      },
    );
    return this.#open;
  }

  #listener(counts: () => boolean): RunListener {
    return {
      events: (events) => {
        if (!counts()) return;
        this.store.apply(events);
        this.#host.runEvents(events);
        this.#host.runChanged();
      },
      state: (report) => {
        if (!counts()) return;
        this.report = { ...report, device: report.device ?? this.report.device };
        if (report.state === 'failed' && report.error) this.#failed(report.error);
        if (report.state !== 'running' && report.state !== 'starting' && !this.#pausedUnseen) leaveFloor(this);
        // Hidden while it was starting.
        if (report.state === 'running' && !this.#visible) this.setVisible(false);
        this.#host.runStateChanged(this.report);
        this.#host.runChanged();
      },
      lost: (notice) => this.#lost(notice),
      serves: (name) => this.#served.add(name),
      reset: () => {
        if (!counts()) return;
        this.#begin();
      },
    };
  }

  #lost(notice: LostNotice): void {
    this.store.rollBack();
    const from =
      notice.resumedFrom === undefined
        ? 'The run starts anew.'
        : `The run goes on from its checkpoint at step ${notice.resumedFrom}.`;
    this.banner({ id: 'lost', kind: 'warning', heading: 'The GPU device was lost.', message: `${notice.reason}. ${from}` });
  }

  /** The worker is gone; the next start makes a new one. */
  #crashed(why: string): void {
    this.#session = undefined;
    this.#port = undefined;
    this.#open = undefined;
    leaveFloor(this);
    this.#failed({ name: 'The worker stopped.', message: why, facts: {} });
  }

  #failed(error: SerializedError): void {
    this.report = { ...this.report, state: 'failed', error };
    this.banner({ id: 'run', kind: 'error', heading: error.name, message: error.message });
  }
}
