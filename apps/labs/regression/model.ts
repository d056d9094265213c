/** y(x) = Σ_j w²_j φ(w¹_j x + b¹_j) + b²: one hidden layer, written out. */
import {
  add,
  type DeviceGenerator,
  dropout,
  dropout2d,
  type Generator,
  keep,
  matmul,
  relu,
  reshape,
  sigmoid,
  sin,
  square,
  sum,
  type Tensor,
  tanh,
  tensor,
} from '../../../engine/index.ts';

export const nonlinearities = { tanh, sigmoid, relu, sin } as const;
export type Nonlinearity = keyof typeof nonlinearities;

/** Predictions [N, 1] for x [N, 1]. @param parameters w¹, b¹, w², b² */
export function outputOf(phi: (x: Tensor) => Tensor, parameters: readonly Tensor[], x: Tensor): Tensor {
  const [w1, b1, w2, b2] = parameters as [Tensor, Tensor, Tensor, Tensor];
  return add(matmul(phi(add(matmul(x, w1), b1)), w2), b2);
}

export class RegressionNetwork {
  /** [1, J] */
  readonly w1: Tensor;
  /** [J] */
  readonly b1: Tensor;
  /** [J, 1] */
  readonly w2: Tensor;
  /** [1] */
  readonly b2: Tensor;
  readonly phi: (x: Tensor) => Tensor;

  /** w¹ ~ N(0, scale²), b¹ ~ U(−2, 2), w² ~ N(0, 1/10), b² = 0 */
  static draw(
    hidden: number,
    scale: number,
    rng: Generator,
  ): [
    w1: Float32Array<ArrayBuffer>,
    b1: Float32Array<ArrayBuffer>,
    w2: Float32Array<ArrayBuffer>,
    b2: Float32Array<ArrayBuffer>,
  ] {
    const w1 = rng.normal(hidden, 0, scale);
    const b1 = rng.uniform(hidden, -2, 2);
    return [w1, b1, rng.normal(hidden, 0, Math.sqrt(0.1)), new Float32Array(1)];
  }

  constructor(hidden: number, nonlinearity: Nonlinearity, scale: number, rng: Generator) {
    const parameter = (values: Float32Array, shape: readonly number[], name: string): Tensor => {
      const made = keep(tensor(values, shape, { requiresGrad: true }));
      made.name = name;
      return made;
    };
    const [w1, b1, w2, b2] = RegressionNetwork.draw(hidden, scale, rng);
    this.w1 = parameter(w1, [1, hidden], 'w1');
    this.b1 = parameter(b1, [hidden], 'b1');
    this.w2 = parameter(w2, [hidden, 1], 'w2');
    this.b2 = parameter(b2, [1], 'b2');
    this.phi = nonlinearities[nonlinearity];
  }

  get parameters(): readonly Tensor[] {
    return [this.w1, this.b1, this.w2, this.b2];
  }

  /** w¹x + b¹, [N, J] */
  preactivation(x: Tensor): Tensor {
    return add(matmul(x, this.w1), this.b1);
  }

  /** z = φ(w¹x + b¹), [N, J] */
  hidden(x: Tensor): Tensor {
    return this.phi(this.preactivation(x));
  }

  /** Predictions [N, 1] for x [N, 1]. @param noise drops hidden units with probability p */
  predict(x: Tensor, noise?: { readonly p: number; readonly rng: DeviceGenerator }): Tensor {
    const z = this.hidden(x);
    return add(matmul(noise ? dropout(z, noise) : z, this.w2), this.b2);
  }

  /**
   * Predictions [T, N] of T passes with dropout left on; within a pass the same units are off for all x, so each pass is one function.
   * @param x [T·N, 1], the same N inputs T times
   */
  sample(x: Tensor, passes: number, noise: { readonly p: number; readonly rng: DeviceGenerator }): Tensor {
    const z = reshape(this.hidden(x), [passes, x.size / passes, 1, -1]);
    const thinned = reshape(dropout2d(z, noise), [x.size, -1]);
    return reshape(add(matmul(thinned, this.w2), this.b2), [passes, -1]);
  }

  /** Σw² over the weights, without the biases. */
  squaredWeights(): Tensor {
    return add(sum(square(this.w1)), sum(square(this.w2)));
  }

  /** All parameters, for a copy of the best. */
  async values(): Promise<Float32Array<ArrayBuffer>[]> {
    return Promise.all(this.parameters.map((parameter) => parameter.data()));
  }

  load(values: readonly Float32Array[]): void {
    this.parameters.forEach((parameter, index) => {
      parameter.write(values[index] as Float32Array);
    });
  }

  dispose(): void {
    for (const parameter of this.parameters) parameter.dispose();
  }
}
