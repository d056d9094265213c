/**
 * Compares the tape with central differences, element by element, as closely as float32 allows: what a difference of rounded values can
 * miss is estimated for each element and allowed for, and no more.
 */
import { grad } from './autodiff.ts';
import { ArgumentError, ConfigError, kindOf, requireRecord, requireSynchronous } from './errors.ts';
import { scope } from './memory.ts';
import { Tensor, tensor } from './tensor.ts';

export interface GradCheckOptions {
  /** Step h of the central difference; default 1e-2, because values are f32. */
  readonly epsilon?: number;
  /** Largest error that passes; default GRADIENT_TOLERANCE, 1e-3. */
  readonly tolerance?: number;
  /** Most elements of each input to perturb, spread evenly; default all. */
  readonly maxElements?: number;
}

export interface GradCheckResult {
  readonly passed: boolean;
  /**
   * Largest |tape − difference| / (|difference| + noise / tolerance): relative where the gradient stands out of the rounding noise
   * of both, so that `maxError ≤ tolerance` means |tape − difference| ≤ tolerance · |difference| + noise. Infinite where the tape or
   * the function is not finite.
   */
  readonly maxError: number;
  readonly worst: { readonly input: number; readonly index: number; readonly tape: number; readonly difference: number } | null;
  /** Elements compared. */
  readonly checked: number;
  /** One sentence naming the worst element. */
  readonly message: string;
}

/** Largest error that passes unless told: about what a difference of f32 numbers can tell. */
export const GRADIENT_TOLERANCE = 1e-3;
/** Half the distance of neighbouring f32 numbers around 1. */
const ROUNDING = 2 ** -24;
/** Roundings that an output has seen, in units of its own: a sum of products, an exponential. */
const ROUNDINGS = 16;

/** Elements that are looked at while the results of others travel from the device. */
const AT_ONCE = 16;

/** Fixed weights in [0.5, 1.5), so that a wrong sign or a permuted output cannot cancel out. */
function weightsFor(size: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: size }, (_, i) => 0.5 + ((i * 0.6180339887) % 1));
}

/** A slope, and how far rounding may have moved it. */
interface Slope {
  readonly value: number;
  readonly noise: number;
}

/** From outputs at x⁺ and x⁻, `distance` apart. Only outputs that have changed can have been rounded differently. */
function slopeBetween(plus: Float32Array, minus: Float32Array, distance: number): Slope {
  const weights = weightsFor(plus.length);
  let change = 0;
  let magnitude = 0;
  for (let i = 0; i < plus.length; i++) {
    const [p, m, w] = [plus[i] as number, minus[i] as number, weights[i] as number];
    if (p === m) continue;
    change += w * (p - m);
    magnitude += w * Math.max(Math.abs(p), Math.abs(m));
  }
  return { value: change / distance, noise: (ROUNDINGS * ROUNDING * magnitude) / Math.abs(distance) };
}

/** Richardson's extrapolation from steps h and h/2: what is left of the error is of order h⁴. */
const extrapolated = (whole: Slope, half: Slope): Slope => ({
  value: (4 * half.value - whole.value) / 3,
  noise: (4 * half.noise + whole.noise) / 3,
});

const largest = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** @param tapeNoise how far rounding may have moved the tape's own gradient */
function errorOf(tape: number, { value, noise }: Slope, tapeNoise: number, tolerance: number): number {
  if (tape === value) return 0;
  const error = Math.abs(tape - value) / (Math.abs(value) + (noise + tapeNoise) / tolerance);
  return Number.isFinite(tape) && Number.isFinite(value) && !Number.isNaN(error) ? error : Number.POSITIVE_INFINITY;
}

/**
 * Checks ∂L/∂x for L = Σ w·fn(x) with fixed weights w, for every input that requires gradients (all, if none is marked).
 * @param fn maps the inputs to one tensor of any shape; must be deterministic
 * @param inputs f32 tensors; their values should keep away from kinks by more than epsilon
 * @throws ArgumentError where there is nothing to check; ConfigError for an option that is no positive number
 */
export async function gradCheck(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options: GradCheckOptions = {},
): Promise<GradCheckResult> {
  requireRecord('gradCheck', options);
  const { epsilon = 1e-2, tolerance = GRADIENT_TOLERANCE } = options;
  if (typeof fn !== 'function') throw new ArgumentError('gradCheck', `fn must be a function of tensors, not ${kindOf(fn)}`);
  if (!Array.isArray(inputs)) throw new ArgumentError('gradCheck', `inputs must be a list of tensors, not ${kindOf(inputs)}`);
  // A comparison of nothing, or with a step or tolerance that is none, would pass or fail whatever the gradient.
  for (const [name, value] of Object.entries({ epsilon, tolerance })) {
    if (!(value > 0 && value < Number.POSITIVE_INFINITY))
      throw new ConfigError(`gradCheck.${name}`, `it must be a number above 0, not ${kindOf(value)}.`);
  }
  const { maxElements = Number.POSITIVE_INFINITY } = options;
  if (!(maxElements >= 1)) throw new ConfigError('gradCheck.maxElements', `it must be at least 1, not ${kindOf(maxElements)}.`);
  const wrong = inputs.find((x) => !(x instanceof Tensor));
  if (wrong !== undefined) throw new ArgumentError('gradCheck', `every input must be a tensor, not ${kindOf(wrong)}`);
  const marked = inputs.some((x) => x.requiresGrad);
  const checked = inputs.map((x) => x.dtype === 'f32' && (!marked || x.requiresGrad));
  if (!checked.includes(true)) throw new ArgumentError('gradCheck', 'at least one input must be an f32 tensor');
  const { device } = inputs[0] as Tensor;
  const values = await Promise.all(inputs.map((x) => x.data()));

  const apply = (tensors: Tensor[]): Tensor => {
    const y: unknown = fn(...tensors);
    requireSynchronous('gradCheck', y);
    if (!(y instanceof Tensor)) throw new ArgumentError('gradCheck', `fn must return a tensor, not ${kindOf(y)}`);
    return y;
  };
  const outputs = async (tensors: Tensor[]): Promise<Float32Array> => {
    const y = scope(() => apply(tensors));
    const out = await y.data();
    if (!tensors.includes(y)) y.dispose();
    return out;
  };

  const leaves = inputs.map((x, i) =>
    checked[i] ? tensor(values[i] as Float32Array<ArrayBuffer>, x.shape, { device, requiresGrad: true }) : x,
  );
  const wanted = leaves.filter((_, i) => checked[i]);
  const { y, gradients } = scope(() => {
    const made = apply(leaves);
    const gradOutput = tensor(weightsFor(made.size), made.shape, { device });
    return { y: made.detach(), gradients: grad(made, wanted, { gradOutput, allowUnused: true }) };
  });
  const [output, ...tape] = await Promise.all([y, ...gradients].map(async (t) => (t ? await t.data() : null)));
  for (const t of [y, ...gradients]) t?.dispose();
  // The tape's sums are rounded, too: in units of its largest gradient, or of what a gradient of |y| by |x| amounts to.
  const steepest = tape.reduce((most, g) => Math.max(most, g ? largest(g) : 0), 0);
  const tapeNoiseOf = (x: Float32Array) =>
    ROUNDINGS * ROUNDING * Math.max(steepest, (1.5 * largest(output as Float32Array)) / (largest(x) || Number.POSITIVE_INFINITY));

  /** The slope along one element, between steps of ±h. */
  const slopeAt = async (input: number, index: number, h: number): Promise<Slope> => {
    const original = values[input] as Float32Array<ArrayBuffer>;
    const at = async (delta: number) => {
      const moved = original.slice();
      moved[index] = (moved[index] as number) + delta;
      const perturbed = tensor(moved, (inputs[input] as Tensor).shape, { device });
      const moving = leaves.map((leaf, j) => (j === input ? perturbed : leaf.detach()));
      const out = await outputs(moving);
      for (const made of moving) made.dispose();
      // The step that f32 actually took.
      return { out, x: moved[index] as number };
    };
    const [plus, minus] = await Promise.all([at(h), at(-h)]);
    return slopeBetween(plus.out, minus.out, plus.x - minus.x);
  };

  let maxError = 0;
  let worst: GradCheckResult['worst'] = null;
  let count = 0;
  const note = (error: number, input: number, index: number, got: number, difference: number) => {
    if (error <= maxError) return;
    maxError = error;
    worst = { input, index, tape: got, difference };
  };
  let slot = 0;
  for (let i = 0; i < inputs.length; i++) {
    if (!checked[i]) continue;
    const size = (values[i] as Float32Array).length;
    const gradient = tape[slot++];
    const tapeNoise = tapeNoiseOf(values[i] as Float32Array);
    // Also where no difference is taken.
    const broken = gradient?.findIndex((g) => !Number.isFinite(g)) ?? -1;
    if (broken >= 0) note(Number.POSITIVE_INFINITY, i, broken, gradient?.[broken] as number, Number.NaN);
    const stride = Math.max(1, Math.floor(size / (options.maxElements ?? size)));
    const indices = Array.from({ length: Math.ceil(size / stride) }, (_, k) => k * stride);
    const slopes: Slope[] = [];
    for (let first = 0; first < indices.length; first += AT_ONCE) {
      const some = indices.slice(first, first + AT_ONCE);
      slopes.push(...(await Promise.all(some.map((index) => slopeAt(i, index, epsilon)))));
    }
    for (const [k, index] of indices.entries()) {
      const got = gradient ? (gradient[index] as number) : 0;
      let slope = slopes[k] as Slope;
      let error = errorOf(got, slope, tapeNoise, tolerance);
      // A curved function: once more with half the step, for the elements that need it.
      if (error > tolerance && Number.isFinite(error)) {
        slope = extrapolated(slope, await slopeAt(i, index, epsilon / 2));
        error = errorOf(got, slope, tapeNoise, tolerance);
      }
      count++;
      note(error, i, index, got, slope.value);
    }
  }
  for (const leaf of wanted) leaf.dispose();
  const found = worst as GradCheckResult['worst'];
  const message = found
    ? `worst element: input ${found.input}, index ${found.index}: tape ${found.tape}, central difference ${found.difference}, relative error ${maxError.toExponential(2)}`
    : 'nothing differs';
  return { passed: maxError <= tolerance, maxError, worst: found, checked: count, message };
}
