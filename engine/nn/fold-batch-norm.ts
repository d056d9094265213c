/** Batch normalisation folded into the layer before it, for inference: one pass over the maps less a layer, and no other result. */
import { ConfigError } from '../errors.ts';
import type { StateTensor } from './border.ts';
import type {
  BatchNormDefinition,
  Conv2dDefinition,
  LayerDefinition,
  LinearDefinition,
  NetworkDefinition,
} from './definition.ts';

export interface FoldedNetwork {
  readonly network: NetworkDefinition;
  /** By PyTorch's names of the folded network. */
  readonly state: ReadonlyMap<string, StateTensor>;
}

type Foldable = Conv2dDefinition | LinearDefinition;

const foldable = (layer: LayerDefinition | undefined): layer is Foldable => layer?.type === 'conv2d' || layer?.type === 'linear';
const isNorm = (layer: LayerDefinition | undefined): layer is BatchNormDefinition =>
  layer?.type === 'batchnorm2d' || layer?.type === 'batchnorm1d';

/** A state while it is moved from the old names to the new. */
class Folder {
  readonly state = new Map<string, StateTensor>();
  readonly #given: ReadonlyMap<string, StateTensor>;

  constructor(given: ReadonlyMap<string, StateTensor>) {
    this.#given = given;
  }

  #values(name: string): StateTensor {
    const found = this.#given.get(name);
    if (!found) throw new ConfigError('state', `it has no '${name}'.`);
    return found;
  }

  /** Everything below one name goes below another. */
  #move(from: string, to: string): void {
    for (const [name, value] of this.#given)
      if (name.startsWith(`${from}.`)) this.state.set(`${to}${name.slice(from.length)}`, value);
  }

  /** W γ/√(σ² + ε) and β + (b − μ) γ/√(σ² + ε), one factor an output channel: the first axis in PyTorch's layouts. */
  #fold(layer: Foldable, norm: BatchNormDefinition, from: string, normFrom: string, to: string): Foldable {
    const [gamma, beta, mu, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map(
      (name) => this.#values(`${normFrom}.${name}`).data,
    ) as unknown as readonly [Float32Array, Float32Array, Float32Array, Float32Array];
    const factors = Array.from(gamma, (g, k) => g / Math.sqrt((variance[k] as number) + (norm.eps ?? 1e-5)));
    const weight = this.#values(`${from}.weight`);
    const each = weight.data.length / factors.length;
    const bias = layer.bias === false ? undefined : this.#values(`${from}.bias`).data;
    this.state.set(`${to}.weight`, {
      shape: weight.shape,
      data: Float32Array.from(weight.data, (w, i) => w * (factors[Math.floor(i / each)] as number)),
    });
    this.state.set(`${to}.bias`, {
      shape: [factors.length],
      data: Float32Array.from(factors, (f, k) => (beta[k] as number) + ((bias?.[k] ?? 0) - (mu[k] as number)) * f),
    });
    const { bias: _, ...rest } = layer;
    // Whoever asks for the normalised maps by their name still gets them.
    return norm.name === undefined ? rest : { ...rest, name: norm.name };
  }

  /** @param from and `to` where the list stands: '' or '3.body.' */
  list(layers: readonly LayerDefinition[], from: string, to: string): LayerDefinition[] {
    const result: LayerDefinition[] = [];
    for (let i = 0; i < layers.length; i++) {
      const layer = layers[i] as LayerDefinition;
      const next = layers[i + 1];
      const target = `${to}${result.length}`;
      if (foldable(layer) && isNorm(next)) {
        result.push(this.#fold(layer, next, `${from}${i}`, `${from}${i + 1}`, target));
        i++;
      } else if (layer.type === 'sequential') {
        result.push({ ...layer, layers: this.list(layer.layers, `${from}${i}.`, `${target}.`) });
      } else if (layer.type === 'residual') {
        const { bridge } = layer;
        const body = this.list(layer.layers, `${from}${i}.body.`, `${target}.body.`);
        const folded = Array.isArray(bridge) ? this.list(bridge, `${from}${i}.bridge.`, `${target}.bridge.`) : bridge;
        if (bridge && !Array.isArray(bridge)) this.#move(`${from}${i}.bridge`, `${target}.bridge`);
        result.push({ ...layer, layers: body, ...(folded ? { bridge: folded } : {}) });
      } else {
        this.#move(`${from}${i}`, target);
        result.push(layer);
      }
    }
    return result;
  }
}

/**
 * The network without the batch normalisations that stand directly behind a convolution or linear layer; in evaluation mode both compute the same.
 * Layers behind a folded one move up in number; the folded layer takes the name of its normalisation.
 * @param state PyTorch's names and layouts, as `stateDict()` and the importers give them
 * @throws ConfigError where a tensor is missing
 */
export function foldBatchNorm(network: NetworkDefinition, state: ReadonlyMap<string, StateTensor>): FoldedNetwork {
  const folder = new Folder(state);
  return { network: folder.list(network, '', ''), state: folder.state };
}
