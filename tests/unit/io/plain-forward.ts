import type { ImportedNetwork } from '../../../engine/io/imported-network.ts';
import type { LayerDefinition } from '../../../engine/nn/definition.ts';
import { pair } from '../../../engine/nn/definition.ts';

/** An image in PyTorch's order: channel planes, row by row. */
export interface Planes {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly data: Float32Array;
}

type Values = (name: string) => Float32Array;

function conv2d(x: Planes, layer: Extract<LayerDefinition, { type: 'conv2d' }>, values: Values): Planes {
  const [kh, kw] = pair(layer.kernel);
  const [sh, sw] = pair(layer.stride ?? 1);
  const [ph, pw] = pair((layer.padding as number) ?? 0);
  const weight = values('weight');
  const bias = layer.bias === false ? undefined : values('bias');
  const height = Math.floor((x.height + 2 * ph - kh) / sh) + 1;
  const width = Math.floor((x.width + 2 * pw - kw) / sw) + 1;
  const data = new Float32Array(layer.out * height * width);
  for (let o = 0; o < layer.out; o++) {
    const plane = data.subarray(o * height * width, (o + 1) * height * width).fill(bias?.[o] ?? 0);
    for (let c = 0; c < (layer.in as number); c++) {
      const source = x.data.subarray(c * x.height * x.width, (c + 1) * x.height * x.width);
      for (let u = 0; u < kh; u++) {
        for (let v = 0; v < kw; v++) {
          const w = weight[((o * (layer.in as number) + c) * kh + u) * kw + v] as number;
          if (w === 0) continue;
          for (let y = 0; y < height; y++) {
            const row = y * sh + u - ph;
            if (row < 0 || row >= x.height) continue;
            for (let i = 0; i < width; i++) {
              const column = i * sw + v - pw;
              if (column < 0 || column >= x.width) continue;
              plane[y * width + i] = (plane[y * width + i] as number) + w * (source[row * x.width + column] as number);
            }
          }
        }
      }
    }
  }
  return { channels: layer.out, height, width, data };
}

function batchNorm(x: Planes, eps: number, values: Values): Planes {
  const [gamma, beta, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map(values) as Float32Array[];
  const size = x.height * x.width;
  const data = x.data.map((value, i) => {
    const c = Math.floor(i / size);
    const scale = (gamma?.[c] as number) / Math.sqrt((variance?.[c] as number) + eps);
    return (value - (mean?.[c] as number)) * scale + (beta?.[c] as number);
  });
  return { ...x, data };
}

function maxPool(x: Planes, kernel: number, stride: number): Planes {
  const height = Math.floor((x.height - kernel) / stride) + 1;
  const width = Math.floor((x.width - kernel) / stride) + 1;
  const data = new Float32Array(x.channels * height * width).fill(Number.NEGATIVE_INFINITY);
  for (let c = 0; c < x.channels; c++) {
    for (let y = 0; y < height; y++) {
      for (let i = 0; i < width; i++) {
        let best = Number.NEGATIVE_INFINITY;
        for (let u = 0; u < kernel; u++) {
          for (let v = 0; v < kernel; v++) {
            best = Math.max(best, x.data[(c * x.height + y * stride + u) * x.width + i * stride + v] as number);
          }
        }
        data[(c * height + y) * width + i] = best;
      }
    }
  }
  return { channels: x.channels, height, width, data };
}

function linear(x: Planes, layer: Extract<LayerDefinition, { type: 'linear' }>, values: Values): Planes {
  const weight = values('weight');
  const bias = layer.bias === false ? undefined : values('bias');
  const data = Float32Array.from({ length: layer.out }, (_, o) => {
    let sum = bias?.[o] ?? 0;
    for (let i = 0; i < (layer.in as number); i++)
      sum += (weight[o * (layer.in as number) + i] as number) * (x.data[i] as number);
    return sum;
  });
  return { channels: layer.out, height: 1, width: 1, data };
}

function average(x: Planes): Planes {
  const size = x.height * x.width;
  const data = Float32Array.from(
    { length: x.channels },
    (_, c) => x.data.subarray(c * size, (c + 1) * size).reduce((a, b) => a + b, 0) / size,
  );
  return { channels: x.channels, height: 1, width: 1, data };
}

function step(x: Planes, layer: LayerDefinition, values: Values): Planes {
  switch (layer.type) {
    case 'conv2d':
      return conv2d(x, layer, values);
    case 'batchnorm2d':
      return batchNorm(x, layer.eps ?? 1e-5, values);
    case 'linear':
      return linear(x, layer, values);
    case 'maxpool2d':
      return maxPool(x, pair(layer.kernel)[0], pair(layer.stride ?? layer.kernel)[0]);
    case 'leakyrelu':
      return { ...x, data: x.data.map((value) => (value > 0 ? value : value * (layer.slope ?? 0.01))) };
    case 'relu':
      return { ...x, data: x.data.map((value) => Math.max(0, value)) };
    case 'globalavgpool2d':
      return average(x);
    case 'flatten':
      return { channels: x.data.length, height: 1, width: 1, data: x.data };
    default:
      throw new Error(`the test does not know ${layer.type}`);
  }
}

/** Runs an imported network with plain loops, knowing nothing of the engine but PyTorch's names and layouts. */
export function plainForward({ network, state }: Pick<ImportedNetwork, 'network' | 'state'>, input: Planes): Float32Array {
  let x = input;
  network.forEach((layer, index) => {
    const values: Values = (name) => {
      const tensor = state.get(`${index}.${name}`);
      if (!tensor) throw new Error(`no value ${index}.${name}`);
      return tensor.data;
    };
    x = step(x, layer, values);
  });
  return x.data;
}

/** Interleaved pixels (NHWC) as planes. */
export function planes(data: ArrayLike<number>, height: number, width: number, channels: number): Planes {
  const out = new Float32Array(data.length);
  for (let p = 0; p < height * width; p++) {
    for (let c = 0; c < channels; c++) out[c * height * width + p] = data[p * channels + c] as number;
  }
  return { channels, height, width, data: out };
}
