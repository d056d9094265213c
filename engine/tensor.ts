/**
 * A tensor: a shape, an element type and counted device memory, dense and row-major. Activations are NHWC, convolution weights
 * HWIO, linear weights [in, out]. Tensors are never changed by operations; parameters are changed by optimisers only.
 */
import type { TapeNode } from './autodiff.ts';
import { BUFFER_ALIGNMENT, type Device, type DeviceBuffer } from './device/device.ts';
import type { RecordingDevice } from './device/recording-device.ts';
import { ArgumentError, DisposedTensorError, DTypeError, kindOf, requireRecord, ShapeError } from './errors.ts';
import { fill, floatBits } from './kernels/fill.ts';
import { Storage, trackDisposed, trackMade } from './memory.ts';

export type Shape = readonly number[];
export type DType = 'f32' | 'i32' | 'u32';
export type TypedArray<D extends DType = DType> = {
  f32: Float32Array<ArrayBuffer>;
  i32: Int32Array<ArrayBuffer>;
  u32: Uint32Array<ArrayBuffer>;
}[D];

const arrays = { f32: Float32Array, i32: Int32Array, u32: Uint32Array } as const;

/** Number of elements of a shape; 1 for a scalar. */
export function sizeOf(shape: Shape): number {
  return shape.reduce((product, length) => product * length, 1);
}

/** True where both shapes are equal. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((length, axis) => length === b[axis]);
}

/** @throws ArgumentError unless it is a list; ShapeError unless every length is a whole number ≥ 0 */
export function checkShape(op: string, shape: Shape): Shape {
  if (!Array.isArray(shape)) {
    throw new ArgumentError(op, `the shape must be a list of whole numbers, not ${kindOf(shape)}${hintOfOptions(shape)}`);
  }
  if (!shape.every((length) => Number.isInteger(length) && length >= 0)) {
    throw new ShapeError(op, [shape], 'every length must be a whole number of at least 0');
  }
  return shape;
}

const hintOfOptions = (value: unknown): string =>
  typeof value === 'object' && value !== null ? ' (options come after the shape, which may be undefined)' : '';

/** The least and the greatest value of the integer types. */
const RANGES = { i32: [-(2 ** 31), 2 ** 31 - 1], u32: [0, 2 ** 32 - 1] } as const;

/** @throws DTypeError where a number is no element of the type: 1.5 or 3e9 in i32 would become another number */
function checkElement(op: string, value: number, dtype: 'i32' | 'u32'): void {
  const [low, high] = RANGES[dtype];
  if (!Number.isInteger(value) || value < low || value > high) {
    throw new DTypeError(op, 'f32', `${value} is no ${dtype} number: it must be a whole number from ${low} to ${high}`, dtype);
  }
}

/** Numbers as elements of a type. @throws DTypeError for what an integer type cannot hold */
function elementsOf(op: string, values: ArrayLike<number>, dtype: DType): TypedArray {
  if (values instanceof arrays[dtype]) return values as TypedArray;
  if (dtype !== 'f32') for (let i = 0; i < values.length; i++) checkElement(op, values[i] as number, dtype);
  return arrays[dtype].from(values);
}

/** The 32 bits that hold a number as an element of a type, for `fill`. @throws DTypeError for what an integer type cannot hold */
export function wordOf(op: string, value: number, dtype: DType): number {
  if (typeof value !== 'number') throw new ArgumentError(op, `the value must be a number, not ${kindOf(value)}`);
  if (dtype === 'f32') return floatBits(value);
  checkElement(op, value, dtype);
  return value >>> 0;
}

/** Elements of one type as another, as `cast` does it: cut towards zero and clamped to what the type holds; NaN becomes 0. */
function converted(own: TypedArray, dtype: DType): TypedArray {
  if (dtype === 'f32') return Float32Array.from(own);
  const [low, high] = RANGES[dtype];
  return arrays[dtype].from(Array.from(own, (value) => Math.min(Math.max(Math.trunc(value) || 0, low), high)));
}

const forgotten = new FinalizationRegistry<Storage>((storage) => storage.release());

export interface TensorOptions {
  readonly requiresGrad?: boolean;
  /** What made it, for messages; default the place that called. */
  readonly madeBy?: string;
}

export class Tensor {
  readonly shape: Shape;
  readonly dtype: DType;
  /** Gradients flow to this tensor. Floats only. */
  requiresGrad: boolean;
  /** Filled by `backward()` on leaves that require gradients (parameters). */
  grad: Tensor | null = null;
  /** The operation that made it, while it is on the tape; also after release, so that back-propagation notices what is missing. */
  node: TapeNode | null = null;
  /** Shown in messages: a parameter's or layer's name. */
  name = '';
  readonly #storage: Storage;
  readonly #madeBy: string;
  #disposed = false;

  /** Takes over one reference of `storage`. Use `tensor()`, `zeros()` and the like to make tensors. */
  constructor(storage: Storage, shape: Shape, dtype: DType, options: TensorOptions = {}) {
    this.shape = shape;
    this.dtype = dtype;
    this.requiresGrad = options.requiresGrad ?? false;
    this.#storage = storage;
    this.#madeBy = options.madeBy ?? 'tensor()';
    trackMade(this);
    forgotten.register(this, storage, this);
  }

  get device(): Device {
    return this.#storage.device;
  }

  get rank(): number {
    return this.shape.length;
  }

  /** Number of elements. */
  get size(): number {
    return sizeOf(this.shape);
  }

  get isDisposed(): boolean {
    return this.#disposed;
  }

  /**
   * The device memory, for a kernel.
   * @param op the operation that reads it, for the message
   * @throws DisposedTensorError naming `op` and what made this tensor
   */
  buffer(op: string): DeviceBuffer {
    if (this.#disposed) throw new DisposedTensorError(op, this.#describe());
    return this.#storage.buffer;
  }

  /** Another tensor on the same memory, with another shape of the same size and without history. */
  alias(shape: Shape = this.shape, madeBy = this.#madeBy): Tensor {
    if (this.#disposed) throw new DisposedTensorError(madeBy, this.#describe());
    return new Tensor(this.#storage.retain(), shape, this.dtype, { madeBy });
  }

  /** The same values, cut from the tape. */
  detach(): Tensor {
    return this.alias(this.shape, 'detach');
  }

  /**
   * Copies the elements to the host, row-major.
   * @param dtype type of the array, default f32: whole numbers beyond 2²⁴ are rounded in it, so read large integers with `data('i32')`
   */
  async data(): Promise<Float32Array<ArrayBuffer>>;
  async data<D extends DType>(dtype: D): Promise<TypedArray<D>>;
  async data(dtype: DType = 'f32'): Promise<TypedArray> {
    const bytes = await this.device.read(this.buffer('data'), 0, this.size * 4);
    const own = new arrays[this.dtype](bytes);
    return dtype === this.dtype ? own : converted(own, dtype);
  }

  /** The value of a tensor of one element. @throws ShapeError for any other size */
  async item(): Promise<number> {
    if (this.size !== 1) throw new ShapeError('item', [this.shape], 'the tensor must have exactly one element');
    return (await this.data(this.dtype))[0] as number;
  }

  /** Overwrites the elements from the host; for parameters and inputs, never for a tensor that is on the tape. */
  write(values: ArrayLike<number>): void {
    if (this.node) {
      throw new ArgumentError(
        'write',
        'this tensor was computed and its gradient is still on the tape. Write to a leaf, or to detach() of it',
      );
    }
    if (typeof values !== 'object' || values === null)
      throw new ArgumentError('write', `it takes a list of numbers, not ${kindOf(values)}`);
    if (values.length !== this.size)
      throw new ShapeError('write', [this.shape, [values.length]], 'the number of values must match');
    this.device.write(this.buffer('write'), elementsOf('write', values, this.dtype));
    // Not a part of a step that is being recorded: the host writes once.
    this.#storage.overwritten();
  }

  /** Grows when the elements are overwritten; shared by all aliases. */
  get version(): number {
    return this.#storage.version;
  }

  /**
   * Tells the tape that the elements are others now: to be called by whatever changes a tensor in place. In a step that is being
   * recorded, each execution tells it again.
   */
  overwritten(): void {
    this.#storage.overwritten();
    this.device.recordOverwritten?.(this.#storage);
  }

  /** Releases the memory now. Doing it twice does nothing. What was computed from it cannot be differentiated through it any more. */
  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    forgotten.unregister(this);
    trackDisposed(this);
    this.#storage.release();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  toString(): string {
    return `Tensor ${this.dtype}[${this.shape.join(', ')}]${this.name ? ` '${this.name}'` : ''}`;
  }

  #describe(): string {
    return `${this.#madeBy}${this.name ? ` ('${this.name}')` : ''} [${this.shape.join(', ')}]`;
  }
}

let defaultDevice: RecordingDevice | undefined;

/** The device on which new tensors are made. @throws Error before init() */
export function getDevice(): RecordingDevice {
  if (!defaultDevice) throw new Error('No device yet: call `await init()` first.');
  return defaultDevice;
}

/** Makes `device` the one on which new tensors are made. */
export function setDevice(device: RecordingDevice | undefined): void {
  defaultDevice = device;
}

/** Nested lists of numbers, as deep as the tensor's rank. */
export type NestedNumbers = number | readonly NestedNumbers[];

function shapeOf(values: NestedNumbers): number[] {
  return !Array.isArray(values) ? [] : [values.length, ...(values.length > 0 ? shapeOf(values[0] as NestedNumbers) : [])];
}

function flatten(values: NestedNumbers, shape: Shape, depth: number, into: number[]): void {
  if (typeof values !== 'number' && !Array.isArray(values)) {
    throw new ArgumentError('tensor', `the values must be numbers in nested lists or one typed array, not ${kindOf(values)}`);
  }
  if (typeof values === 'number') {
    if (depth !== shape.length) throw new ShapeError('tensor', [shape], 'nested lists must be equally long and deep');
    into.push(values);
    return;
  }
  if (values.length !== shape[depth]) throw new ShapeError('tensor', [shape], 'nested lists must be equally long and deep');
  for (const value of values) flatten(value, shape, depth + 1, into);
}

export interface NewTensorOptions {
  readonly dtype?: DType;
  readonly requiresGrad?: boolean;
  readonly device?: Device;
}

/** Device memory for a tensor that a kernel fills; its content is arbitrary until then. */
export function emptyTensor(shape: Shape, madeBy: string, dtype: DType = 'f32', device: Device = getDevice()): Tensor {
  checkShape(madeBy, shape);
  if (!(dtype in arrays)) throw new ArgumentError(madeBy, `'${dtype}' is no element type; use 'f32', 'i32' or 'u32'`);
  const buffer = device.allocate(sizeOf(shape) * 4, `${madeBy} [${shape.join(', ')}]`);
  return new Tensor(new Storage(device, buffer), shape, dtype, { madeBy });
}

/**
 * A tensor from numbers.
 * @param values nested lists (their nesting gives the shape), or a flat array or typed array with `shape`
 * @param options.dtype default: i32 for an Int32Array, u32 for a Uint32Array, else f32
 * @throws ShapeError when the numbers do not fill the shape
 * @throws DTypeError for a number that an integer type cannot hold, and for integers that should require gradients
 * @throws ArgumentError for values that are no numbers, or a shape that is no list
 */
export function tensor(values: NestedNumbers | ArrayLike<number>, shape?: Shape, options: NewTensorOptions = {}): Tensor {
  requireRecord('tensor', options);
  const dtype = options.dtype ?? (values instanceof Int32Array ? 'i32' : values instanceof Uint32Array ? 'u32' : 'f32');
  let flat: ArrayLike<number>;
  let target: Shape;
  if (ArrayBuffer.isView(values) && !(values instanceof BigInt64Array) && 'length' in values) {
    flat = values as unknown as ArrayLike<number>;
    target = shape ?? [flat.length];
  } else {
    const inferred = shapeOf(values as NestedNumbers);
    const list: number[] = [];
    flatten(values as NestedNumbers, inferred, 0, list);
    flat = list;
    target = shape ?? inferred;
  }
  if (sizeOf(checkShape('tensor', target)) !== flat.length) {
    throw new ShapeError('tensor', [target], `the shape must hold the ${flat.length} given values`);
  }
  const elements = elementsOf('tensor', flat, dtype in arrays ? dtype : 'f32');
  const made = emptyTensor(target, 'tensor()', dtype, options.device);
  made.write(elements);
  return leaf('tensor', made, options);
}

/** Makes a new tensor a leaf that gradients reach, where that is asked for. */
function leaf(op: string, made: Tensor, { requiresGrad = false }: NewTensorOptions): Tensor {
  if (requiresGrad && made.dtype !== 'f32') {
    made.dispose();
    throw new DTypeError(op, made.dtype, 'only f32 tensors can require gradients');
  }
  made.requiresGrad = requiresGrad;
  return made;
}

/** A tensor whose elements all equal `value`. @throws DTypeError for a value that an integer type cannot hold */
export function full(shape: Shape, value: number, options: NewTensorOptions = {}): Tensor {
  requireRecord('full', options);
  const dtype = options.dtype ?? 'f32';
  const bits = wordOf('full', value, dtype);
  const made = emptyTensor(shape, 'full()', dtype, options.device);
  if (made.size > 0) made.device.run(fill, { y: made.buffer('full()') }, { count: made.size, bits });
  return leaf('full', made, options);
}

export function zeros(shape: Shape, options: NewTensorOptions = {}): Tensor {
  return full(shape, 0, options);
}

export function ones(shape: Shape, options: NewTensorOptions = {}): Tensor {
  return full(shape, 1, options);
}

/**
 * Puts tensors side by side in one buffer, each at an aligned offset, so that one kernel can walk through all of them.
 * @returns the flat tensor over everything and the given shapes as ranges of it; dispose the flat one last
 */
export function arena(
  shapes: readonly Shape[],
  madeBy: string,
  device: Device = getDevice(),
): { flat: Tensor; ranges: Tensor[] } {
  const floats = BUFFER_ALIGNMENT / 4;
  const offsets: number[] = [];
  let total = 0;
  for (const shape of shapes) {
    offsets.push(total);
    total += Math.max(1, Math.ceil(sizeOf(shape) / floats)) * floats;
  }
  const buffer = device.allocate(total * 4, madeBy);
  const whole = new Storage(device, buffer);
  const flat = new Tensor(whole, [total], 'f32', { madeBy });
  flat.write(new Float32Array(total));
  const ranges = shapes.map((shape, index) => {
    const range = device.view(buffer, (offsets[index] as number) * 4, sizeOf(shape) * 4);
    return new Tensor(new Storage(device, range, whole), shape, 'f32', { madeBy });
  });
  return { flat, ranges };
}
