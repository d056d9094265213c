/**
 * Vite plugin: in a build, kernels leave out what neither a GPU nor WebAssembly needs: references, equations and examples. The references of all
 * kernels become one file of their own, behind `engine/kernels/references.ts`: the same modules a second time, without their variants.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'vite';

/** Properties of a kernel's definition that go. */
const DEFINITION = ['reference', 'equation', 'example'];
/** Properties of the rows of a TABLE that go: what the references of its kernels compute with, and how exactly. */
const ROW = ['f', 'ulps', 'term', 'result', 'contribution', 'combine'];
const QUERY = '?references';

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

interface Property extends Node {
  readonly key: Node & { readonly name?: string };
  readonly value: Node;
}

const isNode = (value: unknown): value is Node => typeof (value as Node | null)?.type === 'string';
const childrenOf = (node: Node): Node[] => Object.values(node).flat().filter(isNode);
const nameOf = (node: Node): string | undefined => (node as { id?: { name?: string } }).id?.name;

/** What a property becomes; undefined where it stays. An empty text takes its comma along. */
type Rule = (name: string, inTable: boolean) => string | undefined;

/** @param tree of `code` */
function rewritten(code: string, tree: Node, rule: Rule): string {
  const cuts: { start: number; end: number; text: string }[] = [];
  const visit = (node: Node, inTable: boolean): void => {
    const table = inTable || (node.type === 'VariableDeclarator' && nameOf(node) === 'TABLE');
    for (const child of childrenOf(node)) {
      const property = child as Property;
      const text =
        node.type === 'ObjectExpression' && child.type === 'Property' ? rule(property.key.name ?? '', table) : undefined;
      if (text === undefined) visit(child, table);
      else cuts.push({ start: child.start, end: text === '' ? afterComma(code, child.end) : child.end, text });
    }
  };
  visit(tree, false);
  return cuts
    .sort((a, b) => b.start - a.start)
    .reduce((all, { start, end, text }) => all.slice(0, start) + text + all.slice(end), code);
}

const afterComma = (code: string, end: number): number => end + (/^\s*,/.exec(code.slice(end))?.[0].length ?? 0);

/** A gradient exists where a row has a derivative. */
const lean: Rule = (name, inTable) =>
  DEFINITION.includes(name) || (inTable && ROW.includes(name))
    ? ''
    : inTable && name === 'derivative'
      ? 'derivative: true'
      : undefined;
const referencesOnly: Rule = (name) => (name === 'variants' ? 'variants: []' : undefined);
/** Operations name their equations too. */
const leanOperation: Rule = (name) => (name === 'equation' ? '' : undefined);

/** A module of kernels or operations without what is left out. @param tree of `code` */
export const leanCode = (code: string, tree: Node, ofKernels: boolean): string =>
  rewritten(code, tree, ofKernels ? lean : leanOperation);

/** A module of kernels with its references alone. What kernels share comes from the second set as well, so that the first need not keep it. */
export const referenceCode = (code: string, tree: Node): string =>
  rewritten(code, tree, referencesOnly).replace(/(from '\.\/[\w-]+\.ts)'/g, `$1${QUERY}'`);

/** @param root of the repository */
export function leanKernels(root: string): Plugin {
  const folder = join(root, 'engine/kernels').replaceAll('\\', '/');
  const entry = `${folder}/references.ts`;
  return {
    name: 'chalkgrad:lean-kernels',
    apply: 'build',
    enforce: 'pre',
    load: {
      filter: { id: /\/engine\/(kernels|ops)\/[\w-]+\.ts([?]references)?$/ },
      handler(id) {
        const path = id.replaceAll('\\', '/');
        const [file = '', query] = path.split('?');
        if (file === entry && query === undefined) {
          const names = readdirSync(folder).filter((name) => name.endsWith('.ts') && `${folder}/${name}` !== entry);
          const imports = names.map((name) => `import ${JSON.stringify(`${folder}/${name}${QUERY}`)};`).join('\n');
          const code = `${imports}
import { allKernels } from ${JSON.stringify(`${folder}/kernel.ts${QUERY}`)};
export const referenceOf = ({ name }) => allKernels().get(name).reference;
export const exampleOf = ({ name }) => allKernels().get(name).example;`;
          return { code, moduleType: 'js' };
        }
        const code = readFileSync(file, 'utf8');
        const tree = this.parse(code, { lang: 'ts' }) as Node;
        const text = query === undefined ? leanCode(code, tree, file.startsWith(folder)) : referenceCode(code, tree);
        return { code: text, moduleType: 'ts' };
      },
    },
  };
}
