/** The stricter layout of uniform memory (WGSL, §14.4.5): arrays and structs lie on multiples of 16 bytes. */
import type { Type } from '../typed.ts';
import type { Context } from './context.ts';
import { alignOf, roundUp, sizeOf } from './types.ts';

export function checkUniformLayout(context: Context, type: Type, at: number): void {
  if (type.kind === 'array') {
    if (type.stride % 16 !== 0) {
      context.fail(
        at,
        `in uniform memory the elements of ${context.nameOf(type)} must be multiples of 16 bytes apart, not ${type.stride}; use vec4 or @size(16)`,
      );
    }
    checkUniformLayout(context, type.element, at);
    return;
  }
  if (type.kind !== 'struct') return;
  const struct = context.structs[type.struct];
  struct?.members.forEach((member, i) => {
    const required = uniformAlign(context, member.type);
    if (member.offset % required !== 0) {
      context.fail(
        member.at,
        `in uniform memory '${member.name}' must lie on a multiple of ${required} bytes, not at ${member.offset}; add @align(${required})`,
      );
    }
    const before = struct.members[i - 1];
    if (before?.type.kind === 'struct') {
      const gap = roundUp(16, sizeOf(before.type, context.structs));
      if (member.offset - before.offset < gap) {
        context.fail(
          member.at,
          `in uniform memory '${member.name}' must lie ${gap} bytes behind the struct '${before.name}'; add @align(16)`,
        );
      }
    }
    checkUniformLayout(context, member.type, member.at);
  });
}

function uniformAlign(context: Context, type: Type): number {
  const align = alignOf(type, context.structs);
  return type.kind === 'array' || type.kind === 'struct' ? roundUp(16, align) : align;
}
