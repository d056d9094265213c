/** *Verify* for the gradient G = ∂S/∂A of a class score by the maps of a layer, by a way that takes no derivative. */
import { inEvaluation } from '../../engine/explain/scores.ts';
import { noGrad, scope, tensor, zeros } from '../../engine/index.ts';
import type { LayerKey, Network } from '../../engine/nn/network.ts';
import type { Verification } from './card.ts';
import type { Values } from './checks.ts';

/** Elements of A that are moved: those with the largest |G|, and as many again spread over the rest. */
const LARGEST = 24;
/** h, as a share of the largest |A|. */
const STEP = 0.01;
/** Slopes to both sides that differ by more, as a share of the largest |G|, have a kink of a ReLU or a maximum between them. */
const KINK = 2e-3;
/** Fewer elements without a kink say too little. */
const ENOUGH = 8;

function chosen({ data }: Values): number[] {
  const order = Array.from(data.keys()).sort((a, b) => Math.abs(data[b] as number) - Math.abs(data[a] as number));
  const rest = order.slice(LARGEST);
  const spread = Array.from(
    { length: Math.min(LARGEST, rest.length) },
    (_, i) => rest[Math.floor((i * rest.length) / LARGEST)] as number,
  );
  return [...order.slice(0, LARGEST), ...spread];
}

/**
 * Compares G with differences of the score, (S(A + h eᵢ) − S(A − h eᵢ)) / 2h, at elements where the score is smooth within h: where the
 * slopes to both sides are the same.
 * @param A maps of the layer for one sample, [1, …]
 * @param G the tape's ∂S/∂A, of the same shape
 * @param target the class whose score S is
 */
export async function verifyLayerGradient(
  network: Network,
  layer: LayerKey,
  target: number,
  A: Values,
  G: Values,
): Promise<Verification> {
  const at = chosen(G);
  const h = STEP * A.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const size = A.data.length;
  // One batch: A itself, then A + h eᵢ and A − h eᵢ of every element.
  const count = 1 + 2 * at.length;
  const moved = new Float32Array(count * size);
  for (let n = 0; n < count; n++) moved.set(A.data, n * size);
  for (const [i, element] of at.entries()) {
    for (const side of [0, 1]) {
      const place = (1 + 2 * i + side) * size + element;
      moved[place] = (moved[place] as number) + (side === 0 ? h : -h);
    }
  }
  const output = inEvaluation(network, () =>
    noGrad(() =>
      scope(() => {
        const replace = new Map([[layer, tensor(moved, [count, ...A.shape.slice(1)])]]);
        return network.forward(zeros([count, ...network.inputShape]), { replace }).output;
      }),
    ),
  );
  const scores = await output.data();
  const classes = output.shape.at(-1) as number;
  output.dispose();
  const score = (n: number) => scores[n * classes + target] as number;
  const broken = G.data.findIndex((value) => !Number.isFinite(value));
  if (broken >= 0 || !scores.every(Number.isFinite)) {
    const name = 'G against differences of the score';
    const worstIndex = Math.max(0, broken);
    return {
      ...{ name, maxError: Number.POSITIVE_INFINITY, tolerance: KINK, worstIndex, shape: A.shape },
      ...{ got: G.data[worstIndex] as number, expected: broken < 0 ? Number.NaN : 0 },
    };
  }
  const scale = G.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  let [smooth, maxError, worstIndex, got, expected] = [0, 0, at[0] ?? 0, 0, 0];
  for (const [i, element] of at.entries()) {
    const [plus, minus] = [score(1 + 2 * i), score(2 + 2 * i)];
    const [right, left] = [(plus - score(0)) / h, (score(0) - minus) / h];
    if (!(Math.abs(right - left) <= KINK * scale)) continue;
    smooth++;
    const [tape, slope] = [G.data[element] as number, (plus - minus) / (2 * h)];
    const error = Math.abs(tape - slope) / scale;
    if (error >= maxError) [maxError, worstIndex, got, expected] = [error, element, tape, slope];
  }
  return {
    name: `G against differences of the score, at ${smooth} of ${at.length} elements: the others lie at a kink`,
    ...(smooth < ENOUGH
      ? { skipped: `the score has a kink beside ${at.length - smooth} of the ${at.length} elements looked at` }
      : {}),
    maxError,
    tolerance: KINK,
    worstIndex,
    shape: A.shape,
    got,
    expected,
  };
}
