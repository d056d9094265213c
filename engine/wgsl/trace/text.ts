/** Places and values as short WGSL, for messages. */
import type { Module, Place, Type, Value } from '../typed.ts';
import { localOf, type Scope } from './code.ts';
import { numberText } from './findings.ts';

const MOST = 40;

export function placeText(module: Module, scope: Scope, place: Place): string {
  switch (place.kind) {
    case 'global':
      return module.globals[place.global]?.name ?? '?';
    case 'variable':
      return localOf(scope, place.local).name;
    case 'deref':
      return valueText(module, scope, place.pointer);
    case 'element':
      return `${placeText(module, scope, place.base)}[${valueText(module, scope, place.index)}]`;
    case 'member':
      return `${placeText(module, scope, place.base)}.${memberName(module, place.base.type, place.member)}`;
  }
}

function memberName(module: Module, type: Type, member: number): string {
  return (type.kind === 'struct' ? module.structs[type.struct]?.members[member]?.name : undefined) ?? '?';
}

/** An expression; '…' where it would be long. */
export function valueText(module: Module, scope: Scope, value: Value): string {
  const text = textOf(module, scope, value, 0);
  return text.length > MOST ? '…' : text;
}

function textOf(module: Module, scope: Scope, value: Value, depth: number): string {
  if (depth > 6) return '…';
  const of = (v: Value) => textOf(module, scope, v, depth + 1);
  switch (value.kind) {
    case 'literal':
      return typeof value.value === 'number' ? numberText(value.value) : `${value.value}`;
    case 'override':
      return module.overrides[value.override]?.name ?? '?';
    case 'local':
      return localOf(scope, value.local).name;
    case 'load':
    case 'address':
      return placeText(module, scope, value.place);
    case 'unary':
      return `${value.operator}${of(value.operand)}`;
    case 'binary':
      return `${of(value.left)} ${value.operator} ${of(value.right)}`;
    case 'swizzle':
      return `${of(value.operand)}.${value.components.map((c) => 'xyzw'[c]).join('')}`;
    case 'extract':
      return value.operand.type.kind === 'struct'
        ? `${of(value.operand)}.${memberName(module, value.operand.type, value.member)}`
        : `${of(value.operand)}[${value.member}]`;
    case 'extractAt':
      return `${of(value.operand)}[${of(value.index)}]`;
    case 'convert':
      return of(value.operand);
    case 'builtin':
      return `${value.name}(${value.arguments.map(of).join(', ')})`;
    default:
      return '…';
  }
}
