import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Plugin, runnerImport } from 'vite';
import { unroll } from '../../shaders/build/unroll.ts';
import { buildCard } from './build/build-card.ts';
import { MathCardError } from './build/errors.ts';
import type { MathCard } from './card.ts';

export interface MathCardsOptions {
  /** Root of the repository: a card's file paths start there. */
  readonly root: string;
}

/**
 * Vite plugin of the math cards. `import { cards } from './cards.ts?math'` yields the built form of the `cards` that the module
 * exports: MathML and highlighted, term-marked sources, with no run-time library. A term without a partner in every pane stops
 * the build with a message that names card, term and file.
 */
export function mathCards({ root }: MathCardsOptions): Plugin {
  return {
    name: 'chalkgrad:math',
    enforce: 'pre',
    async resolveId(id, importer) {
      if (!id.endsWith('?math')) return null;
      const resolved = await this.resolve(id.slice(0, -'?math'.length), importer, { skipSelf: true });
      return resolved ? `${resolved.id}?math` : null;
    },
    async load(id) {
      if (!id.endsWith('?math')) return null;
      const file = id.slice(0, -'?math'.length);
      const { module, dependencies } = await runnerImport<{ cards?: readonly MathCard[] }>(file, {
        root,
        configFile: false,
        logLevel: 'error',
      });
      if (!module.cards) throw new MathCardError(file, "the module exports no 'cards'");
      const read = (path: string) => {
        this.addWatchFile(resolve(root, path));
        return readFileSync(resolve(root, path), 'utf8');
      };
      this.addWatchFile(file);
      for (const dependency of dependencies) this.addWatchFile(resolve(root, dependency));
      const cards = module.cards.map((card) =>
        buildCard(card, { read, unroll, list: (folder) => readdirSync(resolve(root, folder)).sort() }),
      );
      // Parsing one JSON string is quicker for the browser than parsing a large object literal.
      return { code: `export const cards = JSON.parse(${JSON.stringify(JSON.stringify(cards))});`, map: null, moduleType: 'js' };
    },
  };
}
