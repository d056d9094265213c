/** Values: an expression of the typed form becomes nodes, one for each leaf of its type; calls are inlined. */
import type { Func, Module, Statement, Type, Value } from '../typed.ts';
import type { Node } from './graph.ts';
import { isVector4, type Leaf, scalarOf } from './layout.ts';
import { Places } from './places.ts';
import type { Ref } from './variables.ts';

export const MOST_NODES = 400_000;

export abstract class Values extends Places {
  protected abstract body(statements: readonly Statement[]): void;

  protected scalar(value: Value): Node {
    return this.value(value)[0] as Node;
  }

  /** A number that overrides decide. */
  protected constant(value: Value): number {
    const node = this.scalar(value);
    if (node.op !== 'const') this.fail('a value that must be known when the kernel is compiled is not');
    return (node.immediate as number) >>> 0;
  }

  protected override(index: number): Node {
    let node = this.overrides.get(index);
    if (!node) {
      const { name, scalar, initial } = this.module.overrides[index] as Module['overrides'][number];
      const given = this.input.overrides[name];
      if (given === undefined && !initial) this.fail(`the override '${name}' has no value`);
      node = given === undefined ? this.scalar(initial as Value) : this.literal(scalar, given);
      this.overrides.set(index, node);
    }
    return node;
  }

  protected literal(scalar: Leaf['scalar'], value: number | boolean): Node {
    const g = this.graph;
    if (scalar === 'f32') return g.f32(Number(value));
    return g.i32(scalar === 'bool' ? Number(Boolean(value)) : Number(value) | 0);
  }

  protected value(value: Value): readonly Node[] {
    switch (value.kind) {
      case 'literal':
        return [this.literal(scalarOf(value.type), value.value)];
      case 'override':
        return [this.override(value.override)];
      case 'local':
        return this.current.values.get(value.local) ?? this.fail('a pointer is used as a value');
      case 'load':
        return this.load(this.place(value.place));
      case 'address':
        return this.fail('an address is used as a value');
      case 'unary':
        return this.o.unary(value.operator, value.type, this.value(value.operand));
      case 'binary': {
        if (value.operator === '&&' || value.operator === '||')
          return [this.shortCircuit(value.operator, value.left, value.right)];
        const left = this.value(value.left);
        const right = this.value(value.right);
        return this.o.binary(value.operator, value.left.type, left, right);
      }
      case 'builtin':
        return this.builtin(value.name, value.type, value.arguments);
      case 'call':
        return this.call(value.func, value.arguments);
      case 'construct':
        return this.construct(value.type, value.parts);
      case 'convert':
        return this.o.convert(scalarOf(value.operand.type), value.type, this.value(value.operand));
      case 'bitcast':
        return this.bitcast(value.operand.type, value.type, this.value(value.operand));
      case 'swizzle':
        return this.swizzle(value.operand.type, this.value(value.operand), value.components);
      case 'extract': {
        const operand = this.value(value.operand);
        return this.extract(value.operand.type, operand, value.member);
      }
      case 'extractAt': {
        const operand = this.value(value.operand);
        const index = this.scalar(value.index);
        return this.extractAt(value.operand.type, operand, index);
      }
      default:
        return this.fail('an unknown kind of value');
    }
  }

  protected bitcast(from: Type, to: Type, value: readonly Node[]): Node[] {
    return this.o.bitcast(scalarOf(from), to, value);
  }

  protected shortCircuit(operator: '&&' | '||', left: Value, right: Value): Node {
    const flow = this.flow;
    const g = this.graph;
    const a = this.scalar(left);
    const known = flow.facts.decide(a);
    if (known !== undefined) return known === (operator === '&&') ? this.scalar(right) : g.i32(Number(known));
    const slot = flow.slots.push(g.i32(operator === '&&' ? 0 : 1)) - 1;
    const evaluate = () => {
      // A call in it may put other values in place of the slots: they are looked up afterwards.
      const value = this.scalar(right);
      flow.slots[slot] = value;
    };
    if (operator === '&&') flow.if(a, evaluate, () => undefined);
    else flow.if(a, () => undefined, evaluate);
    const result = flow.slots[slot] as Node;
    flow.slots.length = slot;
    // A selection between a bool and a constant is a logic operation.
    if (result.op === 'select') {
      const [yes, no, condition] = result.args as [Node, Node, Node];
      if (operator === '&&' && no.op === 'const' && no.immediate === 0) return g.make('i32.and', [condition, yes]);
      if (operator === '||' && yes.op === 'const' && yes.immediate === 1) return g.make('i32.or', [condition, no]);
    }
    return result;
  }

  protected builtin(name: string, type: Type, args: readonly Value[]): readonly Node[] {
    if (name === 'arrayLength') return [this.arrayLength(this.pointer(args[0] as Value))];
    const values = args.map((arg) => this.value(arg));
    const result = this.builtins.call(
      name,
      type,
      args.map((arg) => arg.type),
      values,
    );
    return result ?? this.fail(`the built-in function '${name}' is not available on the CPU device`);
  }

  protected arrayLength(ref: Ref): Node {
    const g = this.graph;
    if (ref.kind !== 'memory' || ref.type.kind !== 'array') return this.fail('arrayLength of what is no storage array');
    const { length, lengthNode } = ref.memory;
    if (length !== undefined) return g.i32(Math.floor((length - ref.offset) / ref.type.stride));
    return g.make('i32.div_u', [g.make('i32.sub', [lengthNode as Node, g.i32(ref.offset)]), g.i32(ref.type.stride)]);
  }

  protected construct(type: Type, parts: readonly Value[]): Node[] {
    if (parts.length === 0) return this.zero(type);
    if (type.kind !== 'vector') return parts.flatMap((part) => this.value(part));
    const values = parts.map((part) => this.value(part));
    const [only] = values as [readonly Node[]];
    if (values.length === 1 && parts[0]?.type.kind === 'scalar') {
      const node = only[0] as Node;
      return type.size === 4 ? [this.o.lanes.splat(node, type.scalar)] : Array.from({ length: type.size }, () => node);
    }
    if (values.length === 1 && isVector4((parts[0] as Value).type)) return [...only];
    const scalars = values.flatMap((value, i) =>
      isVector4((parts[i] as Value).type) ? this.o.lanes.lanes(value[0] as Node, type.scalar) : value,
    );
    return type.size === 4 ? [this.o.lanes.build(scalars, type.scalar)] : scalars;
  }

  protected swizzle(type: Type, value: readonly Node[], components: readonly number[]): Node[] {
    const g = this.graph;
    const scalar = scalarOf(type);
    const [vector] = value as [Node];
    if (components.length === 4) {
      if (isVector4(type)) return [g.make('shuffle', [vector, vector], components)];
      return [
        this.o.lanes.build(
          components.map((c) => value[c] as Node),
          scalar,
        ),
      ];
    }
    return components.map((c) => (isVector4(type) ? this.o.lanes.extract(vector, c, scalar) : (value[c] as Node)));
  }

  protected extract(type: Type, value: readonly Node[], member: number): readonly Node[] {
    if (type.kind === 'struct') {
      const members = this.layout.members(type);
      let base = 0;
      for (let i = 0; i < member; i++) base += this.layout.count((members[i] as { type: Type }).type);
      return value.slice(base, base + this.layout.count((members[member] as { type: Type }).type));
    }
    if (type.kind === 'array') {
      const count = this.layout.count(type.element);
      return value.slice(member * count, (member + 1) * count);
    }
    return isVector4(type) ? [this.o.lanes.extract(value[0] as Node, member, scalarOf(type))] : [value[member] as Node];
  }

  protected extractAt(type: Type, value: readonly Node[], index: Node): readonly Node[] {
    const g = this.graph;
    if (isVector4(type)) return [this.lane(value[0] as Node, index, scalarOf(type))];
    const count = type.kind === 'array' ? this.layout.count(type.element) : 1;
    const last = value.length / count - 1;
    if (index.op === 'const') {
      const at = Math.min((index.immediate as number) >>> 0, last);
      return value.slice(at * count, (at + 1) * count);
    }
    let result = value.slice(last * count);
    for (let i = last - 1; i >= 0; i--) {
      const here = g.make('i32.eq', [index, g.i32(i)]);
      result = result.map((node, k) => this.o.choose(node, value[i * count + k] as Node, here));
    }
    return result;
  }

  protected call(index: number, args: readonly Value[]): readonly Node[] {
    const flow = this.flow;
    const func = this.module.functions[index] as Func;
    if (this.graph.size > MOST_NODES) this.fail('the kernel is too large for the CPU device');
    const values = new Map<number, readonly Node[]>();
    const refs = new Map<number, Ref>();
    func.parameters.forEach((local, i) => {
      const arg = args[i] as Value;
      if (arg.type.kind === 'pointer') refs.set(local, this.pointer(arg));
      else values.set(local, this.value(arg));
    });
    const base = flow.slots.length;
    const returns = func.returns;
    const count = returns ? this.layout.count(returns) : 0;
    if (returns) flow.slots.push(...this.zero(returns));
    const outer = this.frame;
    const join = flow.open();
    this.frame = { func, index, values, refs, result: { base, join } };
    this.body(func.body);
    flow.close(join);
    this.frame = outer;
    const result = flow.slots.slice(base, base + count);
    flow.slots.length = Math.min(flow.slots.length, base);
    // A function that never returns: what follows is not reached.
    return flow.alive || !returns ? result : this.zero(returns);
  }
}
