/**
 * What the run and the page of a lab say to each other, declared once: in the lab's `experiment.ts`, as an interface that `run`,
 * `context.serve`, the view's `store` and its questions are all typed by.
 *
 *     export interface Denoising {
 *       result: DenoiseResult;
 *       data: { baselines: Baselines; [layout: `layout ${number}`]: Layout };
 *       requests: { inside(of: { set: SetName; index: number }): readonly Level[] };
 *     }
 */
export interface Contract {
  /** What `run` returns: JSON-compatible. */
  readonly result?: unknown;
  /** Values of `data` events, by name. */
  readonly data?: object;
  /** Questions that the run answers: a function of the question's payload (one argument or none). */
  readonly requests?: object;
}

/** A contract that says nothing: what the runtime carries for every lab. */
export interface AnyContract extends Contract {
  readonly result?: unknown;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly requests?: Readonly<Record<string, (payload?: unknown) => unknown>>;
}

/** Names of what an interface declares. */
export type Names<T> = keyof T & string;

export type ResultOf<C> = C extends { readonly result: infer R } ? R : C extends AnyContract ? unknown : undefined;
export type DataOf<C> = C extends { readonly data?: infer D extends object } ? D : Record<never, never>;
export type RequestsOf<C> = C extends { readonly requests?: infer R extends object } ? R : Record<never, never>;

/** What is asked: the arguments of a request, one or none. */
export type Asked<F> = F extends (...payload: infer P) => unknown ? P : never;
/** What is answered. */
export type Answer<F> = F extends (...payload: never[]) => infer R ? Awaited<R> : never;

/** The last value of each name that a contract declares. */
export class NamedValues<D> {
  readonly #values = new Map<string, unknown>();

  get<K extends Names<D>>(name: K): D[K] | undefined {
    return trusted<D[K] | undefined>(this.#values.get(name));
  }

  has(name: Names<D>): boolean {
    return this.#values.has(name);
  }

  /** @param value what an event brought: of the declared type, as the experiment that told it was checked against the contract */
  set(name: string, value: unknown): void {
    this.#values.set(name, value);
  }
}

/**
 * The border between run and page: a value that came through a message has the type that the contract gives it, because the code on
 * the other side was compiled against the same contract. Only the runtime may say so.
 */
export function trusted<T>(value: unknown): T {
  return value as T;
}
