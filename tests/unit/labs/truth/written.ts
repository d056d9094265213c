/** The numbers that stand written in the texts of a source file, as opposed to those that the page computes. */
import { readFileSync } from 'node:fs';
import { parseSync } from 'vite';

export interface Written {
  /** As it stands there: `58,000`, `0.92`, `5·10⁻¹⁷`. */
  readonly text: string;
  /** The words around it. */
  readonly context: string;
  /** The text it stands in. */
  readonly whole: string;
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** A number that is no part of a name such as `CIFAR-10` or `LAB01`. */
const NUMBER =
  /(?<![\p{L}\p{N}.,_-]|[\p{L}\p{N}]-)(?:−|-(?=[\d.]))?(?:\d+(?:,\d{3})*(?:\.\d+)?|\.\d+)(?:·10[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+|e[-−]?\d+)?(?![\p{L}_]|\.\d)/gu;
/** Where a value of the run stands. */
const HOLE = '…';

/** A citation's year. */
export const isYear = (text: string): boolean => /^(19|20)\d\d$/.test(text);

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹';

/** The value of a number as it is written, and half a unit of its last digit. */
export function valueOfText(text: string): { readonly value: number; readonly half: number } {
  const [mantissa = '', exponent] = text.replaceAll('−', '-').replaceAll(',', '').split(/·10|e/);
  const decimals = mantissa.split('.')[1]?.length ?? 0;
  const plain = exponent?.replace('⁻', '-').replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹]/g, (c) => String(SUPERSCRIPTS.indexOf(c)));
  const power = Number(plain ?? 0);
  return { value: Number(mantissa) * 10 ** power, half: 0.5 * 10 ** (power - decimals) };
}

/** Whether a written number is this value, rounded. */
export function says(text: string, value: number): boolean {
  const written = valueOfText(text);
  return Math.abs(written.value - value) <= written.half * (1 + 1e-9) + 1e-12;
}

/** The numbers in a text. */
export function numbersIn(text: string): Written[] {
  return [...text.matchAll(NUMBER)].map((match) => ({
    text: match[0],
    context: text
      .slice(Math.max(0, match.index - 60), match.index + match[0].length + 40)
      .replace(/\s+/g, ' ')
      .trim(),
    whole: text,
  }));
}

/** The words of a piece of HTML. Headings begin with the number of their section; that is left out. */
export const wordsOf = (html: string): string =>
  html
    .replace(/<(h\d)[^>]*>\s*\d+\.\s/g, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&amp;', '&')
    .replaceAll('&lt;', '<');

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null && 'type' in value;

function textsOf(node: Node, found: string[]): void {
  if (node.type === 'TaggedTemplateExpression' && (node.tag as Node).name === 'css') return;
  if (node.type === 'TemplateLiteral') {
    const quasis = node.quasis as readonly { readonly value: { readonly cooked: string } }[];
    found.push(wordsOf(quasis.map(({ value }) => value.cooked).join(HOLE)));
  }
  if (node.type === 'Literal' && typeof node.value === 'string') found.push(node.value);
  for (const [key, value] of Object.entries(node)) {
    // Names of files and properties are no words.
    if (key === 'source' || (key === 'key' && node.type === 'Property')) continue;
    // Nor are styles.
    if (node.type === 'CallExpression' && (node.callee as Node).name === 'styled') continue;
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) textsOf(child, found);
  }
}

/** Every number that is written in a text of the file; years of citations are left out. */
export function writtenIn(file: string): Written[] {
  const { program, errors } = parseSync(file, readFileSync(file, 'utf8'));
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const found: string[] = [];
  textsOf(program as unknown as Node, found);
  return found.flatMap(numbersIn).filter(({ text }) => !isYear(text));
}
