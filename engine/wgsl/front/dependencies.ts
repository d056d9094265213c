/** The order in which declarations of a module can be checked: what a declaration names comes before it (WGSL, §5 and §11). */
import { WgslError } from '../errors.ts';
import { locate } from '../source.ts';
import type { Attribute, Block, Declaration, Expression, IfNode, StatementNode, SyntaxTree } from './syntax.ts';

/** More than anyone writes: functions know all that they call and use, which takes the square of their number. */
const MAX_DECLARATIONS = 1024;

type Named = Exclude<Declaration, { kind: 'const_assert' }>;

/** @throws WgslError where a name is declared twice, or declarations need one another in a circle */
export function inOrder(tree: SyntaxTree): Declaration[] {
  const fail = (at: number, message: string): never => {
    throw new WgslError(tree.path, locate(tree.source, at), message);
  };
  const named = new Map<string, Named>();
  const beyond = tree.declarations[MAX_DECLARATIONS];
  if (beyond) fail(beyond.at, `a module of more than ${MAX_DECLARATIONS} declarations`);
  for (const declaration of tree.declarations) {
    if (declaration.kind === 'const_assert') continue;
    if (named.has(declaration.name)) fail(declaration.nameAt, `'${declaration.name}' is declared twice`);
    named.set(declaration.name, declaration);
  }
  const order: Declaration[] = [];
  const state = new Map<Declaration, 'open' | 'done'>();
  // A stack of our own: a chain of declarations may be long.
  const stack: { declaration: Declaration; needs: Declaration[] }[] = [];
  const open = (declaration: Declaration) => {
    state.set(declaration, 'open');
    stack.push({ declaration, needs: [...freeNames(declaration)].flatMap((name) => named.get(name) ?? []).reverse() });
  };
  for (const declaration of tree.declarations) {
    if (!state.has(declaration)) open(declaration);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const next = top.needs.pop();
      if (!next) {
        state.set(top.declaration, 'done');
        order.push(top.declaration);
        stack.pop();
      } else if (!state.has(next)) open(next);
      else if (state.get(next) === 'open') {
        const from = stack.findIndex((entry) => entry.declaration === next);
        const circle = stack.slice(from).map((entry) => (entry.declaration as Named).name);
        const names = circle.length > 6 ? [...circle.slice(0, 5), '…'] : circle;
        fail((next as Named).at, `'${circle[0]}' needs itself: ${[...names, circle[0]].join(' → ')}`);
      }
    }
  }
  return order;
}

/** Names that a declaration uses and does not declare itself, in the order of their first use. */
function freeNames(declaration: Declaration): Set<string> {
  const names = new Names();
  switch (declaration.kind) {
    case 'const_assert':
      names.expression(declaration.condition);
      break;
    case 'alias':
      names.expression(declaration.type);
      break;
    case 'struct':
      for (const member of declaration.members) {
        names.attributes(member.attributes);
        names.expression(member.type);
      }
      break;
    case 'fn':
      names.attributes(declaration.attributes);
      for (const parameter of declaration.parameters) {
        names.attributes(parameter.attributes);
        names.expression(parameter.type);
      }
      if (declaration.returns) names.expression(declaration.returns);
      names.inScope(() => {
        for (const parameter of declaration.parameters) names.declare(parameter.name);
        names.statements(declaration.body.statements);
      });
      break;
    default:
      names.attributes(declaration.attributes);
      for (const argument of declaration.template ?? []) names.expression(argument);
      if (declaration.type) names.expression(declaration.type);
      if (declaration.initial) names.expression(declaration.initial);
  }
  return names.free;
}

/** Attributes whose arguments are words of their own, not expressions. */
const WORDS = new Set(['builtin', 'interpolate', 'diagnostic']);

class Names {
  readonly free = new Set<string>();
  readonly #scopes: Set<string>[] = [];

  inScope(body: () => void): void {
    this.#scopes.push(new Set());
    body();
    this.#scopes.pop();
  }

  declare(name: string): void {
    this.#scopes.at(-1)?.add(name);
  }

  attributes(attributes: readonly Attribute[]): void {
    for (const attribute of attributes) {
      if (!WORDS.has(attribute.name)) for (const argument of attribute.arguments) this.expression(argument);
    }
  }

  expression(node: Expression): void {
    switch (node.kind) {
      case 'name':
        if (!this.#scopes.some((scope) => scope.has(node.name))) this.free.add(node.name);
        for (const argument of node.template ?? []) this.expression(argument);
        break;
      case 'call':
        this.expression(node.callee);
        for (const argument of node.arguments) this.expression(argument);
        break;
      case 'index':
        this.expression(node.base);
        this.expression(node.index);
        break;
      case 'member':
        this.expression(node.base);
        break;
      case 'unary':
        this.expression(node.operand);
        break;
      case 'binary':
        this.expression(node.left);
        this.expression(node.right);
        break;
    }
  }

  statements(statements: readonly StatementNode[]): void {
    for (const statement of statements) this.statement(statement);
  }

  #block(block: Block): void {
    this.inScope(() => this.statements(block.statements));
  }

  statement(node: StatementNode): void {
    switch (node.kind) {
      case 'var':
      case 'let':
      case 'const':
      case 'override':
        for (const argument of node.template ?? []) this.expression(argument);
        if (node.type) this.expression(node.type);
        if (node.initial) this.expression(node.initial);
        this.declare(node.name);
        break;
      case 'assign':
        this.expression(node.target);
        this.expression(node.value);
        break;
      case 'phony':
        this.expression(node.value);
        break;
      case 'step':
        this.expression(node.target);
        break;
      case 'callStatement':
        this.expression(node.call);
        break;
      case 'block':
        this.#block(node.block);
        break;
      case 'if':
        this.#if(node);
        break;
      case 'switch':
        this.expression(node.selector);
        for (const { selectors, body } of node.cases) {
          for (const { value } of selectors) if (value) this.expression(value);
          this.#block(body);
        }
        break;
      case 'loop':
        this.inScope(() => {
          this.statements(node.body.statements);
          if (node.continuing) this.#block(node.continuing);
        });
        break;
      case 'for':
        this.inScope(() => {
          if (node.initial) this.statement(node.initial);
          if (node.condition) this.expression(node.condition);
          if (node.update) this.statement(node.update);
          this.#block(node.body);
        });
        break;
      case 'return':
        if (node.value) this.expression(node.value);
        break;
      case 'breakIf':
      case 'const_assert':
        this.expression(node.condition);
        break;
    }
  }

  #if(node: IfNode): void {
    for (let next: Block | IfNode | undefined = node; next; ) {
      if (!('condition' in next)) {
        this.#block(next);
        break;
      }
      this.expression(next.condition);
      this.#block(next.then);
      next = next.otherwise;
    }
  }
}
