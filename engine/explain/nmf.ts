/** Non-negative matrix factorisation: a layer's activations as few groups of neurons (Lee & Seung 2001; Olah et al. 2018). */
import { noGrad } from '../autodiff.ts';
import { ConfigError, ShapeError } from '../errors.ts';
import { scope } from '../memory.ts';
import { affine, div, matmul, mul, relu, square, sub, sum } from '../ops/index.ts';
import type { Generator } from '../random.ts';
import { type Tensor, tensor } from '../tensor.ts';

export interface Factors {
  /** Where each group is active: W [n, r]. */
  readonly W: Tensor;
  /** Which channels make a group: B [r, c]. */
  readonly B: Tensor;
}

export interface NmfOptions {
  /** Number of groups r. Default 6. */
  readonly rank?: number;
  /** Default 200. */
  readonly iterations?: number;
  /** ε in the denominators. Default 1e-9. */
  readonly epsilon?: number;
  /** Draws the positive start, where none is given. */
  readonly rng?: Generator;
  readonly start?: Factors;
  readonly onStep?: (done: number, total: number) => void;
}

/**
 * One multiplicative update (Lee & Seung 2001, theorem 1): B ← B ⊙ WᵀV/(WᵀWB + ε), then W ← W ⊙ VBᵀ/(WBBᵀ + ε). ‖V − WB‖ never grows.
 */
export function nmfUpdate(V: Tensor, { W, B }: Factors, epsilon = 1e-9): Factors {
  return scope(() => {
    const numeratorB = matmul(W, V, { transposeA: true });
    const denominatorB = affine(matmul(matmul(W, W, { transposeA: true }), B), 1, epsilon);
    const nextB = mul(B, div(numeratorB, denominatorB));
    const numeratorW = matmul(V, nextB, { transposeB: true });
    const denominatorW = affine(matmul(W, matmul(nextB, nextB, { transposeB: true })), 1, epsilon);
    return { B: nextB, W: mul(W, div(numeratorW, denominatorW)) };
  });
}

/** Positive start values: |N(0, 1)| times √(mean(V)/r), as scikit-learn draws them. */
async function randomStart(V: Tensor, rank: number, rng: Generator): Promise<Factors> {
  const [n, c] = V.shape as [number, number];
  const total = await scope(() => sum(V)).item();
  const scale = Math.sqrt(Math.max(total / V.size, 1e-12) / rank);
  const draw = (count: number) => rng.normal(count).map((value) => Math.abs(value) * scale);
  return {
    W: tensor(draw(n * rank), [n, rank], { device: V.device }),
    B: tensor(draw(rank * c), [rank, c], { device: V.device }),
  };
}

/**
 * V ≈ WB with no negative entry. Negative values of V count as 0 (activations behind a ReLU have none).
 * @param V [n, c]: positions of a layer (of any number of images) and its channels
 * @throws ShapeError where V is no matrix or a start does not fit; ConfigError for a rank below 1 or above the shorter side of V
 */
export async function nmf(V: Tensor, options: NmfOptions = {}): Promise<Factors> {
  const { iterations = 200, epsilon = 1e-9, rng, start, onStep } = options;
  if (V.rank !== 2 || V.size === 0) throw new ShapeError('nmf', [V.shape], 'V must be a matrix [positions, channels]');
  const [n, c] = V.shape as [number, number];
  const rank = start ? (start.B.shape[0] as number) : (options.rank ?? 6);
  if (!Number.isInteger(rank) || rank < 1 || (!start && rank > Math.min(n, c))) {
    throw new ConfigError('rank', `must be a whole number from 1 to ${Math.min(n, c)} for V [${n}, ${c}], got ${rank}.`);
  }
  if (!Number.isInteger(iterations) || iterations < 0)
    throw new ConfigError('iterations', `must be a whole number of at least 0, got ${iterations}.`);
  if (start && (start.W.shape.join() !== `${n},${rank}` || start.B.shape.join() !== `${rank},${c}`)) {
    throw new ShapeError('nmf', [V.shape, start.W.shape, start.B.shape], 'a start must be W [n, r] and B [r, c]');
  }
  if (!start && !rng) throw new ConfigError('rng', 'a random start needs a generator; give one or give a start.');
  const drawn = start ? undefined : await randomStart(V, rank, rng as Generator);
  let factors = (start ?? drawn) as Factors;
  const values = noGrad(() => scope(() => relu(V)));
  for (let i = 0; i < iterations; i++) {
    const before = factors;
    factors = noGrad(() => nmfUpdate(values, before, epsilon));
    if (before !== start) {
      before.W.dispose();
      before.B.dispose();
    }
    onStep?.(i + 1, iterations);
  }
  values.dispose();
  return factors === start ? { W: start.W.detach(), B: start.B.detach() } : factors;
}

/** ‖V − WB‖²/‖V‖²: the share of V that the groups do not explain. A scalar. */
export function nmfResidual(V: Tensor, { W, B }: Factors): Tensor {
  return noGrad(() => scope(() => div(sum(square(sub(V, matmul(W, B)))), sum(square(V)))));
}

/**
 * What each group does for a class: Σ_ijk W_(ij)r B_rk G_ijk, from G = ∂S_c/∂A of one image, or of all of them.
 * @param gradient G as a matrix [n, c], its rows those of W
 * @returns [r]
 */
export function groupAttribution({ W, B }: Factors, gradient: Tensor): Tensor {
  return noGrad(() => scope(() => sum(mul(W, matmul(gradient, B, { transposeB: true })), { axes: [0] })));
}

/** Groups in the order of the column where their map W[:, r], of an image of `width` columns, has its peak. @param values of W, on the host */
export function groupOrder(values: ArrayLike<number>, rank: number, width: number): number[] {
  const column = Array.from({ length: rank }, (_, r) => {
    let best = 0;
    for (let i = 1; i < values.length / rank; i++)
      if ((values[i * rank + r] as number) > (values[best * rank + r] as number)) best = i;
    return best % width;
  });
  return column.map((_, r) => r).sort((a, b) => (column[a] as number) - (column[b] as number) || a - b);
}
