/** Functions and entry points (WGSL, §11 and §13). */
import type { Builtin, Entry, Local, Statement, Type, Value } from '../typed.ts';
import { attribute, checkAttributes } from './attributes.ts';
import { checkValue } from './check-expression.ts';
import { checkStatements } from './check-statement.ts';
import { checkType } from './check-type.ts';
import { type Context, type FunctionScope, unsizedAt } from './context.ts';
import { asValue } from './operands.ts';
import type { Attribute, FieldNode, FunctionNode } from './syntax.ts';
import { concreteScalar, isConstructible, isInteger, sameType, scalarOf, scalarType, sizeOf, U32, vectorType } from './types.ts';

const VEC3U = vectorType(3, 'u32');
const BUILTIN_TYPES: ReadonlyMap<string, Type> = new Map<string, Type>([
  ['global_invocation_id', VEC3U],
  ['local_invocation_id', VEC3U],
  ['local_invocation_index', U32],
  ['workgroup_id', VEC3U],
  ['num_workgroups', VEC3U],
  ['subgroup_size', U32],
  ['subgroup_invocation_id', U32],
]);
/** Built-in values of other stages, and of compute shaders those outside the subset. */
const OTHER_BUILTINS = new Set(
  'vertex_index instance_index position front_facing frag_depth sample_index sample_mask clip_distances primitive_index num_subgroups subgroup_id global_invocation_index workgroup_index'.split(
    ' ',
  ),
);

/** WebGPU's limits that every device has. */
const MAX_WORKGROUP_SIZE = [256, 256, 64] as const;
const MAX_INVOCATIONS = 256;
const MAX_WORKGROUP_STORAGE = 16384;

/** A struct's built-in members, as the attributes say. */
export type StructBuiltins = ReadonlyMap<number, readonly (string | undefined)[]>;

export function checkFunction(context: Context, node: FunctionNode, builtins: StructBuiltins, entries: Entry[]): void {
  const { name, at, nameAt } = node;
  checkAttributes(context, node.attributes, ['compute', 'vertex', 'fragment', 'workgroup_size', 'must_use', 'diagnostic']);
  const stage = node.attributes.find((one) => one.name === 'vertex' || one.name === 'fragment');
  if (stage) context.outside(stage.at, stage.name, `'@${stage.name}' is outside the subset: only compute shaders run here`);
  const isEntry = attribute(node.attributes, 'compute') !== undefined;
  const returns = node.returns && checkType(context, node.returns);
  const scope: FunctionScope = {
    name,
    returns,
    locals: [],
    calls: new Set(),
    globals: new Set(),
    roots: new Map(),
    scopes: [],
    flow: [],
    parameterUse: new Map(),
    globalUse: new Map(),
  };
  if (returns && !isConstructible(returns, context.structs)) {
    context.fail(node.returns?.at ?? at, `a function cannot return ${context.nameOf(returns)}`);
  }
  const mustUse = attribute(node.attributes, 'must_use');
  if (mustUse && !returns) context.fail(mustUse.at, `'@must_use' on '${name}', which returns nothing`);

  const parameterTypes = node.parameters.map((parameter) => checkParameterType(context, parameter, isEntry));
  context.function = scope;
  const { parameters, body } = context.inScope(() => {
    const declared = isEntry
      ? declareEntryParameters(context, node.parameters, parameterTypes, builtins, at)
      : declareParameters(context, node.parameters, parameterTypes);
    const { statements, behaviour } = checkStatements(context, node.body.statements);
    if (returns && behaviour.has('next')) context.fail(node.body.end, `'${name}' can end without a 'return'`);
    declared.check();
    return { parameters: declared.parameters, body: [...declared.before, ...statements] };
  });
  context.function = undefined;

  const func = context.functions.length;
  context.symbols.set(name, { kind: 'function', func });
  const { locals, parameterUse, globalUse } = scope;
  context.functions.push({
    name,
    parameters,
    locals,
    returns,
    body,
    calls: [...scope.calls],
    globals: [...scope.globals],
    at: nameAt,
    mustUse: mustUse !== undefined,
    isEntry,
    parameterUse,
    globalUse,
  });

  const size = attribute(node.attributes, 'workgroup_size');
  if (!isEntry) {
    if (size) context.fail(size.at, "'@workgroup_size' needs '@compute' beside it");
    return;
  }
  if (returns) context.fail(at, `the entry point '${name}' cannot return a value`);
  if (!size) context.fail(at, `the entry point '${name}' needs '@workgroup_size(…)'`);
  checkBindings(context, name, scope.globals, nameAt);
  entries.push({ name, func, workgroupSize: workgroupSize(context, size), at: nameAt });
}

function checkParameterType(context: Context, parameter: FieldNode, isEntry: boolean): Type {
  checkAttributes(context, parameter.attributes, ['builtin', 'location', 'interpolate', 'invariant']);
  const [first] = parameter.attributes;
  if (first && !isEntry) context.fail(first.at, `'@${first.name}' belongs to parameters of entry points`);
  const type = checkType(context, parameter.type);
  const pointer = type.kind === 'pointer' && !isEntry;
  if (!pointer && !isConstructible(type, context.structs)) {
    context.fail(unsizedAt(context, type, parameter.at), `${context.nameOf(type)} cannot be the type of a parameter`);
  }
  return type;
}

interface Declared {
  readonly parameters: number[];
  /** Statements that come before those of the body. */
  readonly before: Statement[];
  /** Complains about what is wrong with the parameters. */
  readonly check: () => void;
}

function declareParameters(context: Context, nodes: readonly FieldNode[], types: readonly Type[]): Declared {
  const parameters = nodes.map((node, i) => {
    const local = context.addLocal({
      name: node.name,
      kind: 'parameter',
      type: types[i] as Type,
      builtin: undefined,
      at: node.at,
    });
    context.declare(node.name, { kind: 'local', local }, node.at);
    return local;
  });
  return { parameters, before: [], check: () => {} };
}

/**
 * Each parameter of an entry point is a built-in value, or a struct of such; the struct is put together at the beginning. What is
 * wrong with them is said after what is wrong in the body, as Dawn does.
 */
function declareEntryParameters(
  context: Context,
  nodes: readonly FieldNode[],
  types: readonly Type[],
  builtins: StructBuiltins,
  start: number,
): Declared {
  const parameters: number[] = [];
  const before: Statement[] = [];
  const inputs: Input[] = [];
  const add = (name: string, type: Type, builtin: string | undefined, at: number, builtinAt = at): number => {
    inputs.push({ name, type, builtin, at, builtinAt });
    const local = context.addLocal({ name, kind: 'parameter', type, builtin: builtin as Builtin | undefined, at });
    parameters.push(local);
    return local;
  };
  nodes.forEach((node, i) => {
    const type = types[i] as Type;
    const { name, at } = node;
    const given = attribute(node.attributes, 'builtin');
    if (type.kind !== 'struct' || given) {
      const local = add(name, type, builtinName(context, node.attributes), at, given?.at);
      context.declare(name, { kind: 'local', local }, at);
      return;
    }
    const members = context.structs[type.struct]?.members ?? [];
    const parts = members.map((member, m): Value => {
      const local = add(member.name, member.type, builtins.get(type.struct)?.[m], member.at);
      return { kind: 'local', local, type: member.type, at };
    });
    const local: Local = { name, kind: 'let', type, builtin: undefined, at };
    const index = context.addLocal(local);
    context.declare(name, { kind: 'local', local: index }, at);
    before.push({ kind: 'let', local: index, value: { kind: 'construct', parts, type, at }, at });
  });
  return { parameters, before, check: () => checkInputs(context, inputs, start) };
}

interface Input {
  readonly name: string;
  readonly type: Type;
  readonly builtin: string | undefined;
  readonly at: number;
  readonly builtinAt: number;
}

function checkInputs(context: Context, inputs: readonly Input[], start: number): void {
  const seen = new Set<string>();
  for (const { name, type, builtin, at, builtinAt } of inputs) {
    if (builtin === undefined) context.fail(at, `'${name}' of an entry point needs '@builtin(…)'`);
    checkBuiltinOfStage(context, builtin, at);
    checkBuiltinType(context, builtin, type, builtinAt);
    if (seen.has(builtin)) context.fail(start, `there is another '@builtin(${builtin})'`);
    seen.add(builtin);
  }
}

/** The word in `@builtin(…)`. */
export function builtinName(context: Context, attributes: readonly Attribute[]): string | undefined {
  const found = attribute(attributes, 'builtin');
  const word = found?.arguments[0];
  if (!found || !word) return undefined;
  const name = word.kind === 'name' ? word.name : '';
  if (!BUILTIN_TYPES.has(name) && !OTHER_BUILTINS.has(name)) context.fail(word.at, `there is no built-in value '${name}'`);
  return name;
}

/** Refuses a built-in value of another type than it has. */
export function checkBuiltinType(context: Context, name: string, type: Type, at: number): void {
  const expected = BUILTIN_TYPES.get(name);
  if (expected && !sameType(type, expected)) {
    context.fail(at, `'@builtin(${name})' is ${context.nameOf(expected)}, not ${context.nameOf(type)}`);
  }
}

function checkBuiltinOfStage(context: Context, name: string, at: number): void {
  if (OTHER_BUILTINS.has(name)) context.outside(at, name, `'@builtin(${name})' is outside the subset`);
  if (name.startsWith('subgroup_') && !context.tree.features.includes('subgroups')) {
    context.fail(at, `'@builtin(${name})' needs 'enable subgroups;' at the beginning`);
  }
}

function workgroupSize(context: Context, size: Attribute): Entry['workgroupSize'] {
  const operands = size.arguments.map((argument) => checkValue(context, argument));
  const scalars = new Set(operands.map((operand) => scalarOf(operand.type)));
  if (scalars.has('i32') && scalars.has('u32')) context.fail(size.at, "'@workgroup_size' mixes i32 and u32");
  const type = U32;
  let invocations = 1;
  const values = operands.map((operand, i): Value => {
    const scalar = scalarOf(operand.type);
    if (operand.type.kind !== 'scalar' || !scalar || !isInteger(scalar)) {
      return context.fail(operand.at, `'@workgroup_size' needs i32 or u32, not ${context.nameOf(operand.type)}`);
    }
    if (operand.kind === 'value') {
      if (!operand.override) context.fail(operand.at, "'@workgroup_size' needs constants or expressions of overrides");
      const value = asValue(context, operand, scalarType(concreteScalar(scalar)), 'the workgroup size');
      return scalar === 'u32' ? value : { kind: 'convert', operand: value, type, at: operand.at };
    }
    const value = Number(operand.constant as number | bigint);
    if (value < 1) context.fail(operand.at, `'@workgroup_size' must be at least 1, not ${value}`);
    const most = MAX_WORKGROUP_SIZE[i] as number;
    if (value > most)
      context.fail(operand.at, `'@workgroup_size' must be at most ${most} in direction ${'xyz'[i]}, not ${value}`);
    invocations *= value;
    return { kind: 'literal', value, type, at: operand.at };
  });
  if (invocations > MAX_INVOCATIONS)
    context.fail(size.at, `a workgroup has at most ${MAX_INVOCATIONS} invocations, not ${invocations}`);
  while (values.length < 3) values.push({ kind: 'literal', value: 1, type, at: size.at });
  return values as [Value, Value, Value];
}

/** Each resource of an entry point has a binding of its own, and its workgroup memory is within the limit. */
function checkBindings(context: Context, name: string, globals: ReadonlySet<number>, at: number): void {
  const seen = new Map<string, string>();
  let bytes = 0;
  for (const index of globals) {
    const global = context.globals[index];
    if (!global) continue;
    if (global.space === 'workgroup') bytes += sizeOf(global.type, context.structs);
    if (global.group === undefined) continue;
    const key = `@group(${global.group}) @binding(${global.binding})`;
    const other = seen.get(key);
    if (other !== undefined)
      context.fail(context.globalStarts[index] ?? at, `'${name}' uses '${other}' and '${global.name}', which are both ${key}`);
    seen.set(key, global.name);
  }
  if (bytes > MAX_WORKGROUP_STORAGE) {
    context.fail(at, `'${name}' uses ${bytes} bytes of workgroup memory; at most ${MAX_WORKGROUP_STORAGE} are there`);
  }
}
