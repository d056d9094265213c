/** Questions of a view to the run, with their latest answers: one declaration in place of state, `try` and `catch` in every lab. */
import { trusted } from '../runtime/contract.ts';

/** An answer with what was asked, and the settings it was computed with. */
export interface Answered<P, R, Config> {
  readonly asked: P;
  readonly value: R;
  readonly settings: Config;
}

/** What a question needs of the lab around it. */
export interface Asker<Config> {
  /** @throws Error where nothing can answer */
  ask(name: string, payload: readonly unknown[]): Promise<unknown>;
  /** The settings that the run computes with now. */
  readonly settings: Config;
  changed(): void;
}

/**
 * A question to the run. While one is being answered, only the newest of the later ones is kept and asked next; an answer that belongs
 * to an earlier run is dropped. Everything is forgotten when a run starts.
 */
export class Question<P extends readonly unknown[], R, Config> {
  readonly name: string;
  readonly #asker: Asker<Config>;
  #answer: Answered<P, R, Config> | undefined;
  #failure = '';
  #asking: P | undefined;
  #next: P | undefined;
  #run = 0;

  constructor(name: string, asker: Asker<Config>) {
    this.name = name;
    this.#asker = asker;
  }

  /** The latest answer; undefined before there is one. */
  get answer(): Answered<P, R, Config> | undefined {
    return this.#answer;
  }

  /** What was answered; undefined before that. */
  get value(): R | undefined {
    return this.#answer?.value;
  }

  /** Why the latest question has no answer, for the reader; empty where it has one. */
  get failure(): string {
    return this.#failure;
  }

  /** What is being asked now. */
  get asking(): P | undefined {
    return this.#asking;
  }

  ask(...payload: P): void {
    if (this.#asking) this.#next = payload;
    else void this.#send(payload);
  }

  /** Forgets the answer, and does not wait for one that is on its way. */
  clear(): void {
    this.#run += 1;
    this.#answer = undefined;
    this.#failure = '';
    this.#asking = undefined;
    this.#next = undefined;
    this.#asker.changed();
  }

  async #send(payload: P): Promise<void> {
    const run = this.#run;
    this.#asking = payload;
    this.#asker.changed();
    try {
      const { settings } = this.#asker;
      const value = trusted<R>(await this.#asker.ask(this.name, payload));
      if (run !== this.#run) return;
      this.#answer = { asked: payload, value, settings };
      this.#failure = '';
    } catch (error) {
      if (run !== this.#run) return;
      this.#failure = error instanceof Error ? error.message : String(error);
    }
    const next = this.#next;
    this.#asking = undefined;
    this.#next = undefined;
    this.#asker.changed();
    if (next) void this.#send(next);
  }
}
