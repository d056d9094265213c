/**
 * The expected values of each kernel workload, in double precision and in the plainest loops. A long output is checked at
 * about `SAMPLES` elements spread over it, so that the oracle stays affordable at benchmark sizes.
 */
import { type ConvShape, convOutput, type Workload } from './case.ts';
import { ADAM, BATCH_NORM_EPSILON, type Operand } from './operands.ts';

const SAMPLES = 4096;

export interface Expected {
  /** Flat indices into the output. */
  readonly indices: readonly number[];
  readonly values: Float64Array;
}

/** Undefined for whole networks, whose losses are compared between libraries and with the stored ones. */
export function expected(workload: Workload, input: Record<string, Operand>): Expected | undefined {
  switch (workload.type) {
    case 'matmul':
      return sample(workload.m * workload.n, (i) => matmulAt(workload, values(input, 'a'), values(input, 'b'), i));
    case 'conv2d':
      return convExpected(workload, input);
    case 'add':
      return sample(workload.count, (i) => at(values(input, 'a'), i) + at(values(input, 'b'), i));
    case 'relu':
      return sample(workload.count, (i) => Math.max(0, at(values(input, 'x'), i)));
    case 'replay':
      // Each dispatch negates.
      return sample(workload.count, (i) => (-1) ** workload.dispatches * at(values(input, 'x'), i));
    case 'sum':
      return sample(1, () => values(input, 'x').reduce((total, x) => total + x, 0));
    case 'max-pool':
      return sample(workload.n * (workload.h >> 1) * (workload.w >> 1) * workload.c, (i) =>
        maxPoolAt(workload, values(input, 'x'), i),
      );
    case 'batch-norm':
      return batchNormExpected(workload, input);
    case 'adam':
      return sample(workload.count, (i) => adamAt(input, i));
    default:
      return undefined;
  }
}

function sample(count: number, valueAt: (i: number) => number): Expected {
  // An odd stride that is coprime with the usual extents, so that the samples touch every row, column and channel.
  const stride = Math.max(1, Math.floor(count / SAMPLES)) | 1;
  const indices: number[] = [];
  for (let i = 0; i < count; i += stride) indices.push(i);
  if (indices[indices.length - 1] !== count - 1) indices.push(count - 1);
  return { indices, values: Float64Array.from(indices, valueAt) };
}

function matmulAt({ k, n }: { k: number; n: number }, a: Float32Array, b: Float32Array, i: number): number {
  const row = Math.floor(i / n);
  const column = i % n;
  let sum = 0;
  for (let j = 0; j < k; j++) sum += at(a, row * k + j) * at(b, j * n + column);
  return sum;
}

function convExpected(shape: ConvShape & { pass: string }, input: Record<string, Operand>): Expected {
  const { n, h, w, c, o, kernel, padding } = shape;
  const [height, width] = convOutput(shape);
  if (shape.pass === 'forward') {
    const [x, weight] = [values(input, 'x'), values(input, 'weight')];
    return sample(n * height * width * o, (i) => {
      const [image, y, column, to] = unravel(i, [n, height, width, o]);
      let sum = 0;
      for (let u = 0; u < kernel; u++) {
        for (let v = 0; v < kernel; v++) {
          const [row, col] = [y + u - padding, column + v - padding];
          if (row < 0 || row >= h || col < 0 || col >= w) continue;
          for (let from = 0; from < c; from++) {
            sum += at(x, ((image * h + row) * w + col) * c + from) * at(weight, ((u * kernel + v) * c + from) * o + to);
          }
        }
      }
      return sum;
    });
  }
  const dy = values(input, 'dy');
  if (shape.pass === 'input-gradient') {
    const weight = values(input, 'weight');
    return sample(n * h * w * c, (i) => {
      const [image, row, col, from] = unravel(i, [n, h, w, c]);
      let sum = 0;
      for (let u = 0; u < kernel; u++) {
        for (let v = 0; v < kernel; v++) {
          const [y, column] = [row - u + padding, col - v + padding];
          if (y < 0 || y >= height || column < 0 || column >= width) continue;
          for (let to = 0; to < o; to++) {
            sum += at(dy, ((image * height + y) * width + column) * o + to) * at(weight, ((u * kernel + v) * c + from) * o + to);
          }
        }
      }
      return sum;
    });
  }
  const x = values(input, 'x');
  const count = kernel * kernel * c * o;
  const stride = Math.max(1, Math.floor(count / 128)) | 1;
  const indices = Array.from({ length: Math.ceil(count / stride) }, (_, i) => i * stride);
  const at4 = (i: number) => {
    const [u, v, from, to] = unravel(i, [kernel, kernel, c, o]);
    let sum = 0;
    for (let image = 0; image < n; image++) {
      for (let y = 0; y < height; y++) {
        const row = y + u - padding;
        if (row < 0 || row >= h) continue;
        for (let column = 0; column < width; column++) {
          const col = column + v - padding;
          if (col < 0 || col >= w) continue;
          sum += at(x, ((image * h + row) * w + col) * c + from) * at(dy, ((image * height + y) * width + column) * o + to);
        }
      }
    }
    return sum;
  };
  return { indices, values: Float64Array.from(indices, at4) };
}

function maxPoolAt(shape: { h: number; w: number; c: number }, x: Float32Array, i: number): number {
  const { h, w, c } = shape;
  const [image, y, column, channel] = unravel(i, [0, h >> 1, w >> 1, c]);
  const value = (u: number, v: number) => at(x, ((image * h + 2 * y + u) * w + 2 * column + v) * c + channel);
  return Math.max(value(0, 0), value(0, 1), value(1, 0), value(1, 1));
}

/** y of the forward pass; dx of forward and gradient together. */
function batchNormExpected(shape: { pass: string; rows: number; c: number }, input: Record<string, Operand>): Expected {
  const { rows, c } = shape;
  const [x, gamma, beta] = [values(input, 'x'), values(input, 'gamma'), values(input, 'beta')];
  const dy = shape.pass === 'training' ? values(input, 'dy') : undefined;
  const mean = new Float64Array(c);
  const variance = new Float64Array(c);
  for (let i = 0; i < rows * c; i++) mean[i % c] = (mean[i % c] ?? 0) + at(x, i) / rows;
  for (let i = 0; i < rows * c; i++) variance[i % c] = (variance[i % c] ?? 0) + (at(x, i) - (mean[i % c] ?? 0)) ** 2 / rows;
  const inverse = Float64Array.from(variance, (value) => 1 / Math.sqrt(value + BATCH_NORM_EPSILON));
  const normalized = (i: number) => (at(x, i) - (mean[i % c] ?? 0)) * (inverse[i % c] ?? 0);
  if (!dy) return sample(rows * c, (i) => at(gamma, i % c) * normalized(i) + at(beta, i % c));
  const sum = new Float64Array(c);
  const projected = new Float64Array(c);
  for (let i = 0; i < rows * c; i++) {
    sum[i % c] = (sum[i % c] ?? 0) + at(dy, i) / rows;
    projected[i % c] = (projected[i % c] ?? 0) + (at(dy, i) * normalized(i)) / rows;
  }
  return sample(rows * c, (i) => {
    const channel = i % c;
    return (
      at(gamma, channel) * (inverse[channel] ?? 0) * (at(dy, i) - (sum[channel] ?? 0) - normalized(i) * (projected[channel] ?? 0))
    );
  });
}

/** The updated parameter after one step of Adam (Kingma & Ba 2015, algorithm 1). */
function adamAt(input: Record<string, Operand>, i: number): number {
  const g = at(values(input, 'g'), i);
  const m = ADAM.beta1 * at(values(input, 'm'), i) + (1 - ADAM.beta1) * g;
  const v = ADAM.beta2 * at(values(input, 'v'), i) + (1 - ADAM.beta2) * g * g;
  const corrected = Math.sqrt(v / (1 - ADAM.beta2 ** ADAM.t)) + ADAM.epsilon;
  return at(values(input, 'theta'), i) - (ADAM.learningRate * (m / (1 - ADAM.beta1 ** ADAM.t))) / corrected;
}

function values(input: Record<string, Operand>, name: string): Float32Array {
  const operand = input[name];
  if (!operand) throw new Error(`the workload has no operand '${name}'`);
  return operand.values;
}

function at(array: Float32Array, i: number): number {
  return array[i] ?? Number.NaN;
}

function unravel(i: number, shape: readonly number[]): [number, number, number, number] {
  const index = [0, 0, 0, 0];
  let rest = i;
  for (let axis = 3; axis > 0; axis--) {
    const size = shape[axis] ?? 1;
    index[axis] = rest % size;
    rest = Math.floor(rest / size);
  }
  index[0] = rest;
  return index as [number, number, number, number];
}
