/** Reproducible numbers for the benchmark's tensors (mulberry32; quality suffices for data that only has to look random). */
export function uniform(count: number, seed: number, low = -1, high = 1): Float32Array {
  const values = new Float32Array(count);
  let state = (seed * 0x9e3779b9) >>> 0;
  for (let i = 0; i < count; i++) {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    values[i] = low + (high - low) * (((t ^ (t >>> 14)) >>> 0) / 4294967296);
  }
  return values;
}

/** `permute(values, shape, axes)`: the values of `transpose(tensor, axes)` in row-major order. */
export function permute(values: Float32Array, shape: readonly number[], axes: readonly number[]): Float32Array {
  const strides = new Array<number>(shape.length).fill(1);
  for (let i = shape.length - 2; i >= 0; i--) strides[i] = (strides[i + 1] ?? 1) * (shape[i + 1] ?? 1);
  const sizes = axes.map((axis) => shape[axis] ?? 1);
  const steps = axes.map((axis) => strides[axis] ?? 1);
  const result = new Float32Array(values.length);
  const index = new Array<number>(axes.length).fill(0);
  let source = 0;
  for (let i = 0; i < result.length; i++) {
    result[i] = values[source] ?? 0;
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] ?? 0) + 1;
      source += steps[axis] ?? 0;
      if ((index[axis] ?? 0) < (sizes[axis] ?? 0)) break;
      source -= (steps[axis] ?? 0) * (sizes[axis] ?? 0);
      index[axis] = 0;
    }
  }
  return result;
}
