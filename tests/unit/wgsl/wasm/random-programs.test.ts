/**
 * 2,000 random programs of the subset give the same bits compiled to WebAssembly as in the tracer; and a compiler with any of ten faults
 * planted in it does not get through.
 */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type RandomModule, randomModules } from '../../../../engine/conformance/wgsl-programs.ts';
import { Walk } from '../../../../engine/wgsl/lower/effects.ts';
import { Facts } from '../../../../engine/wgsl/lower/facts.ts';
import { Flow } from '../../../../engine/wgsl/lower/flow.ts';
import { Graph, type Node } from '../../../../engine/wgsl/lower/graph.ts';
import { Lanes } from '../../../../engine/wgsl/lower/lanes.ts';
import { Operations } from '../../../../engine/wgsl/lower/operations.ts';
import { differences, type Outputs, traced } from './random-programs.ts';

const SEED = 2026;
const COUNT = 2000;
const PER_MODULE = 20;

/** Every other module with lengths and grid as constants, as a recorded step is compiled. */
const isRecorded = (index: number): boolean => index % 2 === 1;

describe('random programs', () => {
  it('give the same compiled as traced', () => {
    const modules = randomModules(SEED, COUNT, PER_MODULE, false);
    for (const [i, module] of modules.entries()) {
      const differing = differences(module, traced(module), isRecorded(i));
      if (differing.length > 0) expect({ differing, source: module.source }).toEqual({ differing: [] });
    }
    expect(modules.reduce((sum, { workgroups }) => sum + workgroups[0], 0)).toBe(COUNT);
  }, 300_000);
});

type Make = Graph['make'];

/** Plants a fault in what makes nodes; the rest is made as ever. */
function plantInMake(fault: (graph: Graph, make: Make, ...args: Parameters<Make>) => Node | undefined): void {
  const original = Graph.prototype.make;
  vi.spyOn(Graph.prototype, 'make').mockImplementation(function (this: Graph, op, args, immediate) {
    return fault(this, original.bind(this), op, args, immediate) ?? original.call(this, op, args, immediate);
  });
}

const isConstant = (node: Node | undefined): node is Node & { immediate: number } => node?.op === 'const';

const faults: Readonly<Record<string, () => void>> = {
  'a negative product of constants loses its low bits': () =>
    plantInMake((graph, _make, op, [a, b]) =>
      op === 'i32.mul' && isConstant(a) && isConstant(b) ? graph.i32(Number(a.immediate) * Number(b.immediate)) : undefined,
    ),
  'a shift to the right forgets the sign': () =>
    plantInMake((_graph, make, op, args) => (op === 'i32.shr_s' ? make('i32.shr_u', args) : undefined)),
  'the negation of < is >': () =>
    plantInMake((_graph, make, op, [a]) => (op === 'i32.eqz' && a?.op === 'i32.lt_s' ? make('i32.gt_s', a.args) : undefined)),
  'a number stands for a condition as it is': () =>
    plantInMake((_graph, _make, op, [a, b]) => (op === 'i32.ne' && isConstant(b) && b.immediate === 0 ? a : undefined)),
  'signed division is done without a sign': () => {
    const original = Operations.prototype.divide;
    vi.spyOn(Operations.prototype, 'divide').mockImplementation(function (this: Operations, operator, _scalar, a, b) {
      return original.call(this, operator, 'u32', a, b);
    });
  },
  'a selection between vectors takes the other one': () => {
    const original = Operations.prototype.choose;
    vi.spyOn(Operations.prototype, 'choose').mockImplementation(function (this: Operations, no, yes, condition) {
      return no.type === 'v128' ? original.call(this, yes, no, condition) : original.call(this, no, yes, condition);
    });
  },
  'the last component of a vector is written to the first': () => {
    const original = Lanes.prototype.replace;
    vi.spyOn(Lanes.prototype, 'replace').mockImplementation(function (this: Lanes, vector, lane, value, scalar) {
      return original.call(this, vector, lane % 3, value, scalar);
    });
  },
  'a loop does not see what is written through pointers': () => {
    vi.spyOn(Walk.prototype, 'through').mockImplementation(() => undefined);
  },
  'a condition is taken to hold where it does not': () => {
    const original = Facts.prototype.assuming;
    vi.spyOn(Facts.prototype, 'assuming').mockImplementation(function (this: Facts, condition) {
      return original.call(this, condition, true);
    });
  },
  'memory is read once although it is written in between': () => {
    vi.spyOn(Flow.prototype, 'touch').mockImplementation(() => undefined);
  },
};

describe('a compiler with a planted fault', () => {
  afterEach(() => vi.restoreAllMocks());
  let cases: readonly { readonly module: RandomModule; readonly wanted: Outputs }[] | undefined;
  const right = () => {
    cases ??= randomModules(SEED + 1, 400, PER_MODULE, false).map((module) => ({ module, wanted: traced(module) }));
    return cases;
  };

  /** Whether a module comes out wrong, or the compiler or the browser's validation refuses it. */
  const isCaught = (): boolean =>
    right().some(({ module, wanted }, i) => {
      try {
        return differences(module, wanted, isRecorded(i)).length > 0;
      } catch {
        return true;
      }
    });

  it('is told from one without', () => expect(isCaught()).toBe(false), 120_000);

  it.each(Object.entries(faults))(
    '%s',
    (_, plant) => {
      plant();
      expect(isCaught()).toBe(true);
    },
    120_000,
  );
});
