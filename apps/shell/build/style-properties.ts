/**
 * Vite plugin: `style` attributes in Lit's templates become property bindings, `style=${…}` to `.style=${…}`. A page with `style-src 'self'`
 * refuses the attribute and allows the property, which is the same declarations set from script.
 */
import type { Plugin } from 'vite';

/** The attribute in a tag of a template, its value in quotes or one expression. */
const ATTRIBUTE = /(\s)style=(\$\{|"([^"`]*)")/g;

/** @returns the module with property bindings; the same text where it has no such attribute */
export function styleProperties(code: string): string {
  return code.replace(ATTRIBUTE, (_, space: string, value: string, fixed: string | undefined) =>
    fixed === undefined || fixed.includes('${') ? `${space}.style=${value}` : `${space}.style=${`\${'${fixed}'}`}`,
  );
}

/** Only for modules that render with Lit; code that is shown to readers keeps its attributes. */
export function stylesAsProperties(): Plugin {
  return {
    name: 'chalkgrad:style-properties',
    enforce: 'pre',
    transform: {
      filter: { id: /\/apps\/(labs|components|shell)\/.*\.ts$/, code: /from 'lit'/ },
      handler(code) {
        const text = styleProperties(code);
        return text === code ? null : { code: text, map: null };
      },
    },
  };
}
