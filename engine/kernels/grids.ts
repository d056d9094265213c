/** Grids that the memory-bound kernels share. */
import { type AdapterCaps, type Grid, linearGrid } from './kernel.ts';

/** One invocation per item, workgroups of 256 (or `size`). */
export function perItem(count: number, caps: AdapterCaps, size = 256): Grid {
  return linearGrid(count, size, caps.maxWorkgroupsPerDimension);
}

/** 4 vec4 per invocation, workgroups of 256: what streams best on every adapter. */
export function perSixteen(count: number, caps: AdapterCaps): Grid {
  return linearGrid(Math.ceil(count / 16), 256, caps.maxWorkgroupsPerDimension);
}

export function product(shape: readonly number[]): number {
  return shape.reduce((total, extent) => total * extent, 1);
}
