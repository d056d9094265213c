/**
 * Phases of strided convolutions. The positions of an input that outputs meet fall into strideY × strideX phases; all positions of
 * a phase meet the same offsets of the kernel, so an input gradient wastes no product when each tile keeps to one phase.
 */
import type { Conv2dSizes } from './conv2d-sizes.ts';

/** Phases of the strides, and the tiles of `pixels` positions that the largest phase needs. */
export function phaseTiles(p: Conv2dSizes, pixels: number): number {
  const largest = p.N * Math.ceil(p.H / p.strideY) * Math.ceil(p.W / p.strideX);
  return p.strideY * p.strideX * Math.ceil(largest / pixels);
}

const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));

/** Every how many offsets of the kernel the same phase of a stride is met. */
export const periods = (p: Conv2dSizes) => ({
  periodY: p.strideY / gcd(p.strideY, p.dilationY),
  periodX: p.strideX / gcd(p.strideX, p.dilationX),
});
