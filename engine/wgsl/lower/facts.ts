/** What is known about integers at a place of the program, from the conditions that had to hold on the way there. */
import type { Node } from './graph.ts';
import { compare, exactly, intersect, isConstant, type Range, ring, signed, transfer, union, unsigned } from './range.ts';

const MIRROR: Readonly<Record<string, string>> = { lt: 'gt', le: 'ge', gt: 'lt', ge: 'le', eq: 'eq', ne: 'ne' };
const NEGATION: Readonly<Record<string, string>> = { lt: 'ge', le: 'gt', gt: 'le', ge: 'lt', eq: 'ne', ne: 'eq' };
/** Conditions of nested selections that are looked into. */
const MOST_NESTED = 3;

export class Facts {
  readonly #parent: Facts | undefined;
  readonly #known = new Map<Node, Range>();
  readonly #memo = new Map<Node, Range>();
  readonly #nested: number;
  /** Whether nothing was known around here when these facts were made: nobody adds to them afterwards. */
  readonly #isFirst: boolean;

  constructor(parent?: Facts, nested = 0) {
    this.#parent = parent;
    this.#nested = nested;
    this.#isFirst = parent === undefined || parent.#isEmpty;
  }

  get #isEmpty(): boolean {
    return this.#isFirst && this.#known.size === 0;
  }

  /** The facts of a place where, besides these, `condition` is known to be `truth`. */
  assuming(condition: Node, truth: boolean): Facts {
    const facts = new Facts(this, this.#nested);
    facts.#assume(condition, truth);
    facts.#memo.clear();
    return facts;
  }

  /** The values that an i32 node can have here. */
  range(node: Node): Range {
    if (node.op === 'const' || (this.#isEmpty && node.op !== 'select')) return node.range;
    const memo = this.#memo.get(node);
    if (memo) return memo;
    let range = node.range;
    if (node.op === 'select') range = intersect(range, this.#ofSelect(node));
    else if (node.args.length > 0 && node.op !== 'load' && node.op !== 'read' && node.args[0]?.type === 'i32') {
      range = intersect(
        range,
        transfer(
          node.op,
          node.args.map((arg) => this.range(arg)),
        ),
      );
    }
    for (let facts: Facts | undefined = this; facts; facts = facts.#parent) {
      const known = facts.#known.get(node);
      if (known) range = intersect(range, known);
    }
    this.#memo.set(node, range);
    return range;
  }

  /** Each side of a selection is looked at where the condition is what makes it count. */
  #ofSelect({ args: [a, b, condition] }: Node): Range {
    const [yes, no, c] = [a, b, condition] as [Node, Node, Node];
    const known = this.range(c);
    if (isConstant(known)) return this.range(known.lo === 0 ? no : yes);
    if (this.#nested >= MOST_NESTED) return union(this.range(yes), this.range(no));
    const side = (node: Node, truth: boolean): Range => {
      if (node.op === 'const') return node.range;
      const facts = new Facts(this, this.#nested + 1);
      facts.#assume(c, truth);
      facts.#memo.clear();
      return facts.range(node);
    };
    return union(side(yes, true), side(no, false));
  }

  #assume(condition: Node, truth: boolean): void {
    const { op, args } = condition;
    const [a, b] = args as [Node, Node];
    this.#refine(condition, truth && condition.range.hi > 1 ? condition.range : exactly(Number(truth)));
    if (op === 'i32.eqz') {
      if (a.range.lo >= 0 && a.range.hi <= 1) this.#assume(a, !truth);
      else if (truth) this.#refine(a, exactly(0));
      else this.#atLeastOne(a);
    } else if ((op === 'i32.and' && truth) || (op === 'i32.or' && !truth)) {
      for (const side of [a, b]) if (side.range.lo >= 0 && side.range.hi <= 1) this.#assume(side, truth);
    } else if (b && /^i32\.(eq|ne|[lg][te]_[su])$/.test(op)) {
      const name = op.slice(4, 6);
      const effective = truth ? name : (NEGATION[name] as string);
      const sign = op.endsWith('_s') ? 's' : 'u';
      this.#refineBy(effective, sign, a, b);
      this.#refineBy(MIRROR[effective] as string, sign, b, a);
    }
  }

  #atLeastOne(node: Node): void {
    if (node.range.lo === 0) this.#refine(node, { lo: 1, hi: node.range.hi });
  }

  /** Refines `a` by what `a name b` says. */
  #refineBy(name: string, sign: 's' | 'u', a: Node, b: Node): void {
    const view = sign === 's' ? signed : unsigned;
    const y = view(this.range(b));
    const [least, most] = sign === 's' ? [-(2 ** 31), 2 ** 31 - 1] : [0, 2 ** 32 - 1];
    switch (name) {
      case 'eq':
        this.#refine(a, this.range(b));
        return;
      case 'ne':
        if (isConstant(y) && y.lo === 0) this.#atLeastOne(a);
        return;
      case 'lt':
        this.#bound(a, sign, least, y.hi - 1);
        return;
      case 'le':
        this.#bound(a, sign, least, y.hi);
        return;
      case 'gt':
        this.#bound(a, sign, y.lo + 1, most);
        return;
      default:
        this.#bound(a, sign, y.lo, most);
        return;
    }
  }

  #bound(node: Node, sign: 's' | 'u', lo: number, hi: number): void {
    if (lo > hi) return;
    const now = this.range(node);
    // Read with the comparison's sign, where the interval so far allows it.
    const known =
      sign === 's'
        ? signed(now)
        : now.lo < 0 && hi < 2 ** 31
          ? { lo: Math.max(now.lo, 0), hi: Math.max(now.hi, 0) }
          : unsigned(now);
    const [low, high] = [Math.max(known.lo, lo), Math.min(known.hi, hi)];
    this.#refine(node, low <= high ? { lo: low, hi: high } : { lo, hi });
  }

  #refine(node: Node, range: Range): void {
    if (node.op === 'const') return;
    this.#known.set(node, intersect(this.#known.get(node) ?? node.range, range));
    this.#memo.clear();
    const [a, b] = node.args;
    if (node.op === 'i32.add' && a && b?.op === 'const' && a.type === 'i32') {
      const c = b.immediate as number;
      const inner = ring(range.lo - c, range.hi - c);
      const before = this.range(a);
      // Only where the interval of the sum is not one that wrapped around.
      if (before.lo + c >= -(2 ** 31) && before.hi + c < 2 ** 32 && inner.lo <= before.hi && inner.hi >= before.lo)
        this.#refine(a, inner);
    }
  }

  /** Whether a comparison is decided here. */
  decide(condition: Node): boolean | undefined {
    const range = this.range(condition);
    if (isConstant(range)) return range.lo !== 0;
    const [a, b] = condition.args;
    return a && b && a.type === 'i32' && /^i32\.(eq|ne|[lg][te]_[su])$/.test(condition.op)
      ? compare(condition.op, this.range(a), this.range(b))
      : undefined;
  }
}
