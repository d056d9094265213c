/** The page's side of a run: sends wishes to the host, passes on what comes back. */
import type { LabEvent } from './events.ts';
import type { DeviceInfo, DevicePreference, GivenFiles, TuneMode } from './experiment.ts';
import type { Port, ToClient, ToHost } from './protocol.ts';
import type { Change, LostNotice, RunState, StateReport } from './runner.ts';
import { reviveError } from './serialize-error.ts';

/** What plays events at a page: a live session or a recording. */
export interface RunSource {
  readonly state: RunState;
  play(): void;
  pause(): void;
  /** Runs until `count` more steps are done. */
  advance(count: number): void;
  /** Infinity: as fast as it goes. */
  setSpeed(stepsPerSecond: number): void;
  stop(): void;
}

export interface RunListener {
  events(events: readonly LabEvent[]): void;
  state(report: StateReport): void;
  lost?(notice: LostNotice): void;
  /** The run answers this question from now on. */
  serves?(name: string): void;
  /** The run has taken over changed parameters. @param ended after its end: nothing of it was made with them */
  changed?(change: Change, ended: boolean): void;
  /** All that was delivered no longer counts: a recording begins anew. */
  reset?(): void;
}

export interface SessionStart {
  /** Steps to take at once; Infinity plays; default: none. */
  readonly wanted?: number;
  readonly config: Readonly<Record<string, unknown>>;
  readonly device?: DevicePreference;
  readonly tune?: TuneMode;
  readonly dataUrl?: string;
  readonly checkpoint?: Uint8Array | undefined;
  readonly files?: GivenFiles | undefined;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

export class Session implements RunSource {
  readonly #port: Port;
  readonly #listener: RunListener;
  readonly #replies = new Map<number, Waiting>();
  #run = 0;
  #requests = 0;
  #report: StateReport = { state: 'idle', step: 0 };
  /** Why nothing comes from the port any more. */
  #gone: Error | undefined;

  constructor(port: Port, listener: RunListener) {
    this.#port = port;
    this.#listener = listener;
    port.addEventListener('message', (event) => this.#receive(event.data));
  }

  get state(): RunState {
    return this.#report.state;
  }

  get device(): DeviceInfo | undefined {
    return this.#report.device;
  }

  /** Throws away the present run and prepares a new one; `play` or `advance` set it going, also while it is still being prepared. */
  start(options: SessionStart): void {
    this.#run += 1;
    this.#settle(new Error('The run that was asked has been replaced by another.'));
    this.#report = { state: 'starting', step: 0 };
    this.#listener.state(this.#report);
    const { config, wanted, device = 'auto', tune, dataUrl = '', checkpoint, files } = options;
    this.#send({ type: 'start', run: this.#run, config, wanted, device, tune, dataUrl, checkpoint, files });
  }

  play(): void {
    this.#send({ type: 'play' });
  }

  advance(count: number): void {
    this.#send({ type: 'advance', count });
  }

  pause(): void {
    this.#send({ type: 'pause' });
  }

  /** Tells whether the reader can see the run; nothing is measured while not. */
  setSeen(seen: boolean): void {
    this.#send({ type: 'seen', seen });
  }

  setSpeed(stepsPerSecond: number): void {
    this.#send({ type: 'speed', stepsPerSecond });
  }

  update(config: Readonly<Record<string, unknown>>): void {
    this.#send({ type: 'update', config });
  }

  /** @throws whatever the experiment's handler threw, by name and message; or why no answer can come any more */
  request(name: string, payload?: unknown): Promise<unknown> {
    if (this.#gone) return Promise.reject(this.#gone);
    const id = ++this.#requests;
    return new Promise((resolve, reject) => {
      this.#replies.set(id, { resolve, reject });
      this.#send({ type: 'request', id, name, payload });
    });
  }

  stop(): void {
    this.#send({ type: 'stop' });
  }

  /** Destroys the device that the run computes on; see OpenDevice.lose. */
  loseDevice(): void {
    this.#send({ type: 'lose-device' });
  }

  /** Nothing comes from the port any more: the worker has died or was closed. Everyone who waits for an answer is told. */
  end(why: string): void {
    this.#gone = new Error(why);
    this.#run += 1;
    this.#settle(this.#gone);
  }

  #settle(error: Error): void {
    for (const waiting of this.#replies.values()) waiting.reject(error);
    this.#replies.clear();
  }

  #send(message: ToHost): void {
    this.#port.postMessage(message);
  }

  #receive(message: ToClient): void {
    if (this.#gone) return;
    if ('run' in message && message.type !== 'events' && message.run !== this.#run) return;
    switch (message.type) {
      case 'events':
        this.#send({ type: 'ack' });
        if (message.run === this.#run) this.#listener.events(message.events);
        break;
      case 'state':
        // The client has already reported that it starts.
        if (message.report.state === 'starting') break;
        this.#report = message.report;
        this.#listener.state(message.report);
        break;
      case 'serves':
        this.#listener.serves?.(message.name);
        break;
      case 'changed':
        this.#listener.changed?.(message.change, message.ended);
        break;
      case 'lost':
        this.#listener.lost?.(message.notice);
        break;
      case 'reply': {
        const waiting = this.#replies.get(message.id);
        this.#replies.delete(message.id);
        if (message.error) waiting?.reject(reviveError(message.error));
        else waiting?.resolve(message.value);
        break;
      }
      case 'log':
        console.info(message.message);
        break;
      case 'ready':
      case 'unavailable':
        break;
    }
  }
}
