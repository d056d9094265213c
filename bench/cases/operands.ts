/** The input tensors of each kernel workload: the same numbers for every library. */
import { type ConvShape, convOutput, type Workload } from './case.ts';
import { uniform } from './data.ts';

/** Adam's constants in the streaming case, at step `t = 10`. */
export const ADAM = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, t: 10 } as const;
export const BATCH_NORM_EPSILON = 1e-5;

export interface Operand {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** Operands by name. Convolution: `x`, `weight`, `dy`, as the pass needs; Adam: `theta`, `g`, `m`, `v`. */
export function operands(workload: Workload): Record<string, Operand> {
  switch (workload.type) {
    case 'matmul':
      return { a: random([workload.m, workload.k], 1), b: random([workload.k, workload.n], 2) };
    case 'conv2d':
      return convOperands(workload);
    case 'add':
      return { a: random([workload.count], 1), b: random([workload.count], 2) };
    case 'relu':
    case 'sum':
      return { x: random([workload.count], 1) };
    case 'replay':
      return { x: random([workload.count], 1) };
    case 'max-pool':
      return { x: random([workload.n, workload.h, workload.w, workload.c], 1) };
    case 'batch-norm': {
      const { rows, c } = workload;
      const affine = { gamma: random([c], 2, 0.5, 1.5), beta: random([c], 3) };
      const x = random([rows, c], 1, -1, 2);
      return workload.pass === 'forward' ? { x, ...affine } : { x, ...affine, dy: random([rows, c], 4) };
    }
    case 'adam': {
      const shape = [workload.count];
      return { theta: random(shape, 1), g: random(shape, 2), m: random(shape, 3, -0.1, 0.1), v: random(shape, 4, 0.001, 0.1) };
    }
    default:
      return {};
  }
}

function convOperands(workload: ConvShape & { pass: string }): Record<string, Operand> {
  const { n, h, w, c, o, kernel } = workload;
  const [height, width] = convOutput(workload);
  const x = random([n, h, w, c], 1);
  const weight = random([kernel, kernel, c, o], 2);
  const dy = random([n, height, width, o], 3);
  if (workload.pass === 'forward') return { x, weight };
  return workload.pass === 'input-gradient' ? { dy, weight } : { x, dy };
}

function random(shape: readonly number[], seed: number, low = -1, high = 1): Operand {
  const count = shape.reduce((a, b) => a * b, 1);
  return { shape, values: uniform(count, seed, low, high) };
}
