import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Plugin, runnerImport } from 'vite';
import { unroll } from '../../shaders/build/unroll.ts';
import { buildCard } from './build/build-card.ts';
import { MathCardError } from './build/errors.ts';
import { splitCard } from './build/split.ts';
import type { MathCard } from './card.ts';

const CARDS = '?math';
/** The same module's WGSL in full; the cards import it by themselves. */
const SOURCES = '?math-sources';

const queryOf = (id: string) => [CARDS, SOURCES].find((query) => id.endsWith(query));
/** Parsing one JSON string is quicker for the browser than parsing a large object literal. */
const json = (value: unknown) => `JSON.parse(${JSON.stringify(JSON.stringify(value))})`;
const emit = (code: string) => ({ code, map: null, moduleType: 'js' as const });

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
      const query = queryOf(id);
      if (!query) return null;
      const resolved = await this.resolve(id.slice(0, -query.length), importer, { skipSelf: true });
      return resolved ? `${resolved.id}${query}` : null;
    },
    async load(id) {
      const query = queryOf(id);
      if (!query) return null;
      const file = id.slice(0, -query.length);
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
      const list = (folder: string) => readdirSync(resolve(root, folder)).sort();
      const split = module.cards.map((card) => splitCard(buildCard(card, { read, unroll, list }), card.wgsl?.length ?? 0));
      if (query === SOURCES) return emit(`export const wgsl = ${json(split.map((one) => one.wgsl))};`);
      return emit(
        `export const cards = ${json(split.map((one) => one.card))};
        const sources = () => import(${JSON.stringify(`${file}${SOURCES}`)});
        cards.forEach((card, i) => { card.loadWgsl = async () => (await sources()).wgsl[i]; });`,
      );
    },
  };
}
