/** The variable or pointer parameter that a place lies in (WGSL's root identifier, §8.13.3). */
import type { Place, Value } from '../typed.ts';
import type { FunctionScope, Root } from './context.ts';

export function rootOf(scope: FunctionScope, place: Place): Root | undefined {
  let inner = place;
  for (;;) {
    switch (inner.kind) {
      case 'global':
        return { kind: 'global', global: inner.global };
      case 'variable':
        return { kind: 'local', local: inner.local };
      case 'deref':
        return rootOfPointer(scope, inner.pointer);
      default:
        inner = inner.base;
    }
  }
}

export function rootOfPointer(scope: FunctionScope, pointer: Value): Root | undefined {
  if (pointer.kind === 'address') return rootOf(scope, pointer.place);
  if (pointer.kind !== 'local') return undefined;
  if (scope.locals[pointer.local]?.kind === 'parameter') return { kind: 'local', local: pointer.local };
  return scope.roots.get(pointer.local);
}
