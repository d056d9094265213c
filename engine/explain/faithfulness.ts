/** Explanations as predictions of what changes do: infidelity and max-sensitivity (Yeh et al. 2019), and the effect of a cue that is known. */
import { noGrad } from '../autodiff.ts';
import { ArgumentError, ConfigError, kindOf, requireFunction, requireRecord, ShapeError } from '../errors.ts';
import { scope } from '../memory.ts';
import type { Network } from '../nn/network.ts';
import { checkTensor } from '../ops/arguments.ts';
import { add, div, maximum, mul, randomUniform, reshape, sqrt, square, sub, sum, where } from '../ops/index.ts';
import type { DeviceGenerator } from '../ops/random.ts';
import { Generator } from '../random.ts';
import { sameShape, type Tensor, tensor } from '../tensor.ts';
import { checkGenerator } from './adversarial.ts';
import { checkNumbers } from './correlation.ts';
import { type Fill, pixelRanks } from './perturbation.ts';
import { checkSubject, inEvaluation, selection, type Targets, targetTensor } from './scores.ts';

/** S_c of each sample, [N]. */
export function classScores(network: Network, x: Tensor, targets: Targets): Tensor {
  checkSubject(network, x);
  return inEvaluation(network, () =>
    noGrad(() =>
      scope(() => {
        const scores = network.forward(x.detach());
        return sum(mul(scores, selection(scores, targets)), { axes: [1] });
      }),
    ),
  );
}

export interface InfidelityOptions {
  /** Perturbations. Default 50. */
  readonly samples?: number;
  /** Side of the square that is filled, in pixels. Default a quarter of the shorter side. */
  readonly window?: number;
  /** Default 0. */
  readonly fill?: Fill;
  /** Draws where the squares lie; all images get the same. */
  readonly rng: Generator;
  readonly onStep?: (done: number, total: number) => void;
}

export interface Infidelity {
  /** E[(Σ_M Φ − ΔS)²] of each image. */
  readonly infidelity: Float32Array<ArrayBuffer>;
  /** The same with the map scaled by β. */
  readonly scaled: Float32Array<ArrayBuffer>;
  /** β = E[Σ_M Φ · ΔS]/E[(Σ_M Φ)²], the scale with which the map predicts best; 0 for a map without any value. */
  readonly scale: Float32Array<ArrayBuffer>;
}

/** Squares that are filled at random places, and what that costs each image: the same for every map that is judged by them. */
export interface SquareEffects {
  readonly height: number;
  readonly width: number;
  /** Side of the squares. */
  readonly window: number;
  /** Rows and columns of their first pixels: [top, left] after [top, left]. */
  readonly places: Int32Array;
  /** ΔS = S_c(x) − S_c(x with the square filled), [samples, N]. */
  readonly effects: Float32Array;
}

/**
 * Fills random squares of the images, one after another.
 * @param x images [N, H, W, C]
 */
export async function squareEffects(
  network: Network,
  x: Tensor,
  targets: Targets,
  options: InfidelityOptions,
): Promise<SquareEffects> {
  checkSubject(network, x);
  requireRecord('infidelity', options);
  if (!(options.rng instanceof Generator))
    throw new ArgumentError('infidelity', `rng must be a Generator, not ${kindOf(options.rng)}`);
  const [n, h, w] = x.shape as [number, number, number];
  if (x.rank !== 4) throw new ShapeError('infidelity', [x.shape], 'the images must be [N, H, W, C]');
  const { samples = 50, window = Math.max(1, Math.floor(Math.min(h, w) / 4)), fill = 0, rng, onStep } = options;
  if (!Number.isInteger(window) || window < 1 || window > Math.min(h, w)) {
    throw new ConfigError('window', `must be a whole number from 1 to ${Math.min(h, w)}, got ${window}.`);
  }
  if (!Number.isInteger(samples) || samples < 1)
    throw new ConfigError('samples', `must be a whole number of at least 1, got ${samples}.`);
  const labels = targetTensor(targets, n, x);
  const before = classScores(network, x, labels);
  const start = await before.data();
  before.dispose();
  const drawn = rng.uniform(samples * 2);
  const places = Int32Array.from(drawn, (u, at) => Math.floor(u * ((at % 2 === 0 ? h : w) - window + 1)));
  const effects = new Float32Array(samples * n);
  for (let s = 0; s < samples; s++) {
    const [top, left] = [places[2 * s] as number, places[2 * s + 1] as number];
    const after = scope(() =>
      noGrad(() => {
        const kept = new Float32Array(h * w).fill(1);
        for (let y = top; y < top + window; y++) kept.fill(0, y * w + left, y * w + left + window);
        return classScores(network, where(tensor(kept, [1, h, w, 1], { device: x.device }), x.detach(), fill), labels);
      }),
    );
    const scores = await after.data();
    after.dispose();
    for (let i = 0; i < n; i++) effects[s * n + i] = (start[i] as number) - (scores[i] as number);
    onStep?.(s + 1, samples);
  }
  if (labels !== targets) labels.dispose();
  return { height: h, width: w, window, places, effects };
}

/** Infidelity of maps [N, H, W] against effects that have been measured; see `infidelity`. */
export async function infidelityOf(maps: Tensor, squares: SquareEffects): Promise<Infidelity> {
  checkTensor('infidelity', maps, 'the maps');
  if (!(squares?.places instanceof Int32Array) || !(squares.effects instanceof Float32Array)) {
    throw new ArgumentError('infidelity', `the squares must be what squareEffects gives, not ${kindOf(squares)}`);
  }
  const { height: h, width: w, window, places, effects } = squares;
  const samples = places.length / 2;
  const n = effects.length / samples;
  if (!sameShape(maps.shape, [n, h, w])) {
    throw new ShapeError('infidelity', [maps.shape, [n, h, w]], 'the maps must be [N, H, W], as the images are');
  }
  const values = await maps.data();
  const [pp, pd, dd] = [new Float64Array(n), new Float64Array(n), new Float64Array(n)];
  for (let i = 0; i < n; i++) {
    for (let s = 0; s < samples; s++) {
      const [top, left] = [places[2 * s] as number, places[2 * s + 1] as number];
      let phi = 0;
      for (let y = top; y < top + window; y++) {
        for (let c = left; c < left + window; c++) phi += values[(i * h + y) * w + c] as number;
      }
      const delta = effects[s * n + i] as number;
      pp[i] = (pp[i] as number) + (phi * phi) / samples;
      pd[i] = (pd[i] as number) + (phi * delta) / samples;
      dd[i] = (dd[i] as number) + (delta * delta) / samples;
    }
  }
  const scale = Float32Array.from(pd, (value, i) => ((pp[i] as number) > 0 ? value / (pp[i] as number) : 0));
  const at = (beta: number, i: number) =>
    Math.max(0, beta * beta * (pp[i] as number) - 2 * beta * (pd[i] as number) + (dd[i] as number));
  return {
    infidelity: Float32Array.from(pp, (_, i) => at(1, i)),
    scaled: Float32Array.from(scale, (beta, i) => at(beta, i)),
    scale,
  };
}

/**
 * How well a map predicts the loss of score when a random square M is filled: ΔS = S_c(x) − S_c(x with M filled) against Σ_{i∈M} Φ_i (Yeh et al.
 * 2019, equation 1, with square removal; the map's values count as contributions to the score). Maps of methods with other units are compared by
 * their best scale β. Several maps of the same images share what the squares cost: `squareEffects`, then `infidelityOf`.
 * @param x images [N, H, W, C]
 * @param maps Φ [N, H, W]
 */
export async function infidelity(
  network: Network,
  x: Tensor,
  targets: Targets,
  maps: Tensor,
  options: InfidelityOptions,
): Promise<Infidelity> {
  checkSubject(network, x);
  checkTensor('infidelity', maps, 'the maps');
  if (x.rank !== 4 || !sameShape(maps.shape, x.shape.slice(0, 3))) {
    throw new ShapeError('infidelity', [x.shape, maps.shape], 'the images must be [N, H, W, C] and the maps [N, H, W]');
  }
  return infidelityOf(maps, await squareEffects(network, x, targets, options));
}

export interface MaxSensitivityOptions {
  /** r: every pixel moves by at most this. */
  readonly radius: number;
  /** Noisy copies. Default 10. */
  readonly samples?: number;
  readonly rng: DeviceGenerator;
  /** Φ(x), where it has been made already. */
  readonly origin?: Tensor;
  readonly onStep?: (done: number, total: number) => void;
}

/**
 * max over ‖δ‖_∞ ≤ r of ‖Φ(x + δ) − Φ(x)‖₂/‖Φ(x)‖₂ by random δ (Yeh et al. 2019, equation 3): how much an explanation changes where the image does
 * not. [N]; 0 where Φ(x) is 0 and stays so.
 * @param explain the method: images to maps of any shape [N, …]
 */
export function maxSensitivity(x: Tensor, explain: (x: Tensor) => Tensor, options: MaxSensitivityOptions): Tensor {
  checkTensor('maxSensitivity', x, 'the images');
  requireFunction('maxSensitivity', explain);
  requireRecord('maxSensitivity', options);
  const { radius, samples = 10, rng, origin: made, onStep } = options;
  checkGenerator('maxSensitivity', rng);
  if (!(radius >= 0)) throw new ConfigError('radius', `must be a number of at least 0, got ${radius}.`);
  if (!Number.isInteger(samples) || samples < 1)
    throw new ConfigError('samples', `must be a whole number of at least 1, got ${samples}.`);
  const [n] = x.shape as [number];
  return scope(() => {
    const rows = (map: Tensor) => {
      checkTensor('maxSensitivity', map, 'what the method returns');
      return reshape(map.detach(), [n, -1]);
    };
    const length = (map: Tensor) => sqrt(sum(square(map), { axes: [1] }));
    const origin = rows(made ?? explain(x.detach()));
    const norm = maximum(length(origin), 1e-12);
    let worst: Tensor | undefined;
    for (let s = 0; s < samples; s++) {
      const before = worst;
      worst = scope(() => {
        const noise = randomUniform(x.shape, { rng, low: -radius, high: radius });
        const change = div(length(sub(rows(explain(add(x.detach(), noise))), origin)), norm);
        return before ? maximum(before, change) : change;
      });
      before?.dispose();
      onStep?.(s + 1, samples);
    }
    return worst as Tensor;
  });
}

export interface CueScore {
  /** Σ over the cue's pixels of |Φ| over Σ of |Φ|: 0 … 1; equal to `chance` for a map without any value. */
  readonly share: number;
  /** 1 for the pixel with the largest |Φ|: the best rank of a pixel of the cue. */
  readonly rank: number;
  /** Mean rank of the cue's pixels. */
  readonly meanRank: number;
  /** The cue's share of the area: what a map without knowledge gives. */
  readonly chance: number;
}

/**
 * Where a map puts a cue that is known to matter.
 * @param map Φ of one image, one value a pixel
 * @param cue not 0 at the cue's pixels
 * @throws ConfigError where there is no cue, or the lengths differ
 */
export function cueScore(map: ArrayLike<number>, cue: ArrayLike<number>): CueScore {
  checkNumbers('cueScore', 'the map', map);
  checkNumbers('cueScore', 'the cue', cue);
  const pixels = Array.from({ length: cue.length }, (_, i) => i).filter((i) => cue[i] !== 0);
  if (map.length !== cue.length || pixels.length === 0)
    throw new ConfigError('cue', `must mark some of the ${map.length} pixels of the map.`);
  const magnitudes = Array.from(map, Math.abs);
  const total = magnitudes.reduce((a, b) => a + b, 0);
  const chance = pixels.length / map.length;
  const ranks = pixelRanks(magnitudes);
  const own = pixels.map((i) => (ranks[i] as number) + 1);
  return {
    share: total > 0 ? pixels.reduce((sum, i) => sum + (magnitudes[i] as number), 0) / total : chance,
    rank: Math.min(...own),
    meanRank: own.reduce((a, b) => a + b, 0) / own.length,
    chance,
  };
}
