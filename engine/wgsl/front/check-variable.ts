/** Declarations of values: in functions `var`, `let` and `const`; in the module also `override` (WGSL, §7). */
import type { Global, Scalar, Space, Statement, Type } from '../typed.ts';
import { attribute, checkAttributes, constantAttribute } from './attributes.ts';
import { checkExpression, checkValue } from './check-expression.ts';
import { checkAccess, checkSpace, checkType } from './check-type.ts';
import { type Context, functionOf, offenceAt, unsizedAt } from './context.ts';
import { asValue, concreteValue, constantTo, convertsTo, load, mismatchAt } from './operands.ts';
import { rootOfPointer } from './roots.ts';
import type { VariableNode } from './syntax.ts';
import { concreteType, hasFixedFootprint, isConstructible, isVoid, scalarOf } from './types.ts';

/** `const`, in the module or in a function. */
export function checkConstant(context: Context, node: VariableNode): void {
  const { name, at } = node;
  checkAttributes(context, node.attributes, []);
  const operand = checkValue(context, node.initial as NonNullable<VariableNode['initial']>);
  const type = node.type && checkType(context, node.type);
  if (operand.kind !== 'constant') context.fail(operand.at, `'${name}' needs a constant expression`);
  if (type && !convertsTo(operand.type, type)) {
    context.fail(
      mismatchAt(operand, type, node.nameAt),
      `'${name}' is of type ${context.nameOf(type)}, its value of ${context.nameOf(operand.type)}`,
    );
  }
  const converted = type ? constantTo(context, operand, type) : operand;
  const symbol = { kind: 'constant', type: converted.type, constant: converted.constant } as const;
  if (context.function) context.declare(name, symbol, node.nameAt);
  else context.symbols.set(name, symbol);
  if (type && !isConstructible(type, context.structs))
    context.fail(at, `${context.nameOf(type)} cannot be the type of a constant`);
}

/** A declaration among the statements of a function. */
export function checkLocal(context: Context, node: VariableNode): Statement[] {
  const { name, at, nameAt } = node;
  if (node.kind === 'const') {
    checkConstant(context, node);
    return [];
  }
  const scope = functionOf(context);
  const written = node.type && checkType(context, node.type);
  const initial = node.initial && checkExpression(context, node.initial);
  if (initial?.kind === 'reference' && !isConstructible(initial.type, context.structs)) {
    context.fail(unsizedAt(context, initial.type, nameAt), `${context.nameOf(initial.type)} cannot be read as a whole`);
  }
  const operand = initial && load(context, initial);
  const type = written ?? (operand ? concreteType(operand.type) : undefined);
  if (!type) return context.fail(at, `'${name}' needs a type or a value`);
  if (isVoid(type)) context.fail(operand?.at ?? at, 'this call returns nothing');
  const value = operand && asValue(context, operand, type, `the value of '${name}'`, node.kind === 'let' ? nameAt : at);
  if (node.kind === 'let') {
    if (type.kind !== 'pointer' && !isConstructible(type, context.structs)) {
      context.fail(unsizedAt(context, type, at), `${context.nameOf(type)} cannot be the type of a let`);
    }
    const local = context.addLocal({ name, kind: 'let', type, builtin: undefined, at: nameAt });
    context.declare(name, { kind: 'local', local }, nameAt);
    if (!value) return [];
    if (type.kind === 'pointer') scope.roots.set(local, rootOfPointer(scope, value));
    return [{ kind: 'let', local, value, at }];
  }
  const [space, access] = node.template ?? [];
  if (space && checkSpace(context, space) !== 'function') {
    context.fail(at, `in a function a 'var' lies in function memory; declare '${name}' outside of it`);
  }
  if (access) context.fail(access.at, `only the address space 'storage' takes an access mode`);
  if (!isConstructible(type, context.structs))
    context.fail(
      unsizedAt(context, type, written ? (node.type?.at ?? at) : at),
      `${context.nameOf(type)} cannot be the type of a variable in a function`,
    );
  const local = context.addLocal({ name, kind: 'var', type, builtin: undefined, at: nameAt });
  context.declare(name, { kind: 'local', local }, nameAt);
  return [{ kind: 'var', local, initial: value, at }];
}

/** `override` of the module. */
export function checkOverride(context: Context, node: VariableNode): void {
  const { name, at } = node;
  checkAttributes(context, node.attributes, ['id']);
  const id = constantAttribute(context, node.attributes, 'id', 0, 65535);
  if (id !== undefined && context.overrides.some((other) => other.id === id))
    context.fail(attribute(node.attributes, 'id')?.at ?? at, `there is another override of id ${id}`);
  const written = node.type && checkType(context, node.type);
  const operand = node.initial && checkValue(context, node.initial);
  const type = written ?? (operand ? concreteType(operand.type) : undefined);
  if (!type) context.fail(at, `'${name}' needs a type or a value`);
  if (type.kind !== 'scalar') context.fail(at, `an override is a scalar, not ${context.nameOf(type)}`);
  if (operand?.kind === 'value' && !operand.override)
    context.fail(operand.at, `'${name}' needs an expression of constants and overrides`);
  const initial = operand && asValue(context, operand, type, `the value of '${name}'`, at);
  context.symbols.set(name, { kind: 'override', override: context.overrides.length });
  context.overrides.push({ name, id, scalar: scalarOf(type) as Scalar, initial, at: node.nameAt });
}

/** `var` of the module. */
export function checkGlobal(context: Context, node: VariableNode): void {
  const { name, at } = node;
  const written = node.type && checkType(context, node.type);
  const [spaceNode, accessNode, more] = node.template ?? [];
  if (!spaceNode)
    context.fail(at, `'${name}' needs an address space: var<storage>, var<uniform>, var<workgroup> or var<private>`);
  const space = checkSpace(context, spaceNode);
  if (more) context.fail(more.at, "'var' takes an address space and an access mode");
  const access = checkAccess(context, space, accessNode);
  if (access === 'write') context.fail(at, "storage memory is 'read' or 'read_write'");
  if (space === 'function') context.fail(at, "a 'var' in function memory belongs into a function");
  const isResource = space === 'storage' || space === 'uniform';
  checkAttributes(context, node.attributes, isResource ? ['group', 'binding'] : []);
  const group = constantAttribute(context, node.attributes, 'group', 0, 0xffffffff);
  const binding = constantAttribute(context, node.attributes, 'binding', 0, 0xffffffff);
  if (isResource && (group === undefined || binding === undefined))
    context.fail(at, `'${name}' needs '@group(…)' and '@binding(…)'`);
  if (node.initial && space !== 'private') context.fail(at, `a variable in ${space} memory has no initial value`);
  const operand = node.initial && checkValue(context, node.initial);
  if (operand?.kind === 'value' && !operand.override)
    context.fail(operand.at, `'${name}' needs an expression of constants and overrides`);
  const type = written ?? (operand ? concreteType(operand.type) : undefined);
  if (!type) context.fail(at, `'${name}' needs a type`);
  checkStored(context, space, type, node.type?.at ?? at, at);
  const initial =
    operand && (written ? asValue(context, operand, type, `the value of '${name}'`, at) : concreteValue(context, operand));
  context.symbols.set(name, { kind: 'global', global: context.globals.length });
  context.globalStarts.push(at);
  context.globals.push({ name, space, access, type, group, binding, initial, at: node.nameAt } satisfies Global);
}

/** What each address space can hold (WGSL, §7.3 and §14.4.5). */
function checkStored(context: Context, space: Space, type: Type, typeAt: number, at: number): void {
  const { structs } = context;
  const name = context.nameOf(type);
  if (type.kind === 'pointer') context.fail(at, 'a variable cannot hold a pointer');
  if (space === 'private' && !isConstructible(type, structs))
    context.fail(unsizedAt(context, type, typeAt), `${name} cannot lie in private memory`);
  if (space === 'workgroup' && !hasFixedFootprint(type, structs)) context.fail(at, `${name} cannot lie in workgroup memory`);
  if (space !== 'storage' && space !== 'uniform') return;
  const boolAt = offenceAt(context, type, typeAt, (part) => scalarOf(part) === 'bool');
  if (boolAt !== undefined) context.fail(boolAt, `a buffer cannot hold ${name}: it has a bool`);
  if (type.kind === 'array' && typeof type.length === 'object')
    context.fail(at, 'only workgroup arrays may be counted by overrides');
  if (space === 'uniform' && !isConstructible(type, structs)) {
    context.fail(at, `${name} cannot lie in uniform memory: its size must be known`);
  }
}
