/** Random tensors and dropout, drawn on the device. */
import { defineOperation, type Operation } from '../autodiff.ts';
import { ConfigError } from '../errors.ts';
import {
  randomBernoulli as bernoulliKernel,
  type ChannelDropoutParams,
  type DropoutParams,
  dropoutChannels,
  dropout as dropoutKernel,
  randomNormal as normalKernel,
  randomUniform as uniformKernel,
} from '../kernels/random.ts';
import { keep } from '../memory.ts';
import { Generator } from '../random.ts';
import { checkShape, emptyTensor, getDevice, type Shape, sizeOf, type Tensor, tensor } from '../tensor.ts';
import { imageAxes } from './arguments.ts';
import { compute, run } from './run.ts';

/**
 * A generator whose words lie on the device as data, so that a recorded step draws new numbers each time it is replayed: draws are
 * numbered within a step, and `advance()` goes to the next step by one small write.
 */
export class DeviceGenerator {
  readonly generator: Generator;
  /** u32 [4]: seed, stream, step, 0 */
  readonly state: Tensor;
  #draw = 0;

  /** @param seed a number, or a generator to continue */
  constructor(seed: number | Generator, stream = 'device', device = getDevice()) {
    this.generator = typeof seed === 'number' ? new Generator(seed, stream) : seed;
    this.state = keep(tensor(new Uint32Array(4), [4], { dtype: 'u32', device }));
    this.state.write(this.#words());
  }

  /** Number of the next draw within this step. */
  nextDraw(): number {
    return this.#draw++;
  }

  /** Goes to the next step: every draw gives new numbers. */
  advance(): void {
    this.generator.step = (this.generator.step + 1) >>> 0;
    this.rewind();
  }

  /** Starts the current step again (also after `generator.step` has been set). */
  rewind(): void {
    this.#draw = 0;
    this.state.write(this.#words());
  }

  dispose(): void {
    this.state.dispose();
  }

  #words(): Uint32Array {
    const { seed, stream, step } = this.generator;
    return Uint32Array.of(seed, stream, step, 0);
  }
}

export interface RandomOption {
  readonly rng: DeviceGenerator;
}

/** Uniform in [low, high), rounded to float32: where that has no number between, `high` itself may come out. */
export function randomUniform(shape: Shape, { rng, low = 0, high = 1 }: RandomOption & { low?: number; high?: number }): Tensor {
  checkShape('randomUniform', shape);
  return compute(uniformKernel, { state: rng.state }, shape, { count: sizeOf(shape), draw: rng.nextDraw(), low, high });
}

/** Normal with the given mean and standard deviation (Box–Muller). */
export function randomNormal(shape: Shape, { rng, mean = 0, std = 1 }: RandomOption & { mean?: number; std?: number }): Tensor {
  checkShape('randomNormal', shape);
  return compute(normalKernel, { state: rng.state }, shape, { count: sizeOf(shape), draw: rng.nextDraw(), mean, std });
}

/** 1 with probability p, else 0. */
export function randomBernoulli(shape: Shape, { rng, p }: RandomOption & { p: number }): Tensor {
  checkShape('randomBernoulli', shape);
  return compute(bernoulliKernel, { state: rng.state }, shape, {
    count: sizeOf(shape),
    draw: rng.nextDraw(),
    p: probability('randomBernoulli', p),
  });
}

function probability(op: string, p: number): number {
  if (!(p >= 0 && p <= 1)) throw new ConfigError(`${op}.p`, `${p} is not a probability between 0 and 1.`);
  return p;
}

/** The mask is drawn again for the gradient instead of being stored: same words, same draw. */
const dropoutOp: Operation<DropoutParams> = defineOperation<DropoutParams>({
  name: 'dropout',
  equation: dropoutKernel.equation,
  saves: 'inputs',
  forward([x, state], params) {
    const y = emptyTensor((x as Tensor).shape, 'dropout', 'f32', (x as Tensor).device);
    run(dropoutKernel, { x: x as Tensor, state: state as Tensor, y }, params);
    return y;
  },
  gradient: (gy, { inputs, attrs }) => [dropoutOp([gy, inputs[1] as Tensor], attrs), null],
});

const dropoutChannelsOp: Operation<ChannelDropoutParams> = defineOperation<ChannelDropoutParams>({
  name: 'dropout2d',
  equation: dropoutChannels.equation,
  saves: 'inputs',
  forward([x, state], params) {
    const y = emptyTensor((x as Tensor).shape, 'dropout2d', 'f32', (x as Tensor).device);
    run(dropoutChannels, { x: x as Tensor, state: state as Tensor, y }, params);
    return y;
  },
  gradient: (gy, { inputs, attrs }) => [dropoutChannelsOp([gy, inputs[1] as Tensor], attrs), null],
});

/** Inverted dropout (Srivastava 2014): each element is 0 with probability p, else divided by 1 − p. For training only. */
export function dropout(x: Tensor, { p, rng }: RandomOption & { p: number }): Tensor {
  return dropoutOp([x, rng.state], { count: x.size, draw: rng.nextDraw(), p: probability('dropout', p) });
}

/** Dropout of whole channels of images [N, H, W, C]. For training only. */
export function dropout2d(x: Tensor, { p, rng }: RandomOption & { p: number }): Tensor {
  const { H, W, C } = imageAxes('dropout2d', x);
  const params = { count: x.size, draw: rng.nextDraw(), p: probability('dropout2d', p), channels: C, plane: H * W * C };
  return dropoutChannelsOp([x, rng.state], params);
}
