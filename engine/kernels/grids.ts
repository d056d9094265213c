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

/** How those four lie, for shaders that leave it open: one behind another for a processor's cache. */
export const arranged = (caps: AdapterCaps): { CONTIGUOUS: number } => ({ CONTIGUOUS: Number(caps.kind === 'cpu') });

export function product(shape: readonly number[]): number {
  return shape.reduce((total, extent) => total * extent, 1);
}

/** Into how many slices `items` are dealt so that the machine is busy and a slice is worth an invocation. */
export function sliceCount(items: number, results: number, caps: AdapterCaps): number {
  const wanted = Math.ceil((caps.software ? 1024 : 32768) / results);
  const most = Math.floor(items / (caps.software ? 32 : 16));
  const slices = Math.max(1, Math.min(wanted, most));
  return slices > 4 ? Math.ceil(slices / 4) * 4 : slices;
}
