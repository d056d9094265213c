/** Finding what is infinite or not a number, on the device. */
import { noGrad } from '../autodiff.ts';
import { BUFFER_ALIGNMENT } from '../device/device.ts';
import { NonFiniteError } from '../errors.ts';
import { countNonFinite } from '../kernels/finite.ts';
import { scope } from '../memory.ts';
import { Network } from '../nn/network.ts';
import { emptyTensor, type Tensor } from '../tensor.ts';
import type { Batch } from './data.ts';
import type { LossFunction } from './loss.ts';
import type { TrainingState } from './state.ts';
import { namedState, type Trainable } from './trainable.ts';

/**
 * Names of the tensors that hold values which are not finite, in order. Everything is enqueued at once: later work does not change
 * what is found.
 */
export async function nonFinite(named: readonly (readonly [name: string, tensor: Tensor])[]): Promise<string[]> {
  const floats = named.filter(([, { dtype, size }]) => dtype === 'f32' && size > 0);
  const [first] = floats;
  if (!first) return [];
  const { device } = first[1];
  const stride = BUFFER_ALIGNMENT / 4;
  const counts = emptyTensor([floats.length * stride], 'countNonFinite', 'u32', device);
  const buffer = counts.buffer('countNonFinite');
  floats.forEach(([, tensor], index) => {
    const count = device.view(buffer, index * BUFFER_ALIGNMENT, 4);
    device.run(countNonFinite, { x: tensor.buffer('countNonFinite'), count }, { count: tensor.size });
  });
  try {
    const found = await counts.data('u32');
    return floats.flatMap(([name], index) => ((found[index * stride] as number) > 0 ? [name] : []));
  } finally {
    counts.dispose();
  }
}

/** Parameters and running statistics that are not finite. */
export function nonFiniteState(network: Trainable): Promise<string[]> {
  return nonFinite(namedState(network));
}

/**
 * The first value of a forward pass that is not finite: the inputs, the innermost layer, or the loss; undefined where all are finite.
 * Changes the running statistics of a network in training mode.
 */
export async function nonFiniteLayer<N extends Trainable>(
  network: N,
  batch: Batch,
  loss: LossFunction<N>,
): Promise<string | undefined> {
  const kept = scope(() =>
    noGrad(() => {
      // A module does not show what happens inside.
      const { output, activations } =
        network instanceof Network
          ? network.forward(batch.inputs, { capture: 'all' })
          : { output: network.forward(batch.inputs), activations: new Map<string, Tensor>() };
      if (!(network instanceof Network)) activations.set('output', output);
      return { activations, value: loss(output, batch, network) };
    }),
  );
  // Blocks are captured after the layers inside them, so the first in order is the innermost.
  const layers = [...kept.activations].map(
    ([path, tensor]) => [network instanceof Network ? `${path} (${network.layer(path).type})` : path, tensor] as const,
  );
  try {
    return (await nonFinite([['inputs', batch.inputs], ...layers, ['loss', kept.value]]))[0];
  } finally {
    for (const activation of new Set(kept.activations.values())) activation.dispose();
    kept.value.dispose();
  }
}

/**
 * Goes back to the snapshot, takes its steps again one by one until something is no longer finite, and finds out what it was first.
 * The state stays at the snapshot.
 */
export async function diagnose<N extends Trainable>(state: TrainingState<N>): Promise<NonFiniteError> {
  const last = state.progress.step;
  state.rewind();
  const start = state.progress.step;
  let broken: string | undefined;
  let step = start;
  for (; step < last && broken === undefined; step++) {
    state.step(0);
    const [[loss], found] = await Promise.all([state.runner.losses(0, 1), nonFiniteState(state.network)]);
    broken = found[0] ?? (Number.isFinite(loss) ? undefined : 'loss');
  }
  const at = Math.max(start, step - 1);
  state.rewind();
  while (state.progress.step < at) state.step(0);
  state.network.train?.();
  const batch = state.peek();
  const layer = await nonFiniteLayer(state.network, batch, state.loss);
  batch.inputs.dispose();
  batch.targets.dispose();
  state.rewind();
  // Whoever goes on will want another learning rate.
  state.forgetRates();
  return new NonFiniteError(layer ?? broken ?? 'loss', at);
}
