/** A network as explanations, attacks and visualisations want it: scores in place of probabilities, normalisations folded by choice. */
import { foldBatchNorm } from '../../engine/nn/fold-batch-norm.ts';
import { buildNetwork } from '../../engine/nn/network.ts';
import type { OpenNetwork } from './network-source.ts';

export interface InferenceOptions {
  /** Folds batch normalisations into the layers before them; the scores stay the same. */
  readonly fold: boolean;
}

const SOFTMAX = ['softmax', 'logsoftmax'];

/**
 * The network without a softmax at its end, in evaluation mode. Its class scores are then logits, of which Σ or differences mean something.
 * The given network is disposed of where another takes its place.
 */
export async function inferenceNetwork(open: OpenNetwork, { fold }: InferenceOptions): Promise<OpenNetwork> {
  const { network } = open;
  const last = network.definition.at(-1);
  const cut = last !== undefined && SOFTMAX.includes(last.type);
  const foldable = fold && network.modules.some(({ type }) => type.startsWith('batchnorm'));
  network.eval();
  if (!cut && !foldable) return open;
  const definition = cut ? network.definition.slice(0, -1) : network.definition;
  const state = await network.stateDict();
  const made = foldable ? foldBatchNorm(definition, state) : { network: definition, state };
  const built = buildNetwork(made.network, { inputShape: network.inputShape, rng: 0, device: network.device });
  built.loadStateDict(made.state);
  network.dispose();
  return { ...open, network: built.eval() };
}
