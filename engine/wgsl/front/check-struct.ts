/** Structs and their layout (WGSL, §6.2.10 and §14.4). */
import type { Struct } from '../typed.ts';
import { attribute, checkAttributes, constantAttribute } from './attributes.ts';
import { builtinName, checkBuiltinType } from './check-function.ts';
import { checkDepth, checkType } from './check-type.ts';
import type { Context } from './context.ts';
import type { StructNode } from './syntax.ts';
import { alignOf, hasFixedFootprint, roundUp, sizeOf } from './types.ts';

const MAX_BYTES = 0xffffffff;

/** @returns the built-in value of each member */
export function checkStruct(context: Context, node: StructNode): (string | undefined)[] {
  const seen = new Set<string>();
  const members: Struct['members'][number][] = [];
  const builtins: (string | undefined)[] = [];
  let end = 0;
  let align = 1;
  let depth = 1;
  node.members.forEach((member, i) => {
    const { name, at } = member;
    if (seen.has(name)) context.fail(at, `'${name}' is declared twice`);
    seen.add(name);
    checkAttributes(context, member.attributes, [
      'align',
      'size',
      'builtin',
      'location',
      'interpolate',
      'invariant',
      'blend_src',
      'color',
    ]);
    const type = checkType(context, member.type);
    if (type.kind === 'pointer') context.fail(at, 'a struct cannot hold a pointer');
    const isRuntimeArray = type.kind === 'array' && type.length === undefined;
    if (isRuntimeArray && i < node.members.length - 1) context.fail(at, 'only the last member may be a runtime-sized array');
    if (!isRuntimeArray && !hasFixedFootprint(type, context.structs)) {
      context.fail(at, `a struct cannot hold ${context.nameOf(type)}: its size must be known`);
    }
    if (type.kind === 'array' && typeof type.length === 'object')
      context.fail(at, 'a struct cannot hold an array counted by overrides');
    depth = Math.max(depth, 1 + checkDepth(context, type, at));
    const natural = alignOf(type, context.structs);
    const ownAlign = constantAttribute(context, member.attributes, 'align', 1, 2 ** 31) ?? natural;
    if (!Number.isInteger(Math.log2(ownAlign)))
      context.fail(attribute(member.attributes, 'align')?.at ?? at, `'@align' must be a power of two, not ${ownAlign}`);
    if (ownAlign % natural !== 0)
      context.fail(attribute(member.attributes, 'align')?.at ?? at, `'@align' must be a multiple of ${natural}, not ${ownAlign}`);
    const naturalSize = sizeOf(type, context.structs);
    const ownSize = constantAttribute(context, member.attributes, 'size', 1, MAX_BYTES);
    if (ownSize !== undefined && ownSize < naturalSize)
      context.fail(attribute(member.attributes, 'size')?.at ?? at, `'@size' must be at least ${naturalSize}, not ${ownSize}`);
    if (ownSize !== undefined && isRuntimeArray) context.fail(at, "a runtime-sized array takes no '@size'");
    const offset = roundUp(ownAlign, end);
    end = offset + (ownSize ?? naturalSize);
    align = Math.max(align, ownAlign);
    members.push({ name, type, offset, at });
    const builtin = builtinName(context, member.attributes);
    if (builtin !== undefined) checkBuiltinType(context, builtin, type, attribute(member.attributes, 'builtin')?.at ?? at);
    builtins.push(builtin);
  });
  const size = roundUp(align, end);
  if (size > MAX_BYTES) context.fail(node.at, 'a struct of more than 4 GiB');
  context.symbols.set(node.name, { kind: 'type', type: { kind: 'struct', struct: context.structs.length } });
  context.memberTypes.push(node.members.map((member) => member.type.at));
  context.structDepths.push(depth);
  context.structs.push({ name: node.name, members, size, align });
  return builtins;
}
