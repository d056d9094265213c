/**
 * What a lab element knows and does about its run: the worker, the recording, pausing when nobody looks, banners. No rendering, no DOM.
 *
 * One rule decides whether the run goes: it goes while it is *wished* (by the reader, or by `autostart`), *seen* (or allowed to run out of
 * sight) and has the *floor* of its page. Every event changes one of these and calls `#follow`, which sends `play` or `pause` where the
 * answer has changed. A start that is overtaken by another, or by the end of the element, does not go on.
 */
import type { AnyContract, Contract } from '../runtime/contract.ts';
import type { DeviceInfo, DevicePreference } from '../runtime/experiment.ts';
import { type OpenPort, openPort } from '../runtime/open-port.ts';
import { Player } from '../runtime/player.ts';
import { readRecording } from '../runtime/recording.ts';
import type { Change, LostNotice, RunState, StateReport } from '../runtime/runner.ts';
import { type SerializedError, serializeError } from '../runtime/serialize-error.ts';
import { type RunListener, Session } from '../runtime/session.ts';
import { RunStore } from '../runtime/store.ts';
import { awaitFloor, leaveFloor, type Speaker, takeFloor } from './one-at-a-time.ts';
import { type Banner, idle, type MadeRun, over, type RunHost, type RunStart, type Shown, shows, type Wish } from './run-host.ts';

type Config = Readonly<Record<string, unknown>>;

/** @typeParam C the lab's contract */
export class RunController<C extends Contract = AnyContract> implements Speaker {
  readonly #host: RunHost;
  /** What is shown. */
  store = new RunStore<C>();
  /** Of a run that has been started and has nothing to show yet. Until then the one before stays on the screen. */
  #coming: RunStore<C> | undefined;
  /** What is shown was made of, while it is not the run that was started last. */
  #shown: Shown | undefined;
  report: StateReport = idle;
  banners: readonly Banner[] = [];
  /** The recording that is shown; undefined once a live run has been started. */
  player: Player | undefined;
  /** The recording that is shown has its numbers, and its pictures are on their way. */
  awaitsPictures = false;
  /** Does not pause others, and is not paused by them. */
  parallel = false;
  where: OpenPort['where'] | undefined;
  #background = false;
  #start: RunStart | undefined;
  #changes: readonly Change[] = [];
  /** Values of live parameters that were changed after the run's end: what its answers are made with. */
  #later: Config = {};
  /** What the controls say of live parameters. */
  #live: Config = {};
  #saidDevice = false;
  /** The store has something that a figure shows. */
  #filled = false;
  readonly #served = new Set<string>();
  #wish: Wish | undefined;
  /** The host has been told to go. */
  #going = false;
  /** Number of the newest start (or end): what an older one still waits for does not count. */
  #attempt = 0;
  /** The session has been told of the newest start. */
  #started = false;
  #open: Promise<Session> | undefined;
  /** The device that it was opened for. */
  #openFor: DevicePreference | undefined;
  #port: OpenPort | undefined;
  #session: Session | undefined;
  #speed = Number.POSITIVE_INFINITY;
  #visible = true;
  /** The recording was played when it went out of sight. */
  #replay = false;

  constructor(host: RunHost) {
    this.#host = host;
  }

  get state(): RunState {
    return this.report.state;
  }

  /** True while what is shown was recorded elsewhere. */
  get recorded(): boolean {
    return this.#shown?.recorded ?? this.replaying;
  }

  /** True until a live run is started: transport plays the recording. */
  get replaying(): boolean {
    return this.player !== undefined;
  }

  /** True while what is shown belongs to the run before the one that was started. */
  get stale(): boolean {
    return this.#coming !== undefined;
  }

  /** How far the run that was started last is: its phase, steps and remarks. */
  get progress(): RunStore<C> {
    return this.#coming ?? this.store;
  }

  get device(): DeviceInfo | undefined {
    return this.report.device;
  }

  get speed(): number {
    return this.#speed;
  }

  /** Something is shown: a recording, or a run in any state. */
  get shown(): boolean {
    return this.player !== undefined || this.#start !== undefined;
  }

  /** A live run that can go on, also while it starts or comes to the pause it was told. */
  get open(): boolean {
    return !this.replaying && !over.includes(this.state);
  }

  /** It runs, or will as soon as it is ready, seen and allowed to: what a pause button ends. */
  get active(): boolean {
    return this.#wish !== undefined && !over.includes(this.state);
  }

  /** As `active`, and not for some steps only. */
  get playing(): boolean {
    return this.active && this.#wish !== undefined && 'play' in this.#wish;
  }

  /** The configuration of the run in progress; undefined before one was started. */
  get applied(): Config | undefined {
    return this.#start?.config;
  }

  /** What the run that is shown was made of, live changes included; undefined before there is one. */
  get made(): MadeRun | undefined {
    return this.#shown ? this.#shown.made : this.started;
  }

  /** As `made`, of the run that was started last. */
  get started(): MadeRun | undefined {
    if (this.player) return { config: this.player.recording.config, changes: [] };
    return this.#start && { ...this.#start, changes: this.#changes };
  }

  /** The settings of what is shown, with the latest value of each. */
  get ran(): Config | undefined {
    const { made } = this;
    return made && Object.assign({ ...made.config }, ...made.changes.map(({ values }) => values));
  }

  /** The settings that answers are made with. */
  get settings(): Config | undefined {
    return this.#shown ? this.#shown.settings : this.ran && { ...this.ran, ...this.#later };
  }

  /** Goes on in hidden tabs and off-screen. */
  get background(): boolean {
    return this.#background;
  }

  set background(value: boolean) {
    this.#background = value;
    this.#follow();
  }

  /** Whether the run has said that it answers this question. */
  serves(name: string): boolean {
    return this.#served.has(name);
  }

  /** Shows the end of the lab's recording, unless a run was started meanwhile. */
  async showRecording(): Promise<void> {
    const attempt = this.#attempt;
    try {
      const text = await this.#host.loadRecording();
      // A server's page in place of a missing file is no recording either.
      if (!text?.startsWith('{') || attempt !== this.#attempt) return;
      const player = new Player(
        readRecording(text),
        this.#listener(() => this.player !== undefined),
      );
      this.player = player;
      this.#forget();
      this.#begin();
      const pictures = this.#host.loadPictures?.();
      this.awaitsPictures = pictures !== undefined;
      player.showEnd();
      if (!pictures) return;
      const whole = readRecording(text, await pictures);
      if (this.player !== player) return;
      this.awaitsPictures = false;
      player.complete(whole);
    } catch (error) {
      if (attempt !== this.#attempt) return;
      // Without its pictures a recording stays pale.
      const heading = this.awaitsPictures ? 'No pictures of the recording:' : 'No recording:';
      this.banner({ id: 'recording', kind: 'note', heading, message: serializeError(error).message });
    }
  }

  /** Starts anew. What was running ends; a start that is still waiting for its worker does not go on. */
  async start(start: RunStart, wish: Wish): Promise<void> {
    this.#attempt += 1;
    const attempt = this.#attempt;
    const { recorded, made, settings } = this;
    this.player?.stop();
    this.player = undefined;
    this.awaitsPictures = false;
    this.dismiss('run');
    this.dismiss('lost');
    this.#start = start;
    this.#started = false;
    this.#going = false;
    this.report = { state: 'starting', step: 0, device: this.device };
    this.#forget();
    if (this.#filled) {
      this.#shown ??= { recorded, made, settings };
      this.#coming = new RunStore<C>();
    } else this.#begin();
    this.progress.phase = { type: 'phase', name: 'load engine' };
    this.#want(wish);
    this.#host.runChanged();
    try {
      const session = await this.#connect();
      if (attempt !== this.#attempt) return;
      const { devicePreference, dataUrl, tune } = this.#host;
      session.setSeen(this.#visible);
      session.setSpeed(this.#speed);
      this.#started = true;
      this.#going = this.#may();
      session.start({ ...start, wanted: this.#going ? this.#steps : 0, device: devicePreference, tune, dataUrl });
      session.update(this.#live);
    } catch (error) {
      if (attempt === this.#attempt) this.#failed({ name: 'Error', message: serializeError(error).message, facts: {} });
    }
  }

  /** Goes on with a paused run. */
  resume(wish: Wish): void {
    this.#want(wish);
    this.#follow();
  }

  pause(): void {
    this.#wish = undefined;
    this.#follow();
    this.#host.runChanged();
  }

  setSpeed(stepsPerSecond: number): void {
    this.#speed = stepsPerSecond;
    this.#session?.setSpeed(stepsPerSecond);
    this.#host.runChanged();
  }

  /** Passes live parameters on; the run says when it has taken them over. */
  update(live: Config): void {
    this.#live = live;
    if (this.#started) this.#session?.update(live);
  }

  /** @throws Error where nothing runs, or what the experiment's handler threw */
  async ask(name: string, payload?: unknown): Promise<unknown> {
    if (!this.#session || this.replaying) throw new Error('Start a live run first: a recording cannot answer.');
    return this.#session.request(name, payload);
  }

  /** Destroys the device of the run, as a driver reset would: for tests. */
  loseDevice(): void {
    this.#session?.loseDevice();
  }

  /** Ends the worker and everything that runs. */
  close(): void {
    this.#attempt += 1;
    this.player?.stop();
    this.player = undefined;
    this.#end('The lab was removed from the page.');
    this.#port?.close();
    this.#port = undefined;
    this.report = idle;
    this.#coming = undefined;
    this.#shown = undefined;
    this.#start = undefined;
  }

  setVisible(visible: boolean): void {
    this.#visible = visible;
    this.#session?.setSeen(visible);
    if (this.player && !visible && !this.#background && this.state === 'running') {
      this.player.pause();
      this.#replay = true;
    } else if (this.player && visible && this.#replay) {
      this.#replay = false;
      this.player.play();
    }
    this.#follow();
  }

  yieldFloor(): void {
    if (this.parallel || !this.#wish) return;
    this.#wish = undefined;
    this.#follow();
    const message = 'another lab on this page runs now. Resume pauses that one.';
    this.banner({ id: 'floor', kind: 'note', heading: 'Paused:', message });
  }

  floorFree(): void {
    this.#follow();
  }

  banner(banner: Banner): void {
    this.banners = [...this.banners.filter((b) => b.id !== banner.id), banner];
    this.#host.runChanged();
  }

  dismiss(id: string): void {
    this.banners = this.banners.filter((b) => b.id !== id);
    this.#host.runChanged();
  }

  /** What is shown from now on is that of the run that was started last. */
  #begin(store = new RunStore<C>()): void {
    this.store = store;
    this.#coming = undefined;
    this.#shown = undefined;
    this.#filled = false;
    this.#host.runStarted();
  }

  #forget(): void {
    this.#changes = [];
    this.#later = {};
    this.#served.clear();
  }

  #want(wish: Wish): void {
    this.#wish = wish;
    this.#going = false;
    this.dismiss('floor');
    if (!this.parallel && !wish.patient) takeFloor(this);
  }

  /** Whether the run may go now: wished, seen, and with the floor or free of it. */
  #may(): boolean {
    const wanted = this.#wish !== undefined && (this.#visible || this.#background);
    if (!wanted) {
      leaveFloor(this);
      return false;
    }
    if (this.parallel || awaitFloor(this)) {
      this.dismiss('floor');
      return true;
    }
    const message = 'another lab on this page runs. This one goes on after it; Run pauses that one.';
    this.banner({ id: 'floor', kind: 'note', heading: 'Waiting:', message });
    return false;
  }

  /** Steps that are wished. */
  get #steps(): number {
    return this.#wish && 'advance' in this.#wish ? this.#wish.advance : Number.POSITIVE_INFINITY;
  }

  /** Sends the host what it should do now, where that has changed. */
  #follow(): void {
    const may = this.#may();
    const session = this.#session;
    if (!session || !this.#started || may === this.#going) return;
    this.#going = may;
    const steps = this.#steps;
    if (!may) session.pause();
    else if (Number.isFinite(steps)) session.advance(steps);
    else session.play();
  }

  #connect(): Promise<Session> {
    const { hosting, devicePreference } = this.#host;
    if (this.#open && this.#openFor === devicePreference) return this.#open;
    // Another device, another worker.
    this.#session?.end('The run that was asked has been replaced by another.');
    this.#session = undefined;
    this.#port?.close();
    this.#port = undefined;
    this.#openFor = devicePreference;
    const opening: Promise<Session> = openPort(hosting, devicePreference, (why) => {
      if (this.#open === opening) this.#crashed(why);
    }).then((port) => {
      if (this.#open !== opening) {
        port.close();
        throw new Error('the lab was removed from the page');
      }
      this.#port = port;
      this.where = port.where;
      this.#session = new Session(
        port.port,
        this.#listener(() => !this.replaying),
      );
      return this.#session;
    });
    this.#open = opening;
    opening.catch(() => {
      if (this.#open === opening) this.#open = undefined;
    });
    return opening;
  }

  #listener(counts: () => boolean): RunListener {
    return {
      events: (events) => {
        if (!counts()) return;
        const first = !this.#filled || this.#coming !== undefined;
        if (first && events.some(shows)) {
          if (this.#coming) this.#begin(this.#coming);
          this.#filled = true;
        }
        this.progress.apply(events);
        this.#host.runEvents(events);
        this.#host.runChanged();
      },
      state: (report) => {
        if (counts()) this.#reported(report);
      },
      lost: (notice) => this.#lost(notice),
      serves: (name) => this.#served.add(name),
      changed: (change, ended) => {
        if (ended) this.#later = { ...this.#later, ...change.values };
        else this.#changes = [...this.#changes, change];
        this.#host.runChanged();
      },
      reset: () => {
        if (!counts()) return;
        this.#forget();
        this.#begin();
      },
    };
  }

  #reported(report: StateReport): void {
    this.report = { ...report, device: report.device ?? this.report.device };
    if (!this.replaying) this.#sayDevice(report.device);
    if (report.state === 'failed' && report.error) this.#failed(report.error);
    if (!this.replaying && this.#started) {
      // Steps asked for are done; a run that plays pauses only when told to, and does not go then. An end counts in any case.
      const stepped = this.#going && report.state === 'paused' && this.#wish !== undefined && 'advance' in this.#wish;
      if (stepped || over.includes(report.state)) this.#unwish();
    }
    this.#host.runStateChanged(this.report);
    this.#host.runChanged();
  }

  /** A policy of the page that costs the reader a device: whoever made the page can change it. */
  #sayDevice(device: DeviceInfo | undefined): void {
    const refused = device?.passedOver?.find((why) => why.includes('wasm-unsafe-eval'));
    if (refused === undefined || this.#saidDevice) return;
    this.#saidDevice = true;
    const message = `${refused} The plain TypeScript loops compute instead, which is slow.`;
    this.banner({ id: 'device', kind: 'note', heading: 'Slow here:', message });
  }

  #lost(notice: LostNotice): void {
    this.progress.rollBack();
    const { resumedFrom } = notice;
    // What was changed on steps that are done again is changed before them now.
    this.#changes = this.#changes.map((change) => ({ ...change, step: Math.min(change.step, resumedFrom ?? 0) }));
    const from =
      resumedFrom === undefined ? 'The run starts anew.' : `The run goes on from its checkpoint at step ${resumedFrom}.`;
    this.banner({ id: 'lost', kind: 'warning', heading: 'The GPU device was lost.', message: `${notice.reason}. ${from}` });
  }

  /** The worker is gone; the next start makes a new one. */
  #crashed(why: string): void {
    this.#attempt += 1;
    this.#end(`The worker stopped: ${why}`);
    this.#port = undefined;
    this.#failed({ name: 'The worker stopped.', message: why, facts: {} });
    this.#host.runStateChanged(this.report);
  }

  /** Nobody answers any more, and nothing is wished of a run that is no more. */
  #end(why: string): void {
    this.#session?.end(why);
    this.#session = undefined;
    this.#open = undefined;
    this.#started = false;
    this.#served.clear();
    this.#unwish();
  }

  /** Nothing is wished of the run any more, and the floor is free. */
  #unwish(): void {
    this.#wish = undefined;
    this.#going = false;
    this.dismiss('floor');
    leaveFloor(this);
  }

  #failed(error: SerializedError): void {
    this.#unwish();
    this.report = { ...this.report, state: 'failed', error };
    this.banner({ id: 'run', kind: 'error', heading: error.name, message: error.message });
  }
}
