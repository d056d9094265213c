/** A network that takes pixels: the normalisation of its images is a layer of it, so that ε means grey levels. */
import { ArgumentError, kindOf, ShapeError } from '../errors.ts';
import { buildNetwork, type Network } from '../nn/network.ts';
import { checkNetwork } from './scores.ts';

/** What pixels in [0, 1] are turned into: (x − mean)/std for each channel. */
export interface PixelScale {
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

/**
 * The same network behind a layer that normalises (a 1×1 convolution with 1/std on its diagonal and −mean/std as bias, frozen): its inputs are pixels
 * in [0, 1], and so are changes of them. A softmax at its end is left out: its scores are logits. The weights are copied; the caller disposes of both
 * networks.
 * @param scale null: the pixels as they are
 * @throws ShapeError unless the network takes images [H, W, C] and there is one number a channel
 */
export async function pixelNetwork(network: Network, scale: PixelScale | null): Promise<Network> {
  checkNetwork(network);
  const { inputShape } = network;
  const channels = inputShape[2] as number;
  if (inputShape.length !== 3) throw new ShapeError('pixelNetwork', [inputShape], 'the network must take images [H, W, C]');
  const { mean, std } = scale ?? { mean: new Array(channels).fill(0), std: new Array(channels).fill(1) };
  if (!Array.isArray(mean) || !Array.isArray(std)) {
    throw new ArgumentError('pixelNetwork', `mean and std must be lists of numbers, not ${kindOf(mean)} and ${kindOf(std)}`);
  }
  if (mean.length !== channels || std.length !== channels) {
    throw new ShapeError(
      'pixelNetwork',
      [[mean.length], [std.length], [channels]],
      'mean and std must have one number a channel',
    );
  }
  const last = network.definition.at(-1)?.type ?? '';
  const layers = ['softmax', 'logsoftmax'].includes(last) ? network.definition.slice(0, -1) : network.definition;
  const made = buildNetwork(
    [
      { type: 'conv2d', in: channels, out: channels, kernel: 1 },
      { type: 'sequential', layers },
    ],
    { inputShape, rng: 0, device: network.device },
  );
  const weight = Float32Array.from({ length: channels * channels }, (_, i) =>
    i % (channels + 1) === 0 ? 1 / std[i % channels] : 0,
  );
  const bias = Float32Array.from({ length: channels }, (_, c) => -mean[c] / std[c]);
  const state = new Map([...(await network.stateDict())].map(([name, value]) => [`1.${name}`, value]));
  state.set('0.weight', { shape: [channels, channels, 1, 1], data: weight });
  state.set('0.bias', { shape: [channels], data: bias });
  made.loadStateDict(state);
  return made.freeze(0).eval();
}
