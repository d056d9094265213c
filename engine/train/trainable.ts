/** What can be trained: a network from `buildNetwork`, or any module with `forward` and `parameters`. */
import type { RecordingDevice } from '../device/recording-device.ts';
import { ConfigError } from '../errors.ts';
import { Network } from '../nn/network.ts';
import type { DeviceGenerator } from '../ops/random.ts';
import type { Shape, Tensor } from '../tensor.ts';

/**
 * A module of one's own. A step is recorded once and replayed, so `forward` must do the same with each batch of one shape; what else it
 * depends on belongs into `variant`. Checkpoints and `resume` on a new device need a network from `buildNetwork`.
 */
export interface Trainable {
  /** [N, …] in, [N, …] out. */
  forward(x: Tensor): Tensor;
  /** What is learned, always the same tensors in the same order; `requiresGrad` of each says whether it learns now. */
  parameters(): Tensor[];
  /** What `forward` changes besides: running statistics. Snapshots hold them too. */
  buffers?(): Tensor[];
  /** Training mode on or off, where it makes a difference; then `training` tells it. */
  train?(on?: boolean): unknown;
  readonly training?: boolean;
  /** Shape of one input, to be compared with the data's. */
  readonly inputShape?: Shape;
  /** Where it has changed, the step is recorded anew. */
  readonly variant?: string;
}

/** @throws ConfigError unless it has `forward` and parameters on one device */
export function checkTrainable(network: Trainable): void {
  if (typeof network?.forward !== 'function' || typeof network.parameters !== 'function')
    throw new ConfigError('network', 'it must be a network from buildNetwork or a module with forward(x) and parameters().');
  const parameters = network.parameters();
  if (parameters.length === 0) throw new ConfigError('network', 'it has no parameters to train.');
  if (new Set(parameters.map(({ device }) => device)).size > 1)
    throw new ConfigError('network', 'its parameters must lie on one device.');
}

export function deviceOf(network: Trainable): RecordingDevice {
  return (network instanceof Network ? network : (network.parameters()[0] as Tensor)).device as RecordingDevice;
}

/** Random numbers of a network's dropout layers. */
export const dropoutOf = (network: Trainable): DeviceGenerator | undefined =>
  network instanceof Network ? network.rng : undefined;

/** Parameters and running statistics with their names; numbered in a module that names none. */
export function namedState(network: Trainable): [name: string, tensor: Tensor][] {
  if (network instanceof Network) return [...network.namedParameters(), ...network.namedBuffers()];
  const named = (tensors: Tensor[], what: string) =>
    tensors.map((tensor, index): [string, Tensor] => [tensor.name || `${what} ${index}`, tensor]);
  return [...named(network.parameters(), 'parameter'), ...named(network.buffers?.() ?? [], 'buffer')];
}

/** @throws ConfigError for a module without a definition */
export function requireDefined(network: Trainable, what: string): Network {
  if (network instanceof Network) return network;
  throw new ConfigError(what, 'it needs a network from buildNetwork, which has a definition; a module of your own has none.');
}
