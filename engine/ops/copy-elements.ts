import { ShapeError } from '../errors.ts';
import { copy, copyParams } from '../kernels/copy.ts';
import type { Tensor } from '../tensor.ts';
import { run } from './run.ts';

/** Overwrites `to` with the elements of `from`, on the device. @throws ShapeError unless both hold as many */
export function copyElements(from: Tensor, to: Tensor): void {
  if (from.size !== to.size) throw new ShapeError('copyElements', [from.shape, to.shape], 'both must hold as many elements');
  if (from.size === 0) return;
  run(copy, { x: from, y: to }, copyParams({ shape: [from.size], strideX: [1] }));
  to.overwritten();
}
