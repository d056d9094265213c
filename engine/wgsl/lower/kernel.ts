/**
 * One entry point as a graph and a tree of regions: overrides and (where given) the uniform are constants, calls are inlined, marked loops
 * are expanded, variables have become values. Around the invocation stand the loops over workgroups and over a workgroup's invocations.
 */
import type { Func } from '../typed.ts';
import type { Graph, Node } from './graph.ts';
import { Loops } from './loops.ts';
import type { Counter } from './memory.ts';
import { NeedsMemory } from './places.ts';
import type { Frame, KernelInput, Ref } from './variables.ts';

export type { KernelInput } from './variables.ts';

/** Of a workgroup, on every WebGPU device. */
const MAX_INVOCATIONS = 256;

export interface LoweredKernel {
  readonly graph: Graph;
  readonly bindings: readonly number[];
  readonly scratchBytes: number;
  readonly counter: Counter;
}

/** @throws WgslCompileError */
export function lowerKernel(input: KernelInput): LoweredKernel {
  const inMemory = new Set<string>();
  for (;;) {
    try {
      return new Lowering(input, inMemory).run();
    } catch (error) {
      if (!(error instanceof NeedsMemory) || inMemory.has(error.variable)) throw error;
      inMemory.add(error.variable);
    }
  }
}

class Lowering extends Loops {
  run(): LoweredKernel {
    const g = this.graph;
    const func = this.module.functions[this.entry.func] as Func;
    const bindings = this.bind(func);
    const [args, first, end] = [0, 1, 2].map((i) => g.parameter(i, 'i32')) as [Node, Node, Node];
    const [gx, gy, gz] = this.gridNodes(args);
    const size = this.entry.workgroupSize.map((value) => this.constant(value)) as [number, number, number];
    const invocations = size[0] * size[1] * size[2];
    if (size.some((n) => !(n >= 1)) || invocations > MAX_INVOCATIONS) {
      this.fail(`@workgroup_size is (${size.join(', ')}); it must hold 1 to ${MAX_INVOCATIONS} invocations`);
    }
    const flow = this.flow;
    // A binding that is too short for a single element: nothing runs.
    const enough = this.checks.reduce((a, b) => g.make('i32.and', [a, b]), g.i32(1));
    flow.if(
      enough,
      () => {
        flow.free = flow.region;
        this.groups(func, [first, end], [gx, gy, gz], size);
      },
      () => undefined,
    );
    return { graph: g, bindings, scratchBytes: this.scratch, counter: this.counter };
  }

  /** The loop over the workgroups. */
  protected groups(
    func: Func,
    [first, end]: [Node, Node],
    [gx, gy, gz]: [Node, Node, Node],
    size: [number, number, number],
  ): void {
    const g = this.graph;
    const flow = this.flow;
    const counterSlot = flow.slots.push(first) - 1;
    const written = this.written(func);
    const groups = this.input.grid ? this.input.grid[0] * this.input.grid[1] * this.input.grid[2] : undefined;
    flow.loop({
      slots: [counterSlot],
      memories: written,
      condition: () => g.make('i32.lt_u', [flow.slots[counterSlot] as Node, end]),
      start: (phis) => {
        if (groups !== undefined) flow.bound(phis.get(counterSlot) as Node, { lo: 0, hi: groups });
        return undefined;
      },
      body: () => {
        const group = flow.slots[counterSlot] as Node;
        if (groups !== undefined) flow.facts = flow.facts.assuming(g.make('i32.lt_u', [group, g.i32(groups)]), true);
        const row = this.o.divide('/', 'u32', group, gx);
        const ids = [
          this.o.divide('%', 'u32', group, gx),
          this.o.divide('%', 'u32', row, gy),
          this.o.divide('/', 'u32', row, gy),
        ];
        if (this.input.grid) {
          // One row of workgroups, or one layer: what is then no division.
          if (gy.immediate === 1 && gz.immediate === 1) ids.splice(0, 3, group, g.i32(0), g.i32(0));
          else if (gz.immediate === 1) ids.splice(1, 2, row, g.i32(0));
        }
        this.workgroup(func, ids as [Node, Node, Node], [gx, gy, gz], size, written);
      },
      update: () => {
        flow.slots[counterSlot] = g.make('i32.add', [flow.slots[counterSlot] as Node, g.i32(1)]);
      },
    });
    flow.slots.length = counterSlot;
  }

  protected gridNodes(args: Node): [Node, Node, Node] {
    const g = this.graph;
    if (this.input.grid) return this.input.grid.map((n) => g.i32(n)) as [Node, Node, Node];
    return [g.parameter(3, 'i32'), g.parameter(4, 'i32'), g.load('i32', args, 4, g.root, 'args')];
  }

  /** Memories that the invocations write. */
  protected written(func: Func): number[] {
    const walk = this.effects.ofFunction(this.module.functions.indexOf(func));
    const written = new Set<number>();
    for (const global of walk.globals) {
      const ref = this.globals.get(global);
      if (ref?.kind === 'memory') written.add(ref.memory.state);
    }
    return [...written];
  }

  /** A loop of `count` rounds over a number that nothing else changes. */
  protected count(count: number, written: readonly number[], body: (index: Node) => void): void {
    const g = this.graph;
    const flow = this.flow;
    if (count === 1) {
      body(g.i32(0));
      return;
    }
    const slot = flow.slots.push(g.i32(0)) - 1;
    flow.loop({
      slots: [slot],
      memories: written,
      condition: () => g.make('i32.lt_u', [flow.slots[slot] as Node, g.i32(count)]),
      start: (phis) => {
        flow.bound(phis.get(slot) as Node, { lo: 0, hi: count });
        return undefined;
      },
      body: () => body(flow.slots[slot] as Node),
      update: () => {
        flow.slots[slot] = g.make('i32.add', [flow.slots[slot] as Node, g.i32(1)]);
      },
    });
    flow.slots.length = slot;
  }

  protected workgroup(
    func: Func,
    group: [Node, Node, Node],
    grid: [Node, Node, Node],
    size: [number, number, number],
    written: readonly number[],
  ): void {
    const g = this.graph;
    this.startWorkgroup(func);
    this.count(size[2], written, (z) =>
      this.count(size[1], written, (y) =>
        this.count(size[0], written, (x) => {
          const local = [x, y, z] as [Node, Node, Node];
          const global = local.map((node, i) =>
            g.make('i32.add', [g.make('i32.mul', [group[i] as Node, g.i32(size[i] as number)]), node]),
          );
          const index = g.make('i32.add', [
            x,
            g.make('i32.mul', [g.make('i32.add', [y, g.make('i32.mul', [z, g.i32(size[1])])]), g.i32(size[0])]),
          ]);
          this.invocation(func, {
            global_invocation_id: global,
            local_invocation_id: local,
            local_invocation_index: [index],
            workgroup_id: group,
            num_workgroups: grid,
          });
        }),
      ),
    );
  }

  /** Workgroup variables are zero when a workgroup starts. */
  protected startWorkgroup(func: Func): void {
    for (const index of func.globals) {
      const global = this.module.globals[index];
      const ref = this.globals.get(index);
      if (global?.space === 'workgroup' && ref?.kind === 'memory') this.clear(ref.memory);
    }
  }

  protected invocation(func: Func, builtins: Readonly<Record<string, readonly Node[]>>): void {
    const flow = this.flow;
    const depth = flow.slots.length;
    for (const index of func.globals) {
      const global = this.module.globals[index];
      if (global?.space !== 'private') continue;
      this.globals.set(index, this.variable(`global ${index}`, global.type));
      const ref = this.globals.get(index) as Ref;
      this.store(ref, global.initial ? this.value(global.initial) : this.zero(global.type));
    }
    const join = flow.open();
    const frame: Frame = {
      func,
      index: this.entry.func,
      values: new Map(),
      refs: new Map(),
      result: { base: flow.slots.length, join },
    };
    for (const index of func.parameters) {
      const { builtin, name } = func.locals[index] as Func['locals'][number];
      const value = builtin && builtins[builtin];
      if (!value) this.fail(`the parameter '${name}' (${builtin ?? 'no builtin'}) is not available on the CPU device`);
      frame.values.set(index, value);
    }
    this.frame = frame;
    this.body(func.body);
    flow.close(join);
    flow.slots.length = depth;
  }
}
