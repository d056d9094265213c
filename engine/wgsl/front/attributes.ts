/** Attributes of declarations (WGSL, §12). */
import { checkExpression } from './check-expression.ts';
import type { Context } from './context.ts';
import { load } from './operands.ts';
import type { Attribute } from './syntax.ts';
import { isInteger, scalarOf } from './types.ts';
import { ATTRIBUTES } from './words.ts';

/** Refuses attributes that do not belong here or are written twice. */
export function checkAttributes(context: Context, attributes: readonly Attribute[], allowed: readonly string[]): void {
  const seen = new Set<string>();
  for (const { name, at, arguments: args, hasParentheses } of attributes) {
    const range = ATTRIBUTES.get(name) ?? [0, 0];
    if (!allowed.includes(name)) context.fail(at, `'@${name}' does not belong here`);
    if (args.length < range[0] || args.length > range[1]) {
      const count = range[0] === range[1] ? `${range[0]}` : `${range[0]} to ${range[1]}`;
      context.fail(at, `'@${name}' takes ${count} argument${count === '1' ? '' : 's'}, not ${args.length}`);
    }
    if (range[1] === 0 && hasParentheses) context.fail(at, `'@${name}' takes no parentheses`);
    if (seen.has(name) && name !== 'diagnostic') context.fail(at, `'@${name}' is written twice`);
    seen.add(name);
  }
}

export function attribute(attributes: readonly Attribute[], name: string): Attribute | undefined {
  return attributes.find((one) => one.name === name);
}

/** The integer that an attribute gives; undefined where it is not there. */
export function constantAttribute(
  context: Context,
  attributes: readonly Attribute[],
  name: string,
  least: number,
  most: number,
): number | undefined {
  const found = attribute(attributes, name);
  const argument = found?.arguments[0];
  if (!found || !argument) return undefined;
  const operand = load(context, checkExpression(context, argument));
  if (operand.kind !== 'constant' || operand.type.kind !== 'scalar' || !isInteger(scalarOf(operand.type))) {
    return context.fail(argument.at, `'@${name}' needs a constant integer`);
  }
  const value = Number(operand.constant as number | bigint);
  if (value < least || value > most) context.fail(argument.at, `'@${name}' must be from ${least} to ${most}, not ${value}`);
  return value;
}
