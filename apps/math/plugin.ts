import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Plugin } from 'vite';
import { readIncluded } from '../../shaders/build/read.ts';
import { unroll } from '../../shaders/build/unroll.ts';
import { importAlone } from '../shell/build/import-alone.ts';
import { buildCard } from './build/build-card.ts';
import { MathCardError } from './build/errors.ts';
import { type SplitCard, splitCard } from './build/split.ts';
import type { MathCard } from './card.ts';

const CARDS = '?math';
/** The WGSL of card n of the same module in full; the cards import it by themselves. */
const SOURCES = '?math-sources=';

const queryOf = (id: string) => /\?math(?:-sources=\d+)?$/.exec(id)?.[0];
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
  let building = false;
  /** In a build nothing changes meanwhile: the cards of a module are made once for all the files they are split into. */
  const made = new Map<string, Promise<SplitCard[]>>();
  return {
    name: 'chalkgrad:math',
    enforce: 'pre',
    configResolved(config) {
      building = config.command === 'build';
    },
    buildStart() {
      made.clear();
    },
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
      const making = (building ? made.get(file) : undefined) ?? splitCards(file, root, (path) => this.addWatchFile(path));
      made.set(file, making);
      const split = await making;
      if (query !== CARDS) return emit(`export const wgsl = ${json(split[Number(query.slice(SOURCES.length))]?.wgsl)};`);
      const imports = split.map((_, i) => `() => import(${JSON.stringify(`${file}${SOURCES}${i}`)})`);
      return emit(
        `export const cards = ${json(split.map((one) => one.card))};
        const sources = [${imports.join(', ')}];
        cards.forEach((card, i) => { card.loadWgsl = async () => (await sources[i]()).wgsl; });`,
      );
    },
  };
}

/** Builds the cards that a module exports, and tells which files they come from. */
async function splitCards(file: string, root: string, watch: (path: string) => void): Promise<SplitCard[]> {
  const { module, dependencies } = await importAlone<{ cards?: readonly MathCard[] }>(file, root);
  if (!module.cards) throw new MathCardError(file, "the module exports no 'cards'");
  for (const source of [file, ...dependencies]) watch(resolve(root, source));
  const read = (path: string) => {
    watch(resolve(root, path));
    if (!path.endsWith('.wgsl')) return readFileSync(resolve(root, path), 'utf8');
    const { text, files } = readIncluded(root, path);
    for (const file of files) watch(resolve(root, file));
    return text;
  };
  const list = (folder: string) => readdirSync(resolve(root, folder)).sort();
  return module.cards.map((card) => splitCard(buildCard(card, { read, unroll, list }), card.wgsl?.length ?? 0));
}
