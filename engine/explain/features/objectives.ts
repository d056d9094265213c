/**
 * What an image is optimised for (Olah et al. 2017, Feature Visualization). An objective has one value for each image of the batch; an optimisation
 * climbs their sum. A is a layer's output [N, H, W, C] or [N, F].
 */
import { constantTable } from '../../constant.ts';
import { ConfigError, ShapeError } from '../../errors.ts';
import type { LayerKey } from '../../nn/network.ts';
import {
  add,
  affine,
  div,
  matmul,
  maximum,
  mean,
  mul,
  powScalar,
  reshape,
  slice,
  sqrt,
  square,
  sub,
  sum,
} from '../../ops/index.ts';
import { type Tensor, tensor } from '../../tensor.ts';
import { blurPenalty, l1Penalty, totalVariation } from './penalties.ts';

/** What an objective may look at. */
export interface Look {
  /** The image itself, before any transformation: [N, H, W, C] in [0, 1]. */
  readonly image: Tensor;
  /** The network's output. */
  readonly output: Tensor;
  /** Output of a layer that the objective has named. */
  layer(key: LayerKey): Tensor;
}

export interface Objective {
  /** For people: 'channel 7 of conv3'. */
  readonly name: string;
  /** Layers whose outputs it reads. */
  readonly layers: readonly LayerKey[];
  /** One value an image, [N], on the tape. */
  value(look: Look): Tensor;
}

/** The mean of each image over all axes but the first: [N]. */
const perImage = (x: Tensor): Tensor => (x.rank === 1 ? x : mean(x, { axes: x.shape.slice(1).map((_, axis) => axis + 1) }));

/** Channel k of a layer's output, with its axis kept. @throws ConfigError where there is no such channel */
function channelOf(A: Tensor, k: number, layer: LayerKey): Tensor {
  const channels = A.shape.at(-1) as number;
  if (!Number.isInteger(k) || k < 0 || k >= channels) {
    throw new ConfigError('channel', `must be a whole number from 0 to ${channels - 1} for layer '${layer}', got ${k}.`);
  }
  return slice(A, [...A.shape.slice(0, -1).map(() => 0), k], [...A.shape.slice(0, -1), k + 1]);
}

/** A_ijk at one position; the centre where none is given. */
export function neuronObjective(layer: LayerKey, channel: number, at?: readonly [y: number, x: number]): Objective {
  return {
    name: `neuron ${channel} of ${layer}`,
    layers: [layer],
    value(look) {
      const map = channelOf(look.layer(layer), channel, layer);
      if (map.rank === 2) return perImage(map);
      const [n, h, w] = map.shape as [number, number, number];
      const [y, x] = at ?? [Math.floor(h / 2), Math.floor(w / 2)];
      if (!(y >= 0 && y < h && x >= 0 && x < w)) throw new ConfigError('at', `must lie in ${h}×${w}, got ${y}, ${x}.`);
      return perImage(slice(map, [0, y, x, 0], [n, y + 1, x + 1, 1]));
    },
  };
}

/** (1/HW) Σ_ij A_ijk. */
export function channelObjective(layer: LayerKey, channel: number): Objective {
  return {
    name: `channel ${channel} of ${layer}`,
    layers: [layer],
    value: (look) => perImage(channelOf(look.layer(layer), channel, layer)),
  };
}

/** The logit S_c: better than the probability, which also grows where other classes fall. */
export function logitObjective(target: number): Objective {
  return { name: `class ${target}`, layers: [], value: ({ output }) => perImage(channelOf(output, target, 'output')) };
}

/** mean(A²) of a whole layer: deep dream (Mordvintsev et al. 2015). */
export function deepDreamObjective(layer: LayerKey): Objective {
  return { name: `deep dream of ${layer}`, layers: [layer], value: (look) => perImage(square(look.layer(layer))) };
}

/** ⟨A_ij, v⟩ and its cosine at each position, both with the last axis kept. */
function along(A: Tensor, v: Tensor): { dot: Tensor; cosine: () => Tensor } {
  const dot = sum(mul(A, v), { axes: [A.rank - 1], keepDims: true });
  const length = (t: Tensor) => sqrt(affine(sum(square(t), { axes: [t.rank - 1], keepDims: true }), 1, 1e-12));
  return { dot, cosine: () => div(dot, mul(length(A), length(v))) };
}

/**
 * mean_ij ⟨A_ij, v⟩ · max(0.1, cos)^p.
 * @param direction v, one number a channel
 * @param cosinePower p; 0 (default): the plain product
 */
export function directionObjective(layer: LayerKey, direction: readonly number[] | Float32Array, cosinePower = 0): Objective {
  return {
    name: `direction in ${layer}`,
    layers: [layer],
    value(look) {
      const A = look.layer(layer);
      if (direction.length !== A.shape.at(-1))
        throw new ShapeError('directionObjective', [A.shape, [direction.length]], 'the direction must have one number a channel');
      const v = tensor(Float32Array.from(direction), [direction.length], { device: A.device });
      const { dot, cosine } = along(A, v);
      return perImage(cosinePower === 0 ? dot : mul(dot, powScalar(maximum(cosine(), 0.1), cosinePower)));
    },
  };
}

/**
 * Image b climbs mean_ij ⟨A_ij, v_b⟩, a direction of its own: many icons in one optimisation.
 * @param directions v_b, one number a channel; one list for each image of the batch
 */
export function directionsObjective(layer: LayerKey, directions: readonly (readonly number[] | Float32Array)[]): Objective {
  return {
    name: `${directions.length} directions in ${layer}`,
    layers: [layer],
    value(look) {
      const A = look.layer(layer);
      const [n, channels] = [A.shape[0] as number, A.shape.at(-1) as number];
      if (directions.length !== n || directions.some(({ length }) => length !== channels)) {
        const given = [directions.length, directions[0]?.length ?? 0];
        throw new ShapeError('directionsObjective', [A.shape, given], 'each image must have a direction of one number a channel');
      }
      const v = tensor(Float32Array.from(directions.flatMap((direction) => [...direction])), [n, channels], { device: A.device });
      const means = A.rank === 4 ? mean(A, { axes: [1, 2] }) : A;
      return sum(mul(means, v), { axes: [1] });
    },
  };
}

/**
 * Image b of B climbs (1 − t) times one channel and t times the other, t = b/(B − 1): a walk from one feature to another. A single image stands in
 * the middle.
 */
export function interpolationObjective(layer: LayerKey, from: number, to: number): Objective {
  return {
    name: `${from} to ${to} of ${layer}`,
    layers: [layer],
    value(look) {
      const A = look.layer(layer);
      const [n] = A.shape as [number];
      const t = constantTable(`interpolation ${n}`, A.device, [n], () =>
        Float32Array.from({ length: n }, (_, b) => (n === 1 ? 0.5 : b / (n - 1))),
      );
      const [first, second] = [from, to].map((k) => perImage(channelOf(A, k, layer))) as [Tensor, Tensor];
      return add(first, mul(t, sub(second, first)));
    },
  };
}

/**
 * −Σ_{b'≠b} ⟨Γ_b, Γ_b'⟩/B of the normalised Gram matrices Γ_b = F_bᵀF_b of the batch: images that show one feature in different ways. Add it to
 * another objective, with a weight of about 100.
 */
export function diversityObjective(layer: LayerKey): Objective {
  return {
    name: `diversity in ${layer}`,
    layers: [layer],
    value(look) {
      const A = look.layer(layer);
      if (A.rank !== 4) throw new ShapeError('diversityObjective', [A.shape], 'the layer must put out maps [N, H, W, C]');
      const [n, h, w, c] = A.shape as [number, number, number, number];
      const F = reshape(A, [n, h * w, c]);
      const gram = reshape(matmul(F, F, { transposeA: true }), [n, c * c]);
      const unit = div(gram, sqrt(affine(sum(square(gram), { axes: [1], keepDims: true }), 1, 1e-10)));
      const alike = matmul(unit, unit, { transposeB: true });
      const others = constantTable(`others ${n}`, A.device, [n, n], () =>
        Float32Array.from({ length: n * n }, (_, i) => (Math.floor(i / n) === i % n ? 0 : 1)),
      );
      return affine(sum(mul(alike, others), { axes: [1] }), -1 / n, 0);
    },
  };
}

/**
 * ⟨A(x), A(x₀)⟩ · (⟨A(x), A(x₀)⟩/(‖A(x)‖ + 1e-6))^p: an image in which the network sees what it sees in x₀, exaggerated (caricature; with p = 0,
 * feature inversion).
 * @param reference A(x₀), [1, …] or one for each image
 */
export function caricatureObjective(layer: LayerKey, reference: Tensor, power = 0): Objective {
  return {
    name: `caricature in ${layer}`,
    layers: [layer],
    value(look) {
      const A = look.layer(layer);
      const axes = A.shape.slice(1).map((_, axis) => axis + 1);
      const dot = sum(mul(A, reference.detach()), { axes });
      if (power === 0) return dot;
      const norm = affine(sqrt(affine(sum(square(A), { axes }), 1, 1e-12)), 1, 1e-6);
      return mul(dot, powScalar(maximum(div(dot, norm), 1e-6), power));
    },
  };
}

export type PenaltyName = 'l1' | 'totalVariation' | 'blur';

const PENALTIES: Readonly<Record<PenaltyName, (image: Tensor) => Tensor>> = { l1: l1Penalty, totalVariation, blur: blurPenalty };

/** Minus a penalty of the image itself. Article's weights: 0.05 for l1, 0.25 for totalVariation, 1 for blur. */
export function penaltyObjective(name: PenaltyName): Objective {
  const penalty = PENALTIES[name];
  if (!penalty) throw new ConfigError('penalty', `'${name}' is no penalty; use ${Object.keys(PENALTIES).join(', ')}.`);
  return { name: `minus ${name}`, layers: [], value: ({ image }) => affine(penalty(image), -1, 0) };
}

/** Σ w_i · objective_i: sums, differences (a weight of −1), negatives, penalties. */
export function weightedObjective(parts: readonly { readonly objective: Objective; readonly weight: number }[]): Objective {
  const [first, ...rest] = parts;
  if (!first) throw new ConfigError('objective', 'there must be at least one.');
  for (const { objective, weight } of parts) {
    if (!Number.isFinite(weight)) throw new ConfigError('weight', `of '${objective.name}' must be a number, got ${weight}.`);
  }
  const part = ({ objective, weight }: typeof first, look: Look) => affine(objective.value(look), weight, 0);
  return {
    name: parts.map(({ objective, weight }) => (weight === 1 ? objective.name : `${weight} · ${objective.name}`)).join(' + '),
    layers: [...new Set(parts.flatMap(({ objective }) => objective.layers))],
    value: (look) => rest.reduce((total, next) => add(total, part(next, look)), part(first, look)),
  };
}
