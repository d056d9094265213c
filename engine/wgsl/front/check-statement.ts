/** Statements: types, where they may stand, and whether the end of a function is reached (WGSL, §9). */
import type { BinaryOperator, Statement, Type, Value } from '../typed.ts';
import { isBuiltin } from './builtins.ts';
import { checkExpression, checkValue, combine } from './check-expression.ts';
import { checkSwitch } from './check-switch.ts';
import { checkLocal } from './check-variable.ts';
import { type Context, type Frame, functionOf, type Operand, type Reference } from './context.ts';
import { asValue, concreteValue, load, noteUse } from './operands.ts';
import type { AssignNode, Block, Expression, ForNode, IfNode, LoopNode, StatementNode } from './syntax.ts';
import { BOOL, concreteType, isConstructible, isVoid, sameType, scalarType } from './types.ts';

/** How a statement may end (WGSL, §9.7). */
export type Behaviour = ReadonlySet<'next' | 'break' | 'continue' | 'return'>;

export const NEXT: Behaviour = new Set(['next'] as const);

export interface Checked {
  readonly statements: readonly Statement[];
  readonly behaviour: Behaviour;
}

/** Statements in a scope of their own. */
export function checkBlock(context: Context, block: Block): Checked {
  return context.inScope(() => checkStatements(context, block.statements));
}

export function checkStatements(context: Context, nodes: readonly StatementNode[]): Checked {
  const statements: Statement[] = [];
  const behaviour = new Set<'next' | 'break' | 'continue' | 'return'>(NEXT);
  for (const node of nodes) {
    const checked = checkStatement(context, node);
    statements.push(...checked.statements);
    // What follows a `return` is never reached and adds nothing.
    if (!behaviour.has('next')) continue;
    behaviour.delete('next');
    for (const way of checked.behaviour) behaviour.add(way);
  }
  return { statements, behaviour };
}

function one(statement: Statement, behaviour: Behaviour = NEXT): Checked {
  return { statements: [statement], behaviour };
}

function checkStatement(context: Context, node: StatementNode): Checked {
  const { at } = node;
  switch (node.kind) {
    case 'var':
    case 'let':
    case 'const':
    case 'override':
      return { statements: checkLocal(context, node), behaviour: NEXT };
    case 'assign':
      return one(checkAssignment(context, node));
    case 'step':
      return one(checkStep(context, node.target, node.operator, at));
    case 'phony':
      return one(checkPhony(context, node.value, at));
    case 'callStatement':
      return one(checkCallStatement(context, node.call, at));
    case 'block': {
      const { statements, behaviour } = checkBlock(context, node.block);
      return one({ kind: 'block', body: statements, at }, behaviour);
    }
    case 'if':
      return checkIf(context, node);
    case 'switch':
      return checkSwitch(context, node);
    case 'loop':
      return checkLoop(context, node);
    case 'for':
      return checkFor(context, node);
    case 'break':
      return checkBreak(context, at);
    case 'continue':
      return checkContinue(context, at);
    case 'breakIf':
      return context.fail(at, "'break if' must be the last statement of a continuing block");
    case 'return':
      return checkReturn(context, node.value, at);
    case 'discard':
      return context.outside(at, 'discard', "'discard' belongs to fragment shaders");
    case 'const_assert':
      checkAssertion(context, node.condition, at);
      return { statements: [], behaviour: NEXT };
  }
}

export function checkAssertion(context: Context, condition: Expression, at: number): void {
  const operand = checkValue(context, condition);
  if (!sameType(operand.type, BOOL)) context.fail(operand.at, `'const_assert' needs a bool, not ${context.nameOf(operand.type)}`);
  if (operand.kind !== 'constant') context.fail(operand.at, "'const_assert' needs a constant expression");
  if (operand.kind === 'constant' && !operand.constant) context.fail(at, 'this const_assert does not hold');
}

// Assignments and calls ------------------------------------------------------------------------------------------------------

function checkTarget(context: Context, node: Expression, at: number): Reference {
  const target = checkExpression(context, node);
  if (target.kind !== 'reference') {
    if (target.kind === 'value' && target.value.kind === 'swizzle' && target.value.operand.kind === 'load') {
      context.outside(node.at, 'swizzle assignment', 'several components of a vector cannot be assigned at once here');
    }
    const hint =
      target.kind === 'value' && target.value.kind === 'local' ? ": it is a 'let' or parameter, which cannot change" : '';
    return context.fail(node.at, `this cannot be assigned to${hint}`);
  }
  if (target.access === 'read') {
    context.fail(at, `this cannot be written: it lies in ${target.space} memory that is read only`);
  }
  return target;
}

function checkAssignment(context: Context, node: AssignNode): Statement {
  const { operator, operatorAt, at } = node;
  const target = checkTarget(context, node.target, operatorAt);
  const { place, type } = target;
  if (operator === '') {
    if (!isConstructible(type, context.structs)) context.fail(operatorAt, `${context.nameOf(type)} cannot be assigned`);
    const value = asValue(context, checkExpression(context, node.value), type, 'the value', operatorAt);
    noteUse(context, target, 'written');
    return { kind: 'assign', place, operator: undefined, value, at };
  }
  const right = checkValue(context, node.value);
  const result = combine(context, operator as BinaryOperator, load(context, target), right, operatorAt, operatorAt);
  noteUse(context, target, 'written');
  if (!sameType(result.type, type)) {
    context.fail(operatorAt, `'${operator}=' would make ${context.nameOf(result.type)} of ${context.nameOf(type)}`);
  }
  const value = result.kind === 'value' && result.value.kind === 'binary' ? result.value.right : concreteValue(context, right);
  return { kind: 'assign', place, operator: operator as BinaryOperator, value, at };
}

function checkStep(context: Context, targetNode: Expression, operator: '+' | '-', at: number): Statement {
  const target = checkTarget(context, targetNode, at);
  const { place, type } = target;
  if (type.kind !== 'scalar' || (type.scalar !== 'i32' && type.scalar !== 'u32')) {
    return context.fail(at, `'${operator}${operator}' counts i32 and u32, not ${context.nameOf(type)}`);
  }
  noteUse(context, target, 'read');
  noteUse(context, target, 'written');
  return { kind: 'assign', place, operator, value: { kind: 'literal', value: 1, type: scalarType(type.scalar), at }, at };
}

function checkPhony(context: Context, node: Expression, at: number): Statement {
  const operand: Operand = checkExpression(context, node);
  const type = concreteType(operand.type);
  if (isVoid(type)) context.fail(node.at, 'this call returns nothing');
  return { kind: 'evaluate', value: concreteValue(context, operand), at };
}

function checkCallStatement(context: Context, node: Extract<Expression, { kind: 'call' }>, at: number): Statement {
  const { name } = node.callee;
  const symbol = context.lookup(name);
  const operand = checkExpression(context, node);
  const called = symbol?.kind === 'function' ? context.functions[symbol.func] : undefined;
  if (!called && !isVoid(operand.type)) {
    const what = !symbol && isBuiltin(name) ? `the result of '${name}'` : `a value of ${context.nameOf(operand.type)}`;
    context.fail(at, `${what} is not used; write '_ = …' to throw it away`);
  }
  if (called?.mustUse) context.fail(at, `the result of '${name}' must be used`);
  return { kind: 'evaluate', value: (operand as { value: Value }).value, at };
}

// Control flow ---------------------------------------------------------------------------------------------------------------

function checkCondition(context: Context, node: Expression, what: string): Value {
  return asValue(context, checkExpression(context, node), BOOL, what);
}

function checkIf(context: Context, node: IfNode): Checked {
  const condition = checkCondition(context, node.condition, "the condition of 'if'");
  const then = checkBlock(context, node.then);
  const { otherwise } = node;
  const other: Checked = !otherwise
    ? { statements: [], behaviour: NEXT }
    : 'condition' in otherwise
      ? checkIf(context, otherwise)
      : checkBlock(context, otherwise);
  return one(
    // biome-ignore lint/suspicious/noThenProperty: the word of the language, in an object that nobody awaits
    { kind: 'if', condition, then: then.statements, otherwise: other.statements, at: node.at },
    new Set([...then.behaviour, ...other.behaviour]),
  );
}

/** How a loop ends whose parts end in these ways: by leaving it, or with a `return`. */
function loopBehaviour(context: Context, ways: Behaviour, at: number): Behaviour {
  const result = new Set(ways);
  result.delete('next');
  result.delete('continue');
  if (result.delete('break')) result.add('next');
  if (result.size === 0) context.fail(at, 'this loop never ends: it has neither condition, break nor return');
  return result;
}

function checkLoop(context: Context, node: LoopNode): Checked {
  const { flow, scopes } = functionOf(context);
  const frame: Frame = { kind: 'loop', skipped: undefined, depth: scopes.length };
  const { body, behaviour, continuing, breakIf } = context.inScope(() => {
    flow.push(frame);
    const inner = checkStatements(context, node.body.statements);
    flow.pop();
    const meanings = [...(scopes.at(-1)?.values() ?? [])].slice(frame.skipped?.names ?? 0);
    const next = checkContinuing(context, node.continuing, frame.skipped && { ...frame.skipped, meanings });
    return { body: inner.statements, behaviour: inner.behaviour, ...next };
  });
  const ways = new Set(behaviour);
  if (breakIf) ways.add('break');
  const statement: Statement = { kind: 'loop', body, continuing, breakIf, at: node.at };
  return one(statement, loopBehaviour(context, ways, node.at));
}

function checkContinuing(
  context: Context,
  block: Block | undefined,
  skipped: Frame['skipped'],
): { continuing: readonly Statement[]; breakIf: Value | undefined } {
  if (!block) return { continuing: [], breakIf: undefined };
  const { flow } = functionOf(context);
  flow.push({ kind: 'continuing', skipped, depth: 0 });
  const result = context.inScope(() => {
    const last = block.statements.at(-1);
    const breakNode = last?.kind === 'breakIf' ? last : undefined;
    const { statements } = checkStatements(context, breakNode ? block.statements.slice(0, -1) : block.statements);
    return {
      continuing: statements,
      breakIf: breakNode && checkCondition(context, breakNode.condition, "the condition of 'break if'"),
    };
  });
  flow.pop();
  return result;
}

function checkFor(context: Context, node: ForNode): Checked {
  const { flow, scopes } = functionOf(context);
  return context.inScope(() => {
    const initial = node.initial && checkStatement(context, node.initial).statements;
    const condition = node.condition && checkCondition(context, node.condition, `the condition of '${node.word}'`);
    flow.push({ kind: 'continuing', skipped: undefined, depth: 0 });
    const update = node.update && checkStatement(context, node.update).statements[0];
    flow.pop();
    flow.push({ kind: 'loop', skipped: undefined, depth: scopes.length });
    const body = checkBlock(context, node.body);
    flow.pop();
    const ways = new Set(body.behaviour);
    if (condition) ways.add('break');
    const behaviour = loopBehaviour(context, ways, node.at);
    const { unroll, at } = node;
    return one({ kind: 'for', initial: initial?.[0], condition, update, body: body.statements, unroll, at }, behaviour);
  });
}

function checkBreak(context: Context, at: number): Checked {
  const frame = functionOf(context).flow.at(-1);
  if (!frame) context.fail(at, "'break' belongs into a loop or switch");
  if (frame?.kind === 'continuing') context.fail(at, "a continuing block is left by 'break if' as its last statement only");
  return one({ kind: 'break', at }, new Set(['break'] as const));
}

function checkContinue(context: Context, at: number): Checked {
  const { flow, scopes } = functionOf(context);
  const frame = flow.findLast(({ kind }) => kind !== 'switch');
  if (!frame) return context.fail(at, "'continue' belongs into a loop");
  if (frame.kind === 'continuing') context.fail(at, "'continue' cannot stand in a continuing block");
  frame.skipped ??= { at, names: scopes[frame.depth]?.size ?? 0 };
  return one({ kind: 'continue', at }, new Set(['continue'] as const));
}

function checkReturn(context: Context, node: Expression | undefined, at: number): Checked {
  const { flow, returns, name } = functionOf(context);
  if (flow.some(({ kind }) => kind === 'continuing')) context.fail(at, "'return' cannot stand in a continuing block");
  if (!returns && node) context.fail(at, `'${name}' returns nothing`);
  if (returns && !node) context.fail(at, `'${name}' must return ${context.nameOf(returns)}`);
  const value = node && asValue(context, checkExpression(context, node), returns as Type, `the result of '${name}'`, at);
  return one({ kind: 'return', value, at }, new Set(['return'] as const));
}
