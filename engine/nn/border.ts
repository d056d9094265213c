/**
 * Layouts at the border: inside, convolution weights are HWIO and linear weights [in, out]; state dictionaries and files hold
 * PyTorch's OIHW and [out, in]. What follows a flatten of an [H, W, C] map counts its features as h·W·C + w·C + c inside and as
 * c·H·W + h·W + w in PyTorch; a `FeatureOrder` remembers that.
 */
import { type Shape, sizeOf } from '../tensor.ts';

/** Sizes of the map whose flattened features an axis holds. */
export interface FeatureOrder {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

/** Values with their shape, on the host. */
export interface StateTensor {
  readonly shape: Shape;
  readonly data: Float32Array;
}

/** How a tensor of the engine looks in PyTorch. */
export interface Border {
  /** Shape in PyTorch. */
  readonly shape: Shape;
  /** For each element of PyTorch's tensor in order, its index in the engine's; absent where both are the same. */
  readonly order?: () => Uint32Array;
}

/** Same shape, same order (biases, and everything that has one axis without a feature order). */
export function sameBorder(shape: Shape): Border {
  return { shape };
}

/** Index in the engine of PyTorch's feature `index`. */
function featureIndex(index: number, order: FeatureOrder | null): number {
  if (!order) return index;
  const { height, width, channels } = order;
  const c = Math.floor(index / (height * width));
  const position = index % (height * width);
  return position * channels + c;
}

/** The order of an [H, W, C] map, or null where both sides agree (one position or one channel). */
export function featureOrder(shape: Shape): FeatureOrder | null {
  if (shape.length !== 3) return null;
  const [height, width, channels] = shape as [number, number, number];
  return height * width === 1 || channels === 1 ? null : { height, width, channels };
}

/** A vector over features. */
export function vectorBorder(size: number, features: FeatureOrder | null): Border {
  if (!features) return { shape: [size] };
  return { shape: [size], order: () => Uint32Array.from({ length: size }, (_, i) => featureIndex(i, features)) };
}

/** Engine [in, out] ↔ PyTorch [out, in]. */
export function linearBorder(
  inputs: number,
  outputs: number,
  inOrder: FeatureOrder | null,
  outOrder: FeatureOrder | null,
): Border {
  return {
    shape: [outputs, inputs],
    order: () => {
      const order = new Uint32Array(inputs * outputs);
      for (let o = 0; o < outputs; o++) {
        const column = featureIndex(o, outOrder);
        for (let i = 0; i < inputs; i++) order[o * inputs + i] = featureIndex(i, inOrder) * outputs + column;
      }
      return order;
    },
  };
}

/**
 * Engine [height, width, a, b] ↔ PyTorch [b, a, height, width]: HWIO ↔ OIHW for convolutions, and for transposed convolutions,
 * whose weight is that of the convolution they transpose, HW(out)(in) ↔ IOHW.
 */
export function kernelBorder(shape: readonly [height: number, width: number, a: number, b: number]): Border {
  const [height, width, a, b] = shape;
  return {
    shape: [b, a, height, width],
    order: () => {
      const order = new Uint32Array(sizeOf(shape));
      let at = 0;
      for (let ib = 0; ib < b; ib++) {
        for (let ia = 0; ia < a; ia++) {
          for (let p = 0; p < height * width; p++) order[at++] = (p * a + ia) * b + ib;
        }
      }
      return order;
    },
  };
}

/** The engine's values in PyTorch's order. */
export function toPyTorch(values: Float32Array, border: Border): StateTensor {
  const order = border.order?.();
  if (!order) return { shape: border.shape, data: values.slice() };
  const data = new Float32Array(values.length);
  for (let i = 0; i < order.length; i++) data[i] = values[order[i] as number] as number;
  return { shape: border.shape, data };
}

/** PyTorch's values in the engine's order. */
export function fromPyTorch(values: Float32Array, border: Border): Float32Array<ArrayBuffer> {
  const order = border.order?.();
  if (!order) return Float32Array.from(values);
  const data = new Float32Array(values.length);
  for (let i = 0; i < order.length; i++) data[order[i] as number] = values[i] as number;
  return data;
}
