/** The front end: WGSL source to the checked, typed form of typed.ts. */
import type { Entry, Func, Module } from '../typed.ts';
import { checkFunction } from './check-function.ts';
import { checkAssertion } from './check-statement.ts';
import { checkStruct } from './check-struct.ts';
import { checkType } from './check-type.ts';
import { checkConstant, checkGlobal, checkOverride } from './check-variable.ts';
import { Context } from './context.ts';
import { inOrder } from './dependencies.ts';
import { parseSyntax } from './parse-module.ts';

export { BUILTINS } from './builtins.ts';

/**
 * @param path named in errors
 * @throws WgslError where the source is no valid WGSL, WgslSubsetError where it uses what lies outside the subset; both with line
 * and column of the first thing found
 */
export function parseModule(source: string, path: string): Module {
  const tree = parseSyntax(source, path);
  const context = new Context(tree);
  const entries: Entry[] = [];
  const builtins = new Map<number, readonly (string | undefined)[]>();
  for (const declaration of inOrder(tree)) {
    switch (declaration.kind) {
      case 'const_assert':
        checkAssertion(context, declaration.condition, declaration.at);
        break;
      case 'alias':
        context.symbols.set(declaration.name, { kind: 'type', type: checkType(context, declaration.type) });
        break;
      case 'struct':
        builtins.set(context.structs.length, checkStruct(context, declaration));
        break;
      case 'const':
        checkConstant(context, declaration);
        break;
      case 'override':
        checkOverride(context, declaration);
        break;
      case 'fn':
        checkFunction(context, declaration, builtins, entries);
        break;
      default:
        checkGlobal(context, declaration);
    }
  }
  const { structs, overrides, globals } = context;
  const functions = context.functions.map(
    ({ name, parameters, locals, returns, body, calls, globals: used, at }): Func => ({
      name,
      parameters,
      locals,
      returns,
      body,
      calls,
      globals: used,
      at,
    }),
  );
  return { path, structs, overrides, globals, functions, entries, features: tree.features };
}
