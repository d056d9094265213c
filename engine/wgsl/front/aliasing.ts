/** Pointer arguments must not lead to memory that the callee writes by another way (WGSL, §8.13.3 and §11.4.2, aliasing). */
import type { Value } from '../typed.ts';
import type { CheckedFunction, Context, FunctionScope, PointerUse, Root } from './context.ts';
import { rootOfPointer } from './roots.ts';
import type { CallExpression } from './syntax.ts';

/** Refuses two pointers to one variable where one of them is written through, and a pointer to a global that the callee uses itself. */
export function checkAliasing(context: Context, called: CheckedFunction, args: readonly Value[], node: CallExpression): void {
  const scope = context.function;
  if (!scope) return;
  const seen: { root: Root; written: boolean; at: number }[] = [];
  args.forEach((arg, i) => {
    if (arg.type.kind !== 'pointer') return;
    const root = rootOfPointer(scope, arg);
    if (!root) return;
    const use = called.parameterUse.get(called.parameters[i] as number);
    const written = use?.written ?? false;
    const at = node.arguments[i]?.at ?? node.at;
    for (const other of seen) {
      if (sameRoot(root, other.root) && (written || other.written)) {
        context.fail(at, `two pointers to one variable go into '${called.name}', which writes through one of them`);
      }
    }
    const own = root.kind === 'global' ? called.globalUse.get(root.global) : undefined;
    if (own && (own.written || (own.read && written))) {
      context.fail(at, `'${called.name}' uses the variable that this pointer leads to, and writes one of the two`);
    }
    seen.push({ root, written, at });
  });
}

function sameRoot(a: Root, b: Root): boolean {
  return a.kind === 'global' ? b.kind === 'global' && a.global === b.global : b.kind === 'local' && a.local === b.local;
}

/** What the caller does by way of the callee: calls, globals, and what pointers of its own lead to. */
export function noteCall(scope: FunctionScope, called: CheckedFunction, index: number, args: readonly Value[]): void {
  for (const call of [...called.calls, index]) scope.calls.add(call);
  for (const global of called.globals) scope.globals.add(global);
  for (const [global, use] of called.globalUse) merge(scope.globalUse, global, use);
  args.forEach((arg, i) => {
    if (arg.type.kind !== 'pointer') return;
    const use = called.parameterUse.get(called.parameters[i] as number);
    const root = rootOfPointer(scope, arg);
    if (!use || !root) return;
    if (root.kind === 'global') merge(scope.globalUse, root.global, use);
    else merge(scope.parameterUse, root.local, use);
  });
}

function merge(uses: Map<number, PointerUse>, key: number, use: PointerUse): void {
  const own = uses.get(key) ?? { read: false, written: false };
  uses.set(key, { read: own.read || use.read, written: own.written || use.written });
}
