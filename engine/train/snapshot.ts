/** The state of a training run on the host: what survives a lost device. */
import { ConfigError } from '../errors.ts';
import type { Network } from '../nn/network.ts';
import type { OptimiserSnapshot } from '../optim/optimiser.ts';

/** Parameters and running statistics, flat and in the engine's layout. */
export interface NetworkSnapshot {
  readonly parameters: Float32Array<ArrayBuffer>;
  readonly buffers: Float32Array<ArrayBuffer>;
}

/** Where a run stands. */
export interface Progress {
  /** Steps taken. */
  step: number;
  /** Epochs finished. */
  epoch: number;
  /** Samples taken of the current epoch. */
  position: number;
  /** Sum of the losses of the current epoch, each times its number of samples. */
  lossSum: number;
  lossCount: number;
}

export interface TrainingSnapshot {
  readonly progress: Readonly<Progress>;
  readonly network: NetworkSnapshot;
  readonly optimiser: OptimiserSnapshot;
  /** Next steps of the random numbers of dropout and of the transform. */
  readonly dropoutStep: number;
  readonly transformStep: number;
  readonly lr: number;
}

/** Copies parameters and buffers to the host. The copies are enqueued at once: later steps do not change them. */
export async function snapshotNetwork(network: Network): Promise<NetworkSnapshot> {
  const [parameters, buffers] = await Promise.all([network.arena.flat.data(), network.bufferArena.flat.data()]);
  return { parameters, buffers };
}

/** Puts a snapshot back. @throws ConfigError when it belongs to another network */
export function restoreNetwork(network: Network, { parameters, buffers }: NetworkSnapshot): void {
  if (parameters.length !== network.arena.length || buffers.length !== network.bufferArena.length) {
    throw new ConfigError('snapshot', 'it belongs to a network of another definition.');
  }
  network.arena.flat.write(parameters);
  network.bufferArena.flat.write(buffers);
}
