/**
 * Vite plugin: in a build, the templates of Lit lose their lines. White space of any length is one space to HTML and to CSS, and less beside a
 * brace; a twentieth of the page's compressed script was indentation.
 */
import type { Plugin } from 'vite';

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

/** Of a template, between its expressions. */
interface Text extends Node {
  readonly value: { readonly raw: string };
}

const isNode = (value: unknown): value is Node => typeof (value as Node | null)?.type === 'string';

const html = (text: string): string => text.replace(/\s*\n\s*/g, ' ');
const css = (text: string): string =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s+/g, ' ')
    .replace(/ ?([{};]) ?/g, '$1');
const shorter: Readonly<Record<string, (text: string) => string>> = { html, svg: html, css };

/** @param tree of `code` */
export function shortTemplates(code: string, tree: Node): string {
  const parts: { start: number; end: number; text: string }[] = [];
  const visit = (node: Node): void => {
    const { tag, quasi } = node as { tag?: { name?: string }; quasi?: { quasis: readonly Text[] } };
    const shorten = node.type === 'TaggedTemplateExpression' ? shorter[tag?.name ?? ''] : undefined;
    for (const part of (shorten && quasi?.quasis) || []) {
      const { raw } = part.value;
      // The range of a part may hold the signs around it.
      const start = code.indexOf(raw, part.start);
      parts.push({ start, end: start + raw.length, text: shorten?.(raw) ?? '' });
    }
    for (const child of Object.values(node).flat()) if (isNode(child)) visit(child);
  };
  visit(tree);
  parts.sort((a, b) => b.start - a.start);
  return parts.reduce((all, { start, end, text }) => all.slice(0, start) + text + all.slice(end), code);
}

/** Only for modules that render with Lit; code that is shown to readers is read from its file. */
export function shortenTemplates(): Plugin {
  return {
    name: 'chalkgrad:short-templates',
    apply: 'build',
    enforce: 'pre',
    transform: {
      filter: { id: /\/apps\/(labs|components|shell)\/.*\.ts$/, code: /from 'lit'/ },
      handler(code) {
        return { code: shortTemplates(code, this.parse(code, { lang: 'ts' }) as Node), map: null };
      },
    },
  };
}
