/** Directives and declarations of a module (WGSL, §4, §6, §7, §11). */
import { parseName } from './parse-expression.ts';
import { parseAssert, parseAttributes, parseBlock, parseDiagnosticControl, parseVariable } from './parse-statement.ts';
import { Reader } from './reader.ts';
import type { AliasNode, Attribute, Declaration, FieldNode, FunctionNode, StructNode, SyntaxTree } from './syntax.ts';

/** Extensions and language features that the subset has or can ignore; others are refused by name. */
const EXTENSIONS = new Set(['subgroups']);
const OTHER_EXTENSIONS = new Set(['f16', 'clip_distances', 'dual_source_blending', 'primitive_index']);
const LANGUAGE_FEATURES = new Set([
  'pointer_composite_access',
  'unrestricted_pointer_parameters',
  'packed_4x8_integer_dot_product',
  'uniform_buffer_standard_layout',
  'subgroup_id',
  'subgroup_uniformity',
  'readonly_and_readwrite_storage_textures',
  'texture_and_sampler_let',
  'texture_formats_tier1',
  'linear_indexing',
  'immediate_address_space',
  'swizzle_assignment',
]);

/** As in Dawn. */
const MAX_PARAMETERS = 255;
/** More than anyone writes. */
const MAX_MEMBERS = 1024;

/** @throws WgslError at the first thing that is no WGSL, WgslSubsetError at the first that is outside the subset */
export function parseSyntax(source: string, path: string): SyntaxTree {
  const reader = new Reader(source, path);
  const features = parseDirectives(reader);
  const declarations: Declaration[] = [];
  while (reader.peek().kind !== 'end') {
    if (!reader.accept(';')) declarations.push(parseDeclaration(reader));
  }
  return { source, path, features, declarations };
}

function parseDirectives(reader: Reader): string[] {
  const features: string[] = [];
  for (;;) {
    if (reader.accept('diagnostic')) {
      parseDiagnosticControl(reader);
      reader.expect(';', "after 'diagnostic'");
    } else if (reader.is('enable') || reader.is('requires')) {
      const word = reader.take().text;
      const before = features.length;
      do {
        if (reader.is(';') && features.length > before) break;
        const { kind, text, at } = reader.peek();
        if (kind !== 'name') reader.unexpected(`a name after '${word}'`);
        reader.take();
        if (word === 'enable' && OTHER_EXTENSIONS.has(text)) {
          reader.outside(text, `the extension '${text}' is outside the subset`, at);
        }
        if (!(word === 'enable' ? EXTENSIONS : LANGUAGE_FEATURES).has(text)) {
          reader.fail(`there is no ${word === 'enable' ? 'extension' : 'language feature'} '${text}'`, at);
        }
        features.push(text);
      } while (reader.accept(','));
      reader.expect(';', `after '${word}'`);
    } else return features;
  }
}

function parseDeclaration(reader: Reader): Declaration {
  const attributes = parseAttributes(reader);
  const { text, at } = reader.peek();
  switch (text) {
    case 'fn':
      return parseFunction(reader, attributes);
    case 'var':
    case 'const':
    case 'override': {
      const variable = parseVariable(reader, attributes);
      reader.expect(';', `after the ${text}`);
      return variable;
    }
  }
  const [first] = attributes;
  if (first && !/^(?:struct|alias|const_assert)$/.test(text)) reader.unexpected('a declaration after the attributes');
  if (first) reader.fail(`'@${first.name}' does not belong here`, first.at);
  switch (text) {
    case 'struct':
      return parseStruct(reader);
    case 'alias': {
      const alias = parseAlias(reader);
      reader.expect(';', 'after the alias');
      return alias;
    }
    case 'const_assert':
      return parseAssert(reader);
    case 'let':
      return reader.fail("'let' belongs into functions; at module scope write 'const' or 'override'");
    case 'enable':
    case 'requires':
    case 'diagnostic':
      return reader.fail(`'${text}' must stand before all declarations`, at);
  }
  return reader.unexpected("a declaration: 'fn', 'var', 'const', 'override', 'struct' or 'alias'");
}

function parseAlias(reader: Reader): AliasNode {
  const { at } = reader.expect('alias', '');
  const name = reader.declaredName('an alias');
  reader.expect('=', 'after the name of the alias');
  return { kind: 'alias', name: name.text, nameAt: name.at, type: parseName(reader, 'a type'), at };
}

function parseStruct(reader: Reader): StructNode {
  const { at } = reader.expect('struct', '');
  const name = reader.declaredName('a struct');
  reader.expect('{', 'before the members');
  const members = parseFields(reader, '}', 'a member', MAX_MEMBERS);
  if (members.length === 0) reader.fail(`struct '${name.text}' needs a member`, at);
  return { kind: 'struct', name: name.text, nameAt: name.at, members, at };
}

/** `attributes name: type` between commas up to the closing bracket, which is taken. */
function parseFields(reader: Reader, close: string, what: string, most: number): FieldNode[] {
  const fields: FieldNode[] = [];
  while (!reader.accept(close)) {
    if (fields.length === most) reader.fail(`more than ${most} of these`);
    const attributes = parseAttributes(reader);
    const name = reader.declaredName(what);
    reader.expect(':', `and a type after the name of ${what}`);
    fields.push({ name: name.text, at: name.at, type: parseName(reader, 'a type'), attributes });
    if (!reader.accept(',')) {
      reader.expect(close, `or ',' after ${what}`);
      break;
    }
  }
  return fields;
}

function parseFunction(reader: Reader, attributes: readonly Attribute[]): FunctionNode {
  const { at } = reader.expect('fn', '');
  const name = reader.declaredName('a function');
  reader.expect('(', 'after the name of the function');
  const parameters = parseFields(reader, ')', 'a parameter', MAX_PARAMETERS);
  let returns: FunctionNode['returns'];
  let returnAttributes: Attribute[] = [];
  if (reader.accept('->')) {
    returnAttributes = parseAttributes(reader);
    returns = parseName(reader, 'a type');
  }
  parseAttributes(reader);
  const body = parseBlock(reader, 'before the body of the function');
  return { kind: 'fn', name: name.text, nameAt: name.at, attributes, parameters, returns, returnAttributes, body, at };
}
