/** The syntax tree. Nothing is resolved yet: types are names with template arguments, as expressions are. */

export type Expression =
  | NumberExpression
  | BoolExpression
  | NameExpression
  | CallExpression
  | IndexExpression
  | MemberExpression
  | UnaryExpression
  | BinaryExpression;

interface Node {
  /** Offset of the first character. */
  readonly at: number;
  /** How many expressions lie within one another here. */
  readonly depth: number;
}

export interface NumberExpression extends Node {
  readonly kind: 'number';
  readonly text: string;
}

export interface BoolExpression extends Node {
  readonly kind: 'bool';
  readonly value: boolean;
}

/** A name, with the arguments of its template list where it has one: `array<f32, 4>`. */
export interface NameExpression extends Node {
  readonly kind: 'name';
  readonly name: string;
  readonly template: readonly Expression[] | undefined;
}

export interface CallExpression extends Node {
  readonly kind: 'call';
  readonly callee: NameExpression;
  readonly arguments: readonly Expression[];
}

export interface IndexExpression extends Node {
  readonly kind: 'index';
  readonly base: Expression;
  readonly index: Expression;
}

export interface MemberExpression extends Node {
  readonly kind: 'member';
  readonly base: Expression;
  readonly name: string;
  readonly nameAt: number;
}

export interface UnaryExpression extends Node {
  readonly kind: 'unary';
  readonly operator: '-' | '!' | '~' | '&' | '*';
  readonly operand: Expression;
}

export interface BinaryExpression extends Node {
  readonly kind: 'binary';
  readonly operator: string;
  /** Where Dawn says that the operands do not fit: of a product within a sum, the start of the sum. */
  readonly chainAt: number;
  readonly left: Expression;
  readonly right: Expression;
}

export interface Attribute {
  readonly name: string;
  readonly arguments: readonly Expression[];
  readonly hasParentheses: boolean;
  readonly at: number;
}

// Statements -----------------------------------------------------------------------------------------------------------------

export interface Block {
  readonly at: number;
  readonly statements: readonly StatementNode[];
  /** Offset of the closing brace. */
  readonly end: number;
}

export type StatementNode =
  | VariableNode
  | AssignNode
  | { readonly kind: 'phony'; readonly value: Expression; readonly at: number }
  | { readonly kind: 'step'; readonly target: Expression; readonly operator: '+' | '-'; readonly at: number }
  | { readonly kind: 'callStatement'; readonly call: CallExpression; readonly at: number }
  | { readonly kind: 'block'; readonly block: Block; readonly at: number }
  | IfNode
  | SwitchNode
  | LoopNode
  | ForNode
  | { readonly kind: 'break' | 'continue' | 'discard'; readonly at: number }
  | { readonly kind: 'breakIf'; readonly condition: Expression; readonly at: number }
  | { readonly kind: 'return'; readonly value: Expression | undefined; readonly at: number }
  | AssertNode;

export interface AssignNode {
  readonly kind: 'assign';
  readonly target: Expression;
  /** Without the `=`: '' or '+' and so on. */
  readonly operator: string;
  readonly operatorAt: number;
  readonly value: Expression;
  readonly at: number;
}

export interface IfNode {
  readonly kind: 'if';
  readonly condition: Expression;
  readonly then: Block;
  readonly otherwise: Block | IfNode | undefined;
  readonly at: number;
}

/** One of the selectors of a case; without a value it is `default`. */
export interface SelectorNode {
  readonly value: Expression | undefined;
  readonly at: number;
}

export interface CaseNode {
  readonly selectors: readonly SelectorNode[];
  readonly body: Block;
  readonly at: number;
}

export interface SwitchNode {
  readonly kind: 'switch';
  readonly selector: Expression;
  readonly cases: readonly CaseNode[];
  readonly at: number;
}

export interface LoopNode {
  readonly kind: 'loop';
  readonly body: Block;
  readonly continuing: Block | undefined;
  readonly at: number;
}

/** `for`, and `while` as one without initial and update statement. */
export interface ForNode {
  readonly kind: 'for';
  readonly word: 'for' | 'while';
  readonly initial: StatementNode | undefined;
  readonly condition: Expression | undefined;
  readonly update: StatementNode | undefined;
  readonly body: Block;
  readonly unroll: boolean;
  readonly at: number;
}

// Declarations ---------------------------------------------------------------------------------------------------------------

/** `var`, `let`, `const` and `override`, in a function or in the module. */
export interface VariableNode {
  readonly kind: 'var' | 'let' | 'const' | 'override';
  readonly name: string;
  readonly nameAt: number;
  readonly attributes: readonly Attribute[];
  /** Template arguments of `var<…>`. */
  readonly template: readonly Expression[] | undefined;
  readonly type: NameExpression | undefined;
  readonly initial: Expression | undefined;
  readonly at: number;
}

export interface AssertNode {
  readonly kind: 'const_assert';
  readonly condition: Expression;
  readonly at: number;
}

export interface AliasNode {
  readonly kind: 'alias';
  readonly name: string;
  readonly nameAt: number;
  readonly type: NameExpression;
  readonly at: number;
}

/** A member of a struct or a parameter of a function. */
export interface FieldNode {
  readonly name: string;
  readonly at: number;
  readonly type: NameExpression;
  readonly attributes: readonly Attribute[];
}

export interface StructNode {
  readonly kind: 'struct';
  readonly name: string;
  readonly nameAt: number;
  readonly members: readonly FieldNode[];
  readonly at: number;
}

export interface FunctionNode {
  readonly kind: 'fn';
  readonly name: string;
  readonly nameAt: number;
  readonly attributes: readonly Attribute[];
  readonly parameters: readonly FieldNode[];
  readonly returns: NameExpression | undefined;
  readonly returnAttributes: readonly Attribute[];
  readonly body: Block;
  readonly at: number;
}

export type Declaration = VariableNode | AssertNode | AliasNode | StructNode | FunctionNode;

export interface SyntaxTree {
  readonly source: string;
  readonly path: string;
  readonly features: readonly string[];
  readonly declarations: readonly Declaration[];
}
