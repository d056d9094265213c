/**
 * Which stretches of memory one optimiser dispatch can update: neighbouring parameters of one arena, of one group, that all have a
 * gradient and have taken as many steps. A whole network is one stretch, or two where only its weights decay.
 */
import { type ArenaRange, arenaRange } from '../arena.ts';
import type { Tensor } from '../tensor.ts';

/** A parameter as the optimiser sees it. */
export interface Member {
  readonly tensor: Tensor;
  readonly group: number;
  readonly range: ArenaRange | undefined;
}

/** Neighbouring members, to be updated by one dispatch. */
export interface Segment {
  readonly group: number;
  readonly members: readonly number[];
}

/** The given parameters, which are those of the groups in any order. */
export function membersOf(
  groups: readonly { readonly parameters: readonly Tensor[] }[],
  parameters: readonly Tensor[] = groups.flatMap((group) => group.parameters),
): Member[] {
  const groupOf = new Map(groups.flatMap((group, index) => group.parameters.map((tensor) => [tensor, index] as const)));
  return parameters.map((tensor) => ({ tensor, group: groupOf.get(tensor) ?? 0, range: arenaRange(tensor) }));
}

/**
 * Joins neighbours.
 * @param active the members that have a gradient
 * @param clocks what members must share to be updated together, beside their group; absent: nothing
 */
export function segments(members: readonly Member[], active: readonly boolean[], clocks: readonly unknown[] = []): Segment[] {
  const order = members
    .map((_, index) => index)
    .filter((index) => active[index])
    .sort((a, b) => position(members, a) - position(members, b));
  const result: { group: number; members: number[] }[] = [];
  for (const index of order) {
    const last = result.at(-1);
    const before = last?.members.at(-1) as number;
    const joins = last && clocks[before] === clocks[index] && follows(members[before] as Member, members[index] as Member);
    if (last && joins) last.members.push(index);
    else result.push({ group: (members[index] as Member).group, members: [index] });
  }
  return result;
}

/** Arenas one after the other, loose parameters at the end in their own order. */
function position(members: readonly Member[], index: number): number {
  const range = members[index]?.range;
  if (!range) return Number.MAX_SAFE_INTEGER / 2 + index;
  const first = members.findIndex((member) => member.range?.arena === range.arena);
  return first * 2 ** 32 + range.offset;
}

function follows(before: Member, after: Member): boolean {
  const [a, b] = [before.range, after.range];
  return (
    a !== undefined && b !== undefined && a.arena === b.arena && a.offset + a.length === b.offset && before.group === after.group
  );
}
