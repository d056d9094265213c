/**
 * Every error that the engine raises on purpose. Each has a stable `code` (for programs), a message that says what happened and
 * what to do about it (for people), and the facts of the case as fields (for a page that wants to show them its own way).
 */

/** Base of all errors of the engine: catch this to tell a foreseen failure from a bug. */
export class ChalkgradError extends Error {
  /** Stable identifier, the same in every release. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.name = new.target.name;
  }
}

const formatShape = (shape: readonly number[]): string => `[${shape.join(', ')}]`;

const formatCount = (value: number): string => value.toLocaleString('en-US', { maximumFractionDigits: 3 });

/** Bytes in the unit that reads best: 1536 → '1.5 KiB'. */
function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toFixed(1))} ${units[unit]}`;
}

/** The shapes of the operands do not fit the operation. */
export class ShapeError extends ChalkgradError {
  readonly op: string;
  readonly shapes: readonly (readonly number[])[];
  readonly rule: string;

  /**
   * @param op name of the operation as the caller wrote it, for example 'matmul'
   * @param shapes the shapes that were given, in the order of the arguments
   * @param rule what must hold, for example 'the last axis of a must equal the first axis of b'
   */
  constructor(op: string, shapes: readonly (readonly number[])[], rule: string) {
    const given = shapes.length === 0 ? 'no shapes' : shapes.map(formatShape).join(' and ');
    super('SHAPE', `${op}: got ${given}, but ${rule}.`);
    this.op = op;
    this.shapes = shapes;
    this.rule = rule;
  }
}

/** Elements of a type that an operation has no form for. */
export class DTypeError extends ChalkgradError {
  readonly op: string;
  readonly dtype: string;

  /**
   * @param op name of the operation as the caller wrote it, for example 'exp'
   * @param dtype the element type that was given
   * @param rule what it takes, for example 'the labels must be i32'
   * @param to the type to convert to
   */
  constructor(op: string, dtype: string, rule = 'it has a form for f32 only', to = 'f32') {
    super('DTYPE', `${op}: got a tensor of ${dtype}, but ${rule}. Convert it first: cast(x, '${to}').`);
    this.op = op;
    this.dtype = dtype;
  }
}

/** A function was given an argument of another kind than it takes. */
export class ArgumentError extends ChalkgradError {
  readonly op: string;

  /**
   * @param op name of the function
   * @param message what it takes and what it was given, for example 'the shape must be a list of whole numbers, not an object'
   */
  constructor(op: string, message: string) {
    super('ARGUMENT', `${op}: ${message}.`);
    this.op = op;
  }
}

/** What kind of value this is, in words for a message. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Promise) return 'a promise';
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object') return `the ${typeof value} ${typeof value === 'string' ? `'${value}'` : String(value)}`;
  const name = value.constructor?.name;
  return name && name !== 'Object' ? `a ${name}` : 'an object';
}

/** @throws ArgumentError unless the value is a function */
export function requireFunction(op: string, value: unknown): void {
  if (typeof value !== 'function') throw new ArgumentError(op, `it takes a function, not ${kindOf(value)}`);
}

/** @throws ArgumentError unless the value is an object with named values; options, for example */
export function requireRecord(op: string, value: unknown, what = 'its options'): void {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value)) return;
  throw new ArgumentError(op, `${what} must be an object, not ${kindOf(value)}`);
}

/**
 * Refuses a function that would go on after its frame is closed: what it did after its first `await` would be outside.
 * @param result what the function returned
 * @throws ArgumentError for a promise
 */
export function requireSynchronous(frame: string, result: unknown): void {
  const { then } = (result ?? {}) as { then?: unknown };
  if (typeof then !== 'function') return;
  // What it still does fails on its own; nobody is left to be told.
  Promise.resolve(result).catch(() => {});
  throw new ArgumentError(`${frame}(fn)`, 'fn must be synchronous. Return the tensors and await their data afterwards');
}

/** Something would exceed a limit of the device (buffer size, bindings, workgroups…). */
export class LimitError extends ChalkgradError {
  readonly what: string;
  readonly needed: number;
  readonly limit: number;

  /**
   * @param what the tensor or resource and the limit it meets, for example "tensor 'conv1' [64, 224, 224, 64] (maxStorageBufferBindingSize)"
   * @param needed how much it needs, in the unit of the limit
   * @param limit what the device allows
   */
  constructor(what: string, needed: number, limit: number) {
    super(
      'LIMIT',
      `${what} needs ${formatCount(needed)}, but this device allows ${formatCount(limit)}. Use a smaller batch, image or network, or split the work.`,
    );
    this.what = what;
    this.needed = needed;
    this.limit = limit;
  }
}

/** The device has no memory left for an allocation. */
export class OutOfMemoryError extends ChalkgradError {
  readonly what: string;
  readonly bytes: number;

  /**
   * @param what what was being allocated
   * @param bytes the size of the allocation that failed
   */
  constructor(what: string, bytes: number, options?: ErrorOptions) {
    super(
      'OUT_OF_MEMORY',
      `The device is out of memory: ${what} needs ${formatBytes(bytes)}. Use a smaller batch or network, dispose of tensors that are no longer needed (see memory()), or close other pages that use the GPU.`,
      options,
    );
    this.what = what;
    this.bytes = bytes;
  }
}

/** The GPU device went away (driver reset, sleep, too long a kernel). Tensors on it are gone; checkpoints are not. */
export class DeviceLostError extends ChalkgradError {
  readonly reason: string;

  /** @param reason what the platform says about the loss */
  constructor(reason: string, options?: ErrorOptions) {
    super(
      'DEVICE_LOST',
      `The GPU device was lost (${reason || 'no reason given'}). Call init() again to get a new device and resume from the last checkpoint.`,
      options,
    );
    this.reason = reason;
  }
}

/** A tensor was used after its memory had been released. */
export class DisposedTensorError extends ChalkgradError {
  readonly op: string;
  readonly madeAt: string;

  /**
   * @param op the operation that tried to use the tensor
   * @param madeAt where the tensor was made: the operation, and the place in the code where known
   */
  constructor(op: string, madeAt: string) {
    super(
      'DISPOSED_TENSOR',
      `${op}: the tensor made by ${madeAt} has already been released. Return it from its scope() or call keep() on it to use it later.`,
    );
    this.op = op;
    this.madeAt = madeAt;
  }
}

/** A file does not have the form that its format demands: truncated, corrupt or of another kind. */
export class DataFormatError extends ChalkgradError {
  readonly file: string;
  readonly offset: number;
  readonly expectation: string;

  /**
   * @param file name or address of the file
   * @param offset byte at which the file departs from the format
   * @param expectation what should be there, for example 'magic number 0x00000803, found 0x1f8b0800'
   */
  constructor(file: string, offset: number, expectation: string, options?: ErrorOptions) {
    super(
      'DATA_FORMAT',
      `${file}: at byte ${offset} expected ${expectation}. The file is damaged, incomplete or of another format: fetch it again or choose another.`,
      options,
    );
    this.file = file;
    this.offset = offset;
    this.expectation = expectation;
  }
}

/** A loss, gradient or activation is infinite or not a number. */
export class NonFiniteError extends ChalkgradError {
  readonly layer: string;
  readonly step: number;

  /**
   * @param layer name of the first layer or value that is not finite
   * @param step training step at which it was seen, counted from 0
   */
  constructor(layer: string, step: number) {
    super(
      'NON_FINITE',
      `'${layer}' is not finite at step ${step}. Lower the learning rate, clip the gradients, or look at this layer's inputs.`,
    );
    this.layer = layer;
    this.step = step;
  }
}

/** A data set is not there. It disables what needs it and nothing else. */
export class MissingDataError extends ChalkgradError {
  readonly dataset: string;
  readonly command: string;

  /**
   * @param dataset name of the data set, for example 'cifar-10'
   * @param command what to run to get it, for example 'npm run data -- --set cifar-10'
   */
  constructor(dataset: string, command: string, options?: ErrorOptions) {
    super('MISSING_DATA', `The data set '${dataset}' is not here. Run '${command}' and try again.`, options);
    this.dataset = dataset;
    this.command = command;
  }
}

/** A configuration value is unknown, of the wrong type or out of range. */
export class ConfigError extends ChalkgradError {
  readonly path: string;

  /**
   * @param path where the value stands, for example 'network[3].kernel'
   * @param message what is wrong and what is allowed
   */
  constructor(path: string, message: string) {
    super('CONFIG', `${path}: ${message}`);
    this.path = path;
  }
}

/** WebAssembly with SIMD cannot be used here. `init({ device: 'auto' })` falls back to the TypeScript reference instead of raising this. */
export class NoWebAssemblyError extends ChalkgradError {
  /** @param reason what is missing, for example 'this browser lacks its SIMD instructions (128 bits)' */
  constructor(reason: string, options?: ErrorOptions) {
    super(
      'NO_WEBASSEMBLY',
      `WebAssembly cannot be used here: ${reason}. Use a recent browser, allow it in the page's policy, or init({ device: 'cpu' }).`,
      options,
    );
  }
}

/** No usable WebGPU adapter. `init({ device: 'auto' })` falls back to the CPU instead of raising this. */
export class NoWebGPUError extends ChalkgradError {
  /** @param reason what is missing, for example 'navigator.gpu is undefined' */
  constructor(reason: string, options?: ErrorOptions) {
    super(
      'NO_WEBGPU',
      `WebGPU is not available here (${reason}). Use a recent Chrome, Edge, Safari or Firefox on a secure (https or localhost) page, or init({ device: 'cpu' }).`,
      options,
    );
  }
}
