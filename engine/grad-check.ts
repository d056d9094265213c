/** Compares the tape with central differences, element by element. */
import { grad } from './autodiff.ts';
import { scope } from './memory.ts';
import { type Tensor, tensor } from './tensor.ts';

export interface GradCheckOptions {
  /** Step of the central difference; default 1e-2, because values are f32. */
  readonly epsilon?: number;
  /** Largest |tape − difference| / (1 + |difference|) that passes; default 2e-2. */
  readonly tolerance?: number;
  /** Most elements of each input to perturb, spread evenly; default all. */
  readonly maxElements?: number;
}

export interface GradCheckResult {
  readonly passed: boolean;
  /** Largest |tape − difference| / (1 + |difference|). */
  readonly maxError: number;
  readonly worst: { readonly input: number; readonly index: number; readonly tape: number; readonly difference: number } | null;
  /** Elements compared. */
  readonly checked: number;
  /** One sentence naming the worst element. */
  readonly message: string;
}

/** Fixed weights in [0.5, 1.5), so that a wrong sign or a permuted output cannot cancel out. */
function weightsFor(size: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: size }, (_, i) => 0.5 + ((i * 0.6180339887) % 1));
}

/**
 * Checks ∂L/∂x for L = Σ w·fn(x) with fixed weights w, for every input that requires gradients (all, if none is marked).
 * @param fn maps the inputs to one tensor of any shape; must be deterministic
 * @param inputs f32 tensors; their values should keep away from kinks by more than epsilon
 */
export async function gradCheck(
  fn: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options: GradCheckOptions = {},
): Promise<GradCheckResult> {
  const epsilon = options.epsilon ?? 1e-2;
  const tolerance = options.tolerance ?? 2e-2;
  const { device } = inputs[0] as Tensor;
  const marked = inputs.map((x) => x.requiresGrad);
  const checked = inputs.map((x, i) => x.dtype === 'f32' && (marked.some(Boolean) ? (marked[i] as boolean) : true));
  const values = await Promise.all(inputs.map((x) => x.data()));

  const objective = async (tensors: Tensor[]): Promise<number> => {
    const y = scope(() => fn(...tensors));
    const out = await y.data();
    if (!tensors.includes(y)) y.dispose();
    const weights = weightsFor(out.length);
    return out.reduce((sum, value, i) => sum + value * (weights[i] as number), 0);
  };

  const leaves = inputs.map((x, i) =>
    checked[i] ? tensor(values[i] as Float32Array<ArrayBuffer>, x.shape, { device, requiresGrad: true }) : x,
  );
  const wanted = leaves.filter((_, i) => checked[i]);
  const tapeGradients = scope(() => {
    const y = fn(...leaves);
    return grad(y, wanted, { gradOutput: tensor(weightsFor(y.size), y.shape, { device }), allowUnused: true });
  });
  const tape = await Promise.all(tapeGradients.map(async (g) => (g ? await g.data() : null)));
  for (const g of tapeGradients) g?.dispose();

  let maxError = 0;
  let worst: GradCheckResult['worst'] = null;
  let count = 0;
  let slot = 0;
  for (let i = 0; i < inputs.length; i++) {
    if (!checked[i]) continue;
    const original = values[i] as Float32Array<ArrayBuffer>;
    const gradient = tape[slot++];
    const stride = Math.max(1, Math.floor(original.length / (options.maxElements ?? original.length)));
    for (let index = 0; index < original.length; index += stride) {
      const at = async (delta: number) => {
        const moved = original.slice();
        moved[index] = (moved[index] as number) + delta;
        const perturbed = tensor(moved, (inputs[i] as Tensor).shape, { device });
        const moving = leaves.map((leaf, j) => (j === i ? perturbed : leaf.detach()));
        const value = await objective(moving);
        for (const made of moving) made.dispose();
        // The step that f32 actually took.
        return { value, x: moved[index] as number };
      };
      const plus = await at(epsilon);
      const minus = await at(-epsilon);
      const difference = (plus.value - minus.value) / (plus.x - minus.x);
      const got = gradient ? (gradient[index] as number) : 0;
      const error = Math.abs(got - difference) / (1 + Math.abs(difference));
      count++;
      if (!(error <= maxError)) {
        maxError = error;
        worst = { input: i, index, tape: got, difference };
      }
    }
  }
  for (const leaf of wanted) leaf.dispose();
  const passed = maxError <= tolerance;
  const message = worst
    ? `worst element: input ${worst.input}, index ${worst.index}: tape ${worst.tape}, central difference ${worst.difference}, relative error ${maxError.toExponential(2)}`
    : 'nothing differs';
  return { passed, maxError, worst, checked: count, message };
}
