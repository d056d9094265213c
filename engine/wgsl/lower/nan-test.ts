/** How the shaders ask whether a float is a number: by its bits, as WGSL lets a GPU take v ≠ v for false. A processor does not. */

/** What is read of a node of the graph. */
interface Term {
  readonly op: string;
  readonly args: readonly this[];
  readonly immediate: unknown;
}

const holds = (node: Term | undefined, word: number): boolean =>
  node?.op === 'const' && [node.immediate ?? []].flat().every((w) => w === word);

/** The float v where `value` > `bound` is (bits of v & 0x7fffffff) > 0x7f800000, one by one or four at a time; undefined for any other. */
export function testedForNaN<T extends Term>({ op, args }: T, bound: T): T | undefined {
  const [value, mask] = args;
  if (!value || !holds(mask, 0x7fffffff) || !holds(bound, 0x7f800000)) return undefined;
  if (op === 'v128.and') return value;
  return op === 'i32.and' && value.op === 'i32.reinterpret_f32' ? value.args[0] : undefined;
}
