/** Deletion and insertion with every fill at once: what no map changes is computed once for all rows. */
import { noGrad } from '../../autodiff.ts';
import { scope } from '../../memory.ts';
import type { Network } from '../../nn/network.ts';
import { affine, less, where } from '../../ops/index.ts';
import { type Tensor, tensor } from '../../tensor.ts';
import { areasUnder, type Fill, portion, targetProbability } from '../perturbation.ts';
import { inEvaluation } from '../scores.ts';
import { type FillName, fillNames } from './columns.ts';
import type { CueImages } from './cue.ts';

type Fills = Readonly<Record<FillName, Fill>>;

export class Perturbations {
  readonly #network: Network;
  readonly #images: CueImages;
  readonly #fills: Fills;
  readonly #steps: number;
  /** Probabilities of the images as they are, and of each fill alone: the ends of all curves. */
  readonly #whole: Float32Array;
  readonly #filled: Readonly<Record<FillName, Float32Array>>;

  private constructor(
    network: Network,
    images: CueImages,
    fills: Fills,
    steps: number,
    whole: Float32Array,
    filled: Readonly<Record<FillName, Float32Array>>,
  ) {
    this.#network = network;
    this.#images = images;
    this.#fills = fills;
    this.#steps = steps;
    this.#whole = whole;
    this.#filled = filled;
  }

  /** @param steps portions in which pixels go and come */
  static async of(network: Network, images: CueImages, fills: Fills, steps: number): Promise<Perturbations> {
    const [n, h, w] = images.x.shape as [number, number, number];
    const nothing = tensor(new Float32Array(n * h * w), [n, h, w, 1], { device: images.x.device });
    const all = (fill: Fill) => probabilities(network, images, () => where(nothing, images.x.detach(), fill));
    const whole = await probabilities(network, images, () => images.x.detach());
    const filled: Partial<Record<FillName, Float32Array>> = {};
    for (const name of fillNames) filled[name] = await all(fills[name]);
    nothing.dispose();
    return new Perturbations(network, images, fills, steps, whole, filled as Record<FillName, Float32Array>);
  }

  /**
   * Areas under the curves, [N] for each column: `deletion-black`, `insertion-black`, …
   * @param ranks position of each pixel in the order of its map, the strongest 0: [N, H, W]
   */
  async *areas(ranks: Float32Array<ArrayBuffer>): AsyncGenerator<number, Readonly<Record<string, Float32Array>>> {
    const { x } = this.#images;
    const [n, h, w] = x.shape as [number, number, number];
    const steps = this.#steps;
    const order = tensor(ranks, [n, h, w, 1], { device: x.device });
    const curves = new Map<string, Float32Array>();
    const put = (column: string, s: number, values: Float32Array) => {
      const curve = curves.get(column) ?? new Float32Array(n * (steps + 1));
      curves.set(column, curve);
      for (let i = 0; i < n; i++) curve[i * (steps + 1) + s] = values[i] as number;
    };
    for (const fill of fillNames) {
      for (const [column, first, last] of [
        [`deletion-${fill}`, this.#whole, this.#filled[fill]],
        [`insertion-${fill}`, this.#filled[fill], this.#whole],
      ] as const) {
        put(column, 0, first);
        put(column, steps, last);
      }
    }
    try {
      for (let s = 1; s < steps; s++) {
        const gone = portion(s, steps, h * w);
        // 1 where a pixel has come, and where it has not gone; a comparison with 0 needs no constant of its own for each number.
        const come = scope(() => less(affine(order, 1, -gone), 0));
        const left = scope(() => affine(come, -1, 1));
        for (const fill of fillNames) {
          const seen = (mask: Tensor) =>
            probabilities(this.#network, this.#images, () => where(mask, x.detach(), this.#fills[fill]));
          put(`deletion-${fill}`, s, await seen(left));
          put(`insertion-${fill}`, s, await seen(come));
        }
        come.dispose();
        left.dispose();
        yield s / steps;
      }
    } finally {
      order.dispose();
    }
    return Object.fromEntries([...curves].map(([column, curve]) => [column, areasUnder(curve, steps)]));
  }
}

/** Softmax probability of each target for changed images, on the host. */
async function probabilities(network: Network, { targets }: CueImages, changed: () => Tensor): Promise<Float32Array> {
  const made = scope(() => noGrad(() => inEvaluation(network, () => targetProbability(network, changed(), targets))));
  const values = await made.data();
  made.dispose();
  return values;
}
