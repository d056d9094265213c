/**
 * Mathematics that has no WebAssembly instruction, for four lanes at once: the scalar functions of WGSL are lane 0 of these, so both give
 * the same bits. Only additions, multiplications and divisions that IEEE 754 rounds exactly, so every engine and machine agrees.
 */
import { Graph, type Node } from '../lower/graph.ts';
import { emitFunction } from './emit.ts';
import type { FunctionBody } from './encoder.ts';
import { FORMULAS } from './formulas.ts';

/** The functions of one module, numbered as they are asked for. */
export class MathLibrary {
  readonly #first: number;
  readonly #names: string[] = [];
  readonly #built = new Map<string, FunctionBody>();

  constructor(first: number) {
    this.#first = first;
  }

  index(name: string): number {
    let known = this.#names.indexOf(name);
    if (known < 0) {
      known = this.#names.push(name) - 1;
      const formula = FORMULAS[name];
      if (!formula) throw new Error(`no formula of '${name}'`);
      const graph = new Graph();
      const parameters: Node[] = Array.from({ length: formula.length - 1 }, (_, i) => graph.parameter(i, 'v128'));
      const result = (formula as (g: Graph, ...values: Node[]) => Node)(graph, ...parameters);
      this.#built.set(
        name,
        emitFunction(graph, { parameters: parameters.map(() => 'v128' as const), result, exported: undefined }, (other) =>
          this.index(other),
        ),
      );
    }
    return this.#first + known;
  }

  /** All that were asked for, in the order of their numbers. */
  bodies(): FunctionBody[] {
    return this.#names.map((name) => this.#built.get(name) as FunctionBody);
  }
}
