/**
 * The custom-elements manifest of the site's components (custom-elements.json, schema 1.0.0), read from the JSDoc of their classes.
 * The gallery shows it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { create, ts } from '@custom-elements-manifest/analyzer';

export interface Documented {
  readonly name: string;
  readonly description?: string;
  readonly default?: string;
  readonly type?: { readonly text: string };
}

/** What the gallery shows of one element. */
export interface ElementDoc {
  readonly tagName: string;
  readonly description: string;
  readonly attributes: readonly Documented[];
  readonly properties: readonly Documented[];
  readonly events: readonly Documented[];
  readonly slots: readonly Documented[];
  readonly cssParts: readonly Documented[];
  readonly cssProperties: readonly Documented[];
}

interface Declaration {
  readonly tagName?: string;
  readonly description?: string;
  readonly attributes?: readonly Documented[];
  readonly members?: readonly (Documented & { kind: string; privacy?: string; static?: boolean })[];
  readonly events?: readonly Documented[];
  readonly slots?: readonly Documented[];
  readonly cssParts?: readonly Documented[];
  readonly cssProperties?: readonly Documented[];
}

interface Manifest {
  readonly modules: readonly { readonly path: string; readonly declarations: readonly Declaration[] }[];
}

/** The element files of the components, sorted by directory. */
export function elementFiles(root: string): string[] {
  const folder = join(root, 'apps/components');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(
      (file) =>
        file.endsWith('.ts') &&
        /@element |customElements\.define|\bdefine\('chalk-/.test(readFileSync(join(folder, file), 'utf8')),
    )
    .map((file) => join(folder, file))
    .sort();
}

export function buildManifest(root: string): Manifest {
  const modules = elementFiles(root).map((file) =>
    ts.createSourceFile(relative(root, file).replaceAll('\\', '/'), readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022, true),
  );
  return create({ modules, plugins: [], context: { dev: false } }) as Manifest;
}

/** What a reader of the gallery needs: public properties without their attributes' twins, and everything that JSDoc names. */
export function elementDocs(root: string): ElementDoc[] {
  const declarations = buildManifest(root).modules.flatMap((module) => module.declarations);
  return declarations
    .filter((declaration): declaration is Declaration & { tagName: string } => declaration.tagName !== undefined)
    .map((declaration) => ({
      tagName: declaration.tagName,
      description: declaration.description ?? '',
      attributes: declaration.attributes ?? [],
      properties: (declaration.members ?? []).filter(
        (member) => member.kind === 'field' && !member.static && member.privacy !== 'private' && member.description !== undefined,
      ),
      events: (declaration.events ?? []).filter((event) => event.name),
      slots: declaration.slots ?? [],
      cssParts: declaration.cssParts ?? [],
      cssProperties: declaration.cssProperties ?? [],
    }))
    .sort((a, b) => (a.tagName < b.tagName ? -1 : 1));
}
