/**
 * Who owns device memory. A `Storage` is a counted reference to a device buffer; tensors share it. `scope(fn)` releases every
 * tensor made inside except what it returns or keeps, so nobody disposes by hand; what was forgotten outside any scope is
 * returned by a finalisation registry.
 */
import type { Device, DeviceBuffer, MemoryInfo } from './device/device.ts';
import { ArgumentError, kindOf, requireFunction, requireSynchronous } from './errors.ts';

/** Counted reference to a device buffer. */
export class Storage {
  readonly device: Device;
  readonly buffer: DeviceBuffer;
  readonly #whole: Storage | undefined;
  #overwritten = 0;
  #overwrittenInParts = 0;
  #references = 1;

  /** @param whole set for a range of a larger buffer: it is not released on its own */
  constructor(device: Device, buffer: DeviceBuffer, whole?: Storage) {
    this.device = device;
    this.buffer = buffer;
    this.#whole = whole;
  }

  /**
   * Grows when it is overwritten, alone, as part of the whole or in a part: the tape compares, since a gradient needs the values that
   * the forward pass saw.
   */
  get version(): number {
    return this.#overwritten + this.#overwrittenInParts + (this.#whole ? this.#whole.#overwritten : 0);
  }

  overwritten(): void {
    this.#overwritten++;
    if (this.#whole) this.#whole.#overwrittenInParts++;
  }

  retain(): this {
    this.#references++;
    return this;
  }

  release(): void {
    if (--this.#references === 0 && !this.#whole) this.device.release(this.buffer);
  }
}

/** What a scope needs to know of a tensor. */
export interface Disposable {
  readonly isDisposed: boolean;
  dispose(): void;
}

interface Scope {
  readonly made: Set<Disposable>;
}

const scopes: Scope[] = [];
let live = 0;

/** Called by every new tensor. */
export function trackMade(tensor: Disposable): void {
  live++;
  scopes.at(-1)?.made.add(tensor);
}

/** Called when a tensor is disposed. */
export function trackDisposed(tensor: Disposable): void {
  live--;
  for (const scope of scopes) scope.made.delete(tensor);
}

/** Number of tensors that have been made and not released. */
export function liveTensors(): number {
  return live;
}

/** True while inside a scope. */
export function insideScope(): boolean {
  return scopes.length > 0;
}

function isDisposable(value: unknown): value is Disposable {
  return typeof value === 'object' && value !== null && 'isDisposed' in value && 'dispose' in value;
}

/** Every tensor that can be reached from `value` through arrays, maps and plain objects. */
function* reachable(value: unknown, seen = new Set<unknown>()): Generator<Disposable> {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  if (isDisposable(value)) yield value;
  else if (Array.isArray(value)) for (const item of value) yield* reachable(item, seen);
  else if (value instanceof Map) for (const item of value.values()) yield* reachable(item, seen);
  else if (Object.getPrototypeOf(value) === Object.prototype)
    for (const item of Object.values(value)) yield* reachable(item, seen);
}

/**
 * Runs `fn` and releases every tensor made inside, except those it returns (also inside arrays, maps and plain objects), which
 * the enclosing scope takes over, and those given to `keep`. If `fn` throws, everything made inside is released.
 * @param fn synchronous; await results after the scope, on the tensors it returned
 */
export function scope<T>(fn: () => T): T {
  requireFunction('scope', fn);
  const own: Scope = { made: new Set() };
  scopes.push(own);
  let result: T | undefined;
  try {
    result = fn();
    requireSynchronous('scope', result);
    return result;
  } finally {
    scopes.pop();
    const outer = scopes.at(-1);
    for (const tensor of reachable(result)) {
      if (own.made.delete(tensor)) outer?.made.add(tensor);
    }
    for (const tensor of [...own.made]) tensor.dispose();
  }
}

/** Takes a tensor out of every enclosing scope: it lives until `dispose()`. Returns it. */
export function keep<T extends Disposable>(tensor: T): T {
  for (const scope of scopes) scope.made.delete(tensor);
  return tensor;
}

/** What is alive: tensors of all devices, and the bytes of `device`. */
export function memory(device: Device): MemoryInfo & { readonly tensors: number } {
  if (typeof device?.memory !== 'function')
    throw new ArgumentError('memory', `it takes a device, such as getDevice(), not ${kindOf(device)}`);
  return { tensors: live, ...device.memory() };
}
