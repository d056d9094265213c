/** What the math cards ask of a run: an image with what the network makes of it, and checks on them. */
import { grad, noGrad } from '../../../engine/autodiff.ts';
import { fourierImage } from '../../../engine/explain/features/image-parameters.ts';
import type { Objective } from '../../../engine/explain/features/objectives.ts';
import { blur, l1Penalty, totalVariation } from '../../../engine/explain/features/penalties.ts';
import { drawTransforms, LUCID_ROBUSTNESS } from '../../../engine/explain/features/robustness.ts';
import { normalised } from '../../../engine/explain/features/visualise.ts';
import { channelAttribution, scoresFrom, spatialAttribution } from '../../../engine/explain/layer-attribution.ts';
import { nmfUpdate } from '../../../engine/explain/nmf.ts';
import { affineWarp as warpKernel } from '../../../engine/kernels/affine-warp.ts';
import { scope } from '../../../engine/memory.ts';
import type { Network } from '../../../engine/nn/network.ts';
import { add, affineWarp, mul, relu, sum } from '../../../engine/ops/index.ts';
import { Generator } from '../../../engine/random.ts';
import { getDevice, type Tensor, tensor } from '../../../engine/tensor.ts';
import type { LiveTensor } from '../../components/math-card/element.ts';
import type { Verification } from '../../math/card.ts';
import { adamChecks, copyOf, on, type Values } from '../../math/checks.ts';
import { verifyGradient, verifyKernel, worstElement } from '../../math/verify.ts';
import { plainAttributionSums, plainBlur, plainL1, plainNmf, plainTotalVariation } from './plain.ts';
import type { Subject } from './subject.ts';

/** One image, and what is asked about it. */
export interface Look {
  readonly subject: Subject;
  /** Of a layer that puts out maps. */
  readonly layer: string;
  /** [1, height, width, channels] in [0, 1] */
  readonly image: Values;
  readonly objective: Objective;
  /** Layers that the objective needs; undefined: all, as it reads the output. */
  readonly reach: readonly string[] | undefined;
  readonly rate: number;
  readonly step: number;
}

const SUMS = 1e-4;
/** Groups of the check of a factorisation. */
const RANK = 3;

/** Puts an image before the network, in grey where the network takes one size only, and normalises it. */
function seenBy({ subject, image }: Look, reach: Look['reach']): { network: Network; see: (x: Tensor) => Tensor } {
  const [, h = 1, w = 1] = image.shape;
  const [height, width] = subject.resizable ? [h, w] : subject.inputShape;
  const network = subject.network(height, width, reach);
  const see = (x: Tensor): Tensor => {
    const still = height === h && width === w;
    const M = tensor([1, 0, (w - width) / 2, 0, 1, (h - height) / 2], [1, 6]);
    return normalised(still ? x : affineWarp(x, M, { size: [height, width], fill: 0.5 }), subject.normalisation);
  };
  return { network, see };
}

/** f and ∂f/∂x of the objective. */
async function climbed(look: Look, x: Values): Promise<{ f: number; g: Values }> {
  const { network, see } = seenBy(look, look.reach);
  const [f, g] = scope(() => {
    const leaf = tensor(x.data, [...x.shape], { requiresGrad: true });
    const { output, activations } = network.forward(see(leaf), { capture: look.objective.layers });
    const value = sum(look.objective.value({ image: leaf, output, layer: (key) => activations.get(String(key)) as Tensor }));
    return [value.detach(), grad(value, [leaf])[0] as Tensor] as const;
  });
  const result = { f: await f.item(), g: await copyOf(g) };
  f.dispose();
  g.dispose();
  return result;
}

/** What the layer puts out, [1, H, W, C]. */
async function activationsOf(look: Look): Promise<Values> {
  const { network, see } = seenBy(look, [look.layer]);
  const A = scope(() =>
    noGrad(() => {
      const { activations } = network.forward(see(tensor(look.image.data, [...look.image.shape])), { capture: [look.layer] });
      return activations.get(look.layer) as Tensor;
    }),
  );
  const values = await copyOf(A);
  A.dispose();
  return values;
}

/** What `make` makes; attributions go back through the network by themselves, so that nothing here may forbid it. */
async function hostOf(make: () => Tensor): Promise<Values> {
  const made = scope(() => make().detach());
  const values = await copyOf(made);
  made.dispose();
  return values;
}

function matricesFor({ image }: Look): Float32Array<ArrayBuffer> {
  const [, h = 1, w = 1] = image.shape;
  return drawTransforms(LUCID_ROBUSTNESS, 1, [h, w], [h, w], new Generator(7, 'card'));
}

const positive = ({ data, shape }: Values): Values => {
  const channels = shape.at(-1) ?? 1;
  return { shape: [data.length / channels, channels], data: data.map((value) => Math.max(0, value)) };
};

export async function inspect(look: Look): Promise<LiveTensor[]> {
  const { image } = look;
  const on1 = () => tensor(image.data, [...image.shape]);
  const [A, { g }] = [await activationsOf(look), await climbed(look, image)];
  const blurred = await hostOf(() => blur(on1()));
  const warped = await hostOf(() => affineWarp(on1(), tensor(matricesFor(look), [1, 6]), { fill: 0.5 }));
  const rest = { shape: image.shape, data: image.data.map((value, i) => value - (blurred.data[i] as number)) };
  const grey = { shape: image.shape, data: image.data.map((value) => value - 0.5) };
  const V = positive(A);
  return [
    { name: 'image', symbol: 'x', terms: ['feature-objective/x', 'adam/theta'], layout: 'nhwc', ...image },
    {
      name: `output of layer ${look.layer}`,
      symbol: 'A',
      terms: ['feature-objective/A', 'layer-attribution/A'],
      layout: 'nhwc',
      ...A,
    },
    { name: '∂f/∂x', symbol: 'g', terms: ['adam/g'], layout: 'nhwc', ...g },
    { name: 'x − ½', symbol: 'x − ½', terms: ['feature-penalties/absolute'], layout: 'nhwc', ...grey },
    { name: 'x − x̄', symbol: 'x − x̄', terms: ['feature-penalties/smooth'], layout: 'nhwc', ...rest },
    { name: 'one transformation', symbol: 'x∘M', terms: ['transformation-robustness/warp'], layout: 'nhwc', ...warped },
    { name: 'activations, one row a position', symbol: 'V', terms: ['nmf/V'], ...V },
  ];
}

function compared(name: string, got: Values, expected: ArrayLike<number>, tolerance = SUMS): Verification {
  const { error, index } = worstElement(got.data, expected);
  return {
    name,
    maxError: error,
    tolerance,
    worstIndex: index,
    shape: got.shape,
    got: got.data[index] ?? Number.NaN,
    expected: expected[index] ?? Number.NaN,
  };
}

/** ∂f/∂t of f(x + t d) at t = 0, d the direction of ∂f/∂x: the steepest slope, which stands out of the rounding of f. */
async function ascentCheck(look: Look): Promise<Verification> {
  const { image, objective } = look;
  const { f, g } = await climbed(look, image);
  const length = Math.sqrt(g.data.reduce((sum, value) => sum + value * value, 0));
  const { network, see } = seenBy(look, look.reach);
  const direction = { shape: image.shape, data: g.data.map((value) => value / (length || 1)) };
  const along = (t: Tensor, x: Tensor, d: Tensor): Tensor => {
    const moved = add(x, mul(d, t));
    const { output, activations } = network.forward(see(moved), { capture: objective.layers });
    return sum(objective.value({ image: moved, output, layer: (key) => activations.get(String(key)) as Tensor }));
  };
  // A step that changes f by a few thousandths crosses few kinks of the network.
  const epsilon = Math.max(1e-6, (0.003 * Math.abs(f)) / (length || 1));
  const start = { shape: [1], data: Float32Array.of(0) };
  return on([start, image, direction], (t, x, d) =>
    verifyGradient('slope of f along its gradient', (at) => along(at as Tensor, x as Tensor, d as Tensor), [t as Tensor], {
      epsilon,
      tolerance: 1e-2,
    }),
  );
}

async function attributionChecks(look: Look): Promise<Verification[]> {
  const { network, see } = seenBy(look, undefined);
  const seen = scope(() => noGrad(() => see(tensor(look.image.data, [...look.image.shape]))));
  try {
    const scores = await hostOf(() => network.forward(seen));
    const target = scores.data.indexOf(Math.max(...scores.data));
    const spatial = await hostOf(() => spatialAttribution(network, seen, [target], look.layer));
    const channel = await hostOf(() => channelAttribution(network, seen, [target], look.layer));
    const total = { shape: [1], data: Float32Array.of(plainAttributionSums(spatial.data)) };
    const A = await activationsOf(look);
    return [
      compared('Σ over positions against Σ over channels', total, [plainAttributionSums(channel.data)]),
      await on([A], (activation) =>
        verifyGradient(
          '∂S_c/∂A',
          (a) => pick(scoresFrom(network, seen, look.layer, a as Tensor), target),
          [activation as Tensor],
          {
            maxElements: 24,
          },
        ),
      ),
    ];
  } finally {
    seen.dispose();
  }
}

const pick = (scores: Tensor, target: number): Tensor => {
  const one = new Float32Array(scores.shape[1] as number);
  one[target] = 1;
  return sum(mul(scores, tensor(one, [1, one.length])));
};

/** @param card id of one of the lab's cards */
export async function verify(look: Look, card: string): Promise<Verification[]> {
  const { image } = look;
  const x = () => tensor(image.data, [...image.shape]);
  switch (card) {
    case 'feature-objective':
      return [await ascentCheck(look)];
    case 'fourier-image': {
      const spectrum = { shape: [1, 6, 4, 3, 2], data: new Generator(3, 'card').normal(144, 0, 0.3) };
      const size = { height: 6, width: 6 };
      return [await on([spectrum], (s) => verifyGradient('∂x/∂(R, I)', (v) => fourierImage(v as Tensor, size), [s as Tensor]))];
    }
    case 'feature-penalties': {
      return [
        compared('Σ |x − ½| against plain loops', await hostOf(() => l1Penalty(x())), [plainL1(image)]),
        compared('total variation against plain loops', await hostOf(() => totalVariation(x())), [plainTotalVariation(image)]),
        compared('x̄ against plain loops', await hostOf(() => blur(x())), plainBlur(image)),
      ];
    }
    case 'transformation-robustness': {
      const [batch = 1, height = 1, width = 1, channels = 1] = image.shape;
      const params = { batch, height, width, channels, outHeight: height, outWidth: width, matrices: 1, fill: 0.5 };
      const inputs = { x: image.data, matrix: matricesFor(look) };
      return verifyKernel(getDevice(), warpKernel, inputs, params, { tolerance: SUMS, shapes: { y: [...image.shape] } });
    }
    case 'nmf': {
      const V = positive(await activationsOf(look));
      const [n = 1, c = 1] = V.shape;
      const rng = new Generator(5, 'card');
      const [W, B] = [rng.uniform(n * RANK, 0.1, 1), rng.uniform(RANK * c, 0.1, 1)];
      const plain = plainNmf(V.data, W, B, n, c, RANK);
      const start = () => ({ W: tensor(W, [n, RANK]), B: tensor(B, [RANK, c]) });
      const next = (which: 'W' | 'B') => hostOf(() => nmfUpdate(relu(tensor(V.data, [n, c])), start())[which]);
      return [
        compared('B after one update against plain loops', await next('B'), plain.B),
        compared('W after one update against plain loops', await next('W'), plain.W),
      ];
    }
    case 'layer-attribution':
      return attributionChecks(look);
    case 'adam': {
      const { g } = await climbed(look, image);
      return adamChecks({ theta: image.data, g: g.data, step: look.step + 1 }, { lr: look.rate });
    }
    default:
      throw new Error(`there is no check for the card '${card}'`);
  }
}
