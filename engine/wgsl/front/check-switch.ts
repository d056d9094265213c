/** `switch` (WGSL, §9.4.2). */
import type { Scalar, Statement, SwitchCase } from '../typed.ts';
import { checkValue } from './check-expression.ts';
import { type Checked, checkBlock } from './check-statement.ts';
import { type Context, functionOf } from './context.ts';
import { asValue, constantTo } from './operands.ts';
import type { SwitchNode } from './syntax.ts';
import { type AnyScalar, commonScalar, concreteScalar, isInteger, scalarType } from './types.ts';

export function checkSwitch(context: Context, node: SwitchNode): Checked {
  const { at } = node;
  const selector = checkValue(context, node.selector);
  if (selector.type.kind !== 'scalar' || !isInteger(selector.type.scalar)) {
    return context.fail(selector.at, `a switch selects by i32 or u32, not by ${context.nameOf(selector.type)}`);
  }
  const selectors = node.cases.map((one) =>
    one.selectors.map(({ value, at }) => ({ at, value: value && checkValue(context, value) })),
  );
  let scalar: AnyScalar = selector.type.scalar;
  for (const { value } of selectors.flat()) {
    if (!value) continue;
    if (value.kind !== 'constant') return context.fail(value.at, 'the values of a case are constants');
    const common =
      value.type.kind === 'scalar' && isInteger(value.type.scalar) ? commonScalar(scalar, value.type.scalar) : undefined;
    if (!common) return context.fail(value.at, `a switch over ${scalar} cannot have a case of ${context.nameOf(value.type)}`);
    scalar = common;
  }
  const type = scalarType(concreteScalar(scalar) as Scalar);
  const seen = new Set<number>();
  let defaults = 0;
  const behaviour = new Set<'next' | 'break' | 'continue' | 'return'>();
  const { flow } = functionOf(context);
  const cases = node.cases.map((one, i): SwitchCase => {
    const values: number[] = [];
    for (const { value, at: selectorAt } of selectors[i] ?? []) {
      if (!value) {
        defaults++;
        if (defaults > 1) context.fail(selectorAt, 'a switch has one default only');
        continue;
      }
      if (value.kind !== 'constant') continue;
      const number = constantTo(context, value, type).constant as number;
      if (seen.has(number)) context.fail(value.at, `there is another case of ${number}`);
      seen.add(number);
      values.push(number);
    }
    flow.push({ kind: 'switch', skipped: undefined, depth: 0 });
    const body = checkBlock(context, one.body);
    flow.pop();
    for (const way of body.behaviour) behaviour.add(way);
    return { values, isDefault: one.selectors.some(({ value }) => !value), body: body.statements, at: one.at };
  });
  if (defaults === 0) context.fail(at, "a switch needs a 'default'");
  if (behaviour.delete('break')) behaviour.add('next');
  const statement: Statement = { kind: 'switch', selector: asValue(context, selector, type, 'the selector'), cases, at };
  return { statements: [statement], behaviour };
}
