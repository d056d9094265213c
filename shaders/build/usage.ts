/**
 * Which module variables a function uses, itself or through the functions it calls. wgsl_reflect answers by name only, so a
 * local `let x` would count as a use of the buffer `x`; this walk knows scopes.
 */
import { closing, type Token, tokenize } from './tokens.ts';

/**
 * @param globals names of module variables
 * @returns for each function of the module, the globals it reaches
 */
export function usedGlobals(source: string, globals: ReadonlySet<string>): Map<string, Set<string>> {
  const tokens = tokenize(source);
  const functions = new Map<string, { uses: Set<string>; calls: Set<string> }>();
  const bodies: [name: string, from: number, to: number][] = [];
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i]?.text !== 'fn') continue;
    const open = tokens.findIndex((token, at) => at > i && token.text === '{');
    const end = closing(tokens, open);
    if (open < 0 || end < 0) break;
    const name = tokens[i + 1]?.text ?? '';
    functions.set(name, { uses: new Set(), calls: new Set() });
    bodies.push([name, i + 2, end]);
    i = end;
  }
  for (const [name, from, to] of bodies) {
    const own = functions.get(name);
    if (!own) continue;
    for (const used of freeNames(tokens, from, to)) {
      if (functions.has(used)) own.calls.add(used);
      else if (globals.has(used)) own.uses.add(used);
    }
  }
  const reach = (name: string, seen: Set<string>): Set<string> => {
    const own = functions.get(name);
    if (!own || seen.has(name)) return new Set();
    seen.add(name);
    const all = new Set(own.uses);
    for (const callee of own.calls) for (const used of reach(callee, seen)) all.add(used);
    return all;
  };
  return new Map([...functions.keys()].map((name) => [name, reach(name, new Set())]));
}

/** Names of a function (from its parameter list to its closing brace) that no parameter or local declaration covers. */
function freeNames(tokens: readonly Token[], from: number, to: number): Set<string> {
  const free = new Set<string>();
  // A scope per block; a `for` header opens one of its own that ends with the loop's body.
  const scopes: { names: Set<string>; ofFor: boolean }[] = [{ names: new Set(), ofFor: false }];
  const top = () => scopes[scopes.length - 1] ?? { names: new Set<string>(), ofFor: false };
  const visible = (name: string) => scopes.some((scope) => scope.names.has(name));
  let pending: string | undefined;
  const parametersEnd = closing(tokens, from);
  for (let i = from; i <= to; i++) {
    const token = tokens[i];
    if (!token) break;
    const next = tokens[i + 1];
    if (token.text === '@') {
      i = tokens[i + 2]?.text === '(' ? closing(tokens, i + 2) : i + 1;
    } else if (i < parametersEnd && token.kind === 'name' && next?.text === ':') {
      top().names.add(token.text);
    } else if (token.text === 'for') {
      scopes.push({ names: new Set(), ofFor: true });
    } else if (token.text === '{') {
      scopes.push({ names: new Set(), ofFor: false });
    } else if (token.text === '}') {
      scopes.pop();
      if (top().ofFor) scopes.pop();
    } else if (token.text === ';') {
      // A declared name is in scope only after its own initialiser: `let x = x[0];` reads the outer x.
      if (pending !== undefined) top().names.add(pending);
      pending = undefined;
    } else if (token.text === 'let' || token.text === 'var' || token.text === 'const') {
      const name = next?.text === '<' ? tokens.findIndex((t, at) => at > i && t.text === '>') + 1 : i + 1;
      pending = tokens[name]?.text;
      i = name;
    } else if (token.kind === 'name' && tokens[i - 1]?.text !== '.' && !visible(token.text)) {
      free.add(token.text);
    }
  }
  return free;
}
