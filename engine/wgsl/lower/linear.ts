/** Integer sums taken apart. */
import type { Node } from './graph.ts';

/**
 * A node as constant + Σ factor · node, all modulo 2³²: adds the factors to `into`.
 * @returns the constant
 */
export function decompose(node: Node, factor: number, into: Map<Node, number>): number {
  const [a, b] = node.args as [Node, Node];
  if (node.op === 'const') return Math.imul(node.immediate as number, factor);
  if (node.op === 'i32.add') return (decompose(a, factor, into) + decompose(b, factor, into)) | 0;
  if (node.op === 'i32.sub') return (decompose(a, factor, into) + decompose(b, Math.imul(factor, -1), into)) | 0;
  if (node.op === 'i32.mul' && b.op === 'const') return decompose(a, Math.imul(factor, b.immediate as number), into);
  if (node.op === 'i32.shl' && b.op === 'const') return decompose(a, Math.imul(factor, 1 << (b.immediate as number)), into);
  into.set(node, ((into.get(node) ?? 0) + factor) | 0);
  return 0;
}
