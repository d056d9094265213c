/** Turns TensorFlow's weights into PyTorch's layouts. */

/** Size of an image, as a flatten sees it. */
export interface ImageSize {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

type Axes = readonly [number, number];

/**
 * A convolution kernel for PyTorch, [out, in, kh, kw], from TensorFlow's [kh, kw, in, out], with padding that is the same on both sides.
 * Where TensorFlow pads one side more (its rule 'same' puts the odd pixel after the image), the kernel grows by taps of zero on the side
 * that has less, which computes the same.
 *
 * @param hwio TensorFlow's values
 * @param kernel their size, vertical and horizontal
 * @param before pixels of padding above and to the left
 * @param after pixels of padding below and to the right
 * @returns values, size of the kernel and padding
 */
export function convolutionKernel(
  hwio: Float32Array,
  kernel: Axes,
  channels: number,
  filters: number,
  before: Axes,
  after: Axes,
): { data: Float32Array; size: [number, number]; padding: [number, number] } {
  const [kh, kw] = kernel;
  const more = [after[0] - before[0], after[1] - before[1]] as const;
  const [gh, gw] = [kh + Math.abs(more[0]), kw + Math.abs(more[1])];
  const [top, left] = [Math.max(0, more[0]), Math.max(0, more[1])];
  const data = new Float32Array(filters * channels * gh * gw);
  for (let u = 0; u < kh; u++) {
    for (let v = 0; v < kw; v++) {
      const tap = (u + top) * gw + v + left;
      const from = (u * kw + v) * channels * filters;
      for (let c = 0; c < channels; c++) {
        for (let o = 0; o < filters; o++) data[(o * channels + c) * gh * gw + tap] = hwio[from + c * filters + o] as number;
      }
    }
  }
  return { data, size: [gh, gw], padding: [Math.max(before[0], after[0]), Math.max(before[1], after[1])] };
}

/**
 * A linear layer's weight for PyTorch, [out, in], from TensorFlow's [in, out]. After a flatten TensorFlow's inputs are in the order height,
 * width, channel, PyTorch's in the order channel, height, width.
 *
 * @param kernel TensorFlow's values
 * @param flattened size of the image before the flatten, if there was one
 */
export function linearWeight(kernel: Float32Array, inputs: number, outputs: number, flattened?: ImageSize): Float32Array {
  const weight = new Float32Array(kernel.length);
  for (let i = 0; i < inputs; i++) {
    let column = i;
    if (flattened) {
      const c = i % flattened.channels;
      column = c * flattened.height * flattened.width + (i - c) / flattened.channels;
    }
    for (let o = 0; o < outputs; o++) weight[o * inputs + column] = kernel[i * outputs + o] as number;
  }
  return weight;
}
