/** The state of a training run on the host: what survives a lost device. */
import { ConfigError } from '../errors.ts';
import { Network } from '../nn/network.ts';
import type { OptimiserSnapshot } from '../optim/optimiser.ts';
import type { Tensor } from '../tensor.ts';
import type { Trainable } from './trainable.ts';

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
  /** Why the run has ended; absent while it goes on. */
  readonly stopped: string | undefined;
}

/** What holds the state: a network's arenas, or the tensors of a module one by one. */
function stateOf(network: Trainable): { parameters: Tensor[]; buffers: Tensor[] } {
  if (network instanceof Network) return { parameters: [network.arena.flat], buffers: [network.bufferArena.flat] };
  return { parameters: network.parameters(), buffers: network.buffers?.() ?? [] };
}

/** The values of tensors one behind the other. The copies are enqueued at once. */
async function joined(tensors: readonly Tensor[]): Promise<Float32Array<ArrayBuffer>> {
  const parts = await Promise.all(tensors.map((tensor) => tensor.data()));
  if (parts.length === 1) return parts[0] as Float32Array<ArrayBuffer>;
  const values = new Float32Array(lengthOf(tensors));
  let offset = 0;
  for (const part of parts) {
    values.set(part, offset);
    offset += part.length;
  }
  return values;
}

const lengthOf = (tensors: readonly Tensor[]): number => tensors.reduce((length, { size }) => length + size, 0);

/** Copies parameters and buffers to the host. The copies are enqueued at once: later steps do not change them. */
export async function snapshotNetwork(network: Trainable): Promise<NetworkSnapshot> {
  const state = stateOf(network);
  const [parameters, buffers] = await Promise.all([joined(state.parameters), joined(state.buffers)]);
  return { parameters, buffers };
}

/** @throws ConfigError when a snapshot belongs to another network */
export function checkSnapshot(network: Trainable, snapshot: NetworkSnapshot): void {
  const state = stateOf(network);
  for (const part of ['parameters', 'buffers'] as const) {
    if (snapshot[part].length !== lengthOf(state[part]))
      throw new ConfigError('snapshot', 'it belongs to a network of another definition.');
  }
}

/** Puts a snapshot back. @throws ConfigError when it belongs to another network */
export function restoreNetwork(network: Trainable, snapshot: NetworkSnapshot): void {
  checkSnapshot(network, snapshot);
  const state = stateOf(network);
  for (const part of ['parameters', 'buffers'] as const) {
    let offset = 0;
    for (const tensor of state[part]) {
      tensor.write(snapshot[part].subarray(offset, offset + tensor.size));
      offset += tensor.size;
    }
  }
}
