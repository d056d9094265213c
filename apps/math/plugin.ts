import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Plugin, runnerImport } from 'vite';
import { buildCard } from './build/build-card.ts';
import { MathCardError } from './build/errors.ts';
import type { MathCard } from './card.ts';

export interface MathCardsOptions {
  /** Expands `// @unroll` loops, as the shader plugin does: the card shows what runs. */
  readonly unroll: (wgsl: string) => string;
  /** Folder from which a card's file paths start; default: the working directory. */
  readonly root?: string;
}

/**
 * Vite plugin of the math cards. `import { cards } from './cards.ts?math'` yields the built form of the `cards` that the module
 * exports: MathML and highlighted, term-marked sources, with no run-time library. A term without a partner in every pane stops
 * the build with a message that names card, term and file.
 */
export function mathCards(options: MathCardsOptions): Plugin {
  const root = options.root ?? process.cwd();
  return {
    name: 'chalkgrad-math-cards',
    enforce: 'pre',
    async resolveId(id, importer) {
      if (!id.endsWith('?math')) return null;
      const resolved = await this.resolve(id.slice(0, -'?math'.length), importer, { skipSelf: true });
      return resolved ? `${resolved.id}?math` : null;
    },
    async load(id) {
      if (!id.endsWith('?math')) return null;
      const file = id.slice(0, -'?math'.length);
      const { module, dependencies } = await runnerImport<{ cards?: readonly MathCard[] }>(file, { root, logLevel: 'error' });
      if (!module.cards) throw new MathCardError(file, "the module exports no 'cards'");
      this.addWatchFile(file);
      for (const dependency of dependencies) this.addWatchFile(resolve(root, dependency));
      const cards = module.cards.map((card) =>
        buildCard(card, {
          read: (path) => {
            this.addWatchFile(resolve(root, path));
            return readFileSync(resolve(root, path), 'utf8');
          },
          unroll: options.unroll,
        }),
      );
      // Parsing one JSON string is quicker for the browser than parsing a large object literal.
      return { code: `export const cards = JSON.parse(${JSON.stringify(JSON.stringify(cards))});`, map: null, moduleType: 'js' };
    },
  };
}
