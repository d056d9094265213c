/** Runs the invocations of one workgroup: each up to where it waits, then all together past the barrier. */
import { type InvocationId, idText } from './findings.ts';
import { BudgetExhausted, countText, type Invocation, type Machine } from './machine.ts';
import type { Suspension, WaitingCode, Waits } from './waiting-statements.ts';

interface Thread {
  readonly s: Invocation;
  readonly waits: Waits;
  waitsFor: Suspension | undefined;
  done: boolean;
}

/** @throws BudgetExhausted */
export function runWaiting(machine: Machine, invocations: readonly Invocation[], code: WaitingCode): void {
  const threads = invocations.map((s): Thread => ({ s, waits: code(s), waitsFor: undefined, done: false }));
  for (;;) {
    for (const thread of threads) if (!thread.done) run(thread);
    while (exchangeInQuads(machine, threads));
    const alive = threads.filter(({ done }) => !done);
    if (alive.length === 0) return;
    release(machine, threads, alive);
  }
}

function run(thread: Thread): void {
  if (thread.waitsFor) return;
  const { done, value } = thread.waits.next();
  thread.done = done === true;
  thread.waitsFor = typeof value === 'object' ? value : undefined;
}

const QUAD = 4;
const PARTNER: Readonly<Record<string, number>> = { quadSwapX: 1, quadSwapY: 2, quadSwapDiagonal: 3 };

/** Four neighbouring invocations that have all come to the same quad operation get each other's values and run on. */
function exchangeInQuads(machine: Machine, threads: readonly Thread[]): boolean {
  let moved = false;
  for (let start = 0; start < threads.length; start += QUAD) {
    const quad = threads.slice(start, start + QUAD);
    const waiting = quad.filter(({ waitsFor }) => waitsFor?.kind === 'quad');
    const [first] = waiting;
    if (!first?.waitsFor) continue;
    const { at, name } = first.waitsFor;
    const together = waiting.filter(({ waitsFor }) => waitsFor?.at === at);
    if (together.length < quad.length) {
      // Others of the quad may still come: they run on past their own quad operations, but not past a barrier.
      if (quad.some((other) => !other.done && !other.waitsFor)) continue;
      divergent(machine, first.waitsFor, together, quad, 'quad');
    }
    const values = quad.map((other) => (together.includes(other) ? other.waitsFor?.value : undefined));
    for (const thread of together) {
      const mine = quad.indexOf(thread);
      const partner = values[mine ^ (PARTNER[name] ?? 0)];
      thread.s.received = partner ?? (values[mine] as number | readonly number[]);
    }
    for (const thread of together) {
      thread.waitsFor = undefined;
      run(thread);
    }
    moved = true;
  }
  return moved;
}

/** Lets those past the barrier that stand at the first one in the source; all, unless they diverged. */
function release(machine: Machine, threads: readonly Thread[], alive: readonly Thread[]): void {
  const [first] = alive.map(({ waitsFor }) => waitsFor as Suspension).sort((a, b) => a.at - b.at);
  if (!first) return;
  const together = alive.filter(({ waitsFor }) => waitsFor?.at === first.at);
  if (together.length < threads.length) divergent(machine, first, together, threads, 'workgroup');
  const [leader] = together;
  if (!machine.passBarrier(first.space) && leader) {
    // Raised where the invocation waits, so that the loops around the barrier note themselves.
    leader.waits.throw(new BudgetExhausted(leader.s, `${countText(machine.budget.barriers)} barriers of one workgroup`));
  }
  for (const thread of together) thread.waitsFor = undefined;
}

function divergent(
  machine: Machine,
  { at, name }: Suspension,
  together: readonly Thread[],
  all: readonly Thread[],
  scope: 'quad' | 'workgroup',
): void {
  const [here] = together;
  const missing = all.find((thread) => !together.includes(thread));
  if (!here || !missing) return;
  const reached = here.s.globalId;
  machine.findings.add('divergent-barrier', at, reached, () => ({
    message: `${name}() is reached by ${together.length} of the ${all.length} invocations of a ${scope}, ${idText(reached)} among them, but not by ${idText(missing.s.globalId)}, which ${whereabouts(machine, missing)}: all of them must reach it`,
    values: { reached: together.length, of: all.length, missing: idText(missing.s.globalId) },
  }));
}

function whereabouts(machine: Machine, { s, waitsFor, done }: Thread): string {
  if (waitsFor) return `waits at ${waitsFor.name}() in line ${machine.findings.lineOf(waitsFor.at)}`;
  if (!done) return 'is elsewhere';
  return s.returnedAt < 0 ? 'has come to the end' : `has returned at line ${machine.findings.lineOf(s.returnedAt)}`;
}

/** Sets where an invocation stands in the dispatch. */
export function place(
  machine: Machine,
  s: Invocation,
  group: readonly [number, number, number],
  groupNumber: number,
  local: number,
): void {
  const [sx, sy, sz] = machine.groupSize;
  s.local = local;
  s.number = groupNumber * sx * sy * sz + local;
  s.globalId = globalIdOf(machine, group, local);
  s.returnedAt = -1;
  machine.start(s);
}

function globalIdOf(
  { groupSize: [sx, sy, sz] }: Machine,
  [gx, gy, gz]: readonly [number, number, number],
  local: number,
): InvocationId {
  return [gx * sx + (local % sx), gy * sy + (Math.floor(local / sx) % sy), gz * sz + Math.floor(local / (sx * sy))];
}
