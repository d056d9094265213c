/**
 * Vite plugin: makes page, element and the module for other pages of each lab from its own files, and the worker that serves all of them.
 * Nothing is written to disk; the modules have the addresses they would have in the lab's folder (`/labs/regression/index.html`,
 * `./element.ts`). A build also gets `embed/<lab>.js`, which shares its parts with the pages.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Plugin } from 'vite';
import { nextLab } from '../../labs/guide.ts';
import { checkParameterTerms } from '../../math/build/check-parameters.ts';
import type { MathCard } from '../../math/card.ts';
import type { AnyDefinition } from '../../runtime/experiment.ts';
import { splitRecording } from '../../runtime/recording.ts';
import { importAlone } from './import-alone.ts';
import { factsOf } from './lab-facts.ts';
import { type LabFolders, labFolders } from './lab-folders.ts';
import { type LabSources, labModules, workerModule } from './lab-modules.ts';
import { labPage, type PageWords } from './lab-page.ts';

export interface LabsOptions {
  /** Of the repository. */
  readonly root: string;
  /** Default: every folder of `apps/labs` with a `schema.ts`. */
  readonly folders?: LabFolders;
}

const PAGE = 'index.html';
/** Where the worker lies, as if it were a file beside the labs. */
const WORKER = 'labs/lab-worker.ts';
/** What the home page imports. */
const FACTS = 'virtual:lab-facts';
/** How the file of a recording's numbers is named, before the lab. */
export const STORY = 'story';
const clean = (id: string): string => id.replace(/[?#].*$/, '');

/** What stands on the page; checks that the parameters and the terms of the cards are each other's. */
async function wordsOf(root: string, folder: string): Promise<PageWords> {
  const [schema, cards] = [join(folder, 'schema.ts'), join(folder, 'cards.ts')];
  const { module } = await importAlone<{ definition?: AnyDefinition }>(schema, root);
  const { definition } = module;
  if (!definition) throw new Error(`${schema} exports no 'definition'`);
  const found = existsSync(cards) ? await importAlone<{ cards?: readonly MathCard[] }>(cards, root) : undefined;
  checkParameterTerms(definition.id, definition.schema, found?.module.cards ?? []);
  return definition;
}

/** What a page of a lab links to as plain text, by the address below the lab's folder. */
function textsOf(folder: string): ReadonlyMap<string, string> {
  const readme = join(folder, 'README.md');
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .sort();
  const source = files
    .map((file) => `// ── ${basename(folder)}/${file} ──\n\n${readFileSync(join(folder, file), 'utf8')}`)
    .join('\n\n');
  return new Map([
    ['source.txt', source],
    ...(existsSync(readme) ? ([['findings.txt', readFileSync(readme, 'utf8')]] as const) : []),
  ]);
}

/** Where the source lives, as `package.json` names it; undefined where it names nothing that a browser opens. */
export function repositoryOf(packageJson: string): string | undefined {
  const { repository } = JSON.parse(packageJson) as { repository?: string | { url?: string } };
  const address = (typeof repository === 'string' ? repository : (repository?.url ?? '')).replace(/^git\+|\.git$/g, '');
  return /^https:\/\//.test(address) ? address : undefined;
}

export function labs({ root, folders = labFolders(root) }: LabsOptions): Plugin {
  const idOf = new Map([...folders].map(([id, folder]) => [folder, id]));
  /** The lab and the name of one of its files that only the build knows. */
  const made = (path: string): { id: string; folder: string; name: string } | undefined => {
    const [folder, name] = [dirname(path), basename(path)];
    const id = idOf.get(folder);
    if (id === undefined || !(name === PAGE || Object.hasOwn(labModules, name)) || existsSync(path)) return undefined;
    return { id, folder, name };
  };
  /** In a build nothing changes meanwhile. */
  const known = new Map<string, Promise<PageWords>>();
  const wordsOfLab = (folder: string): Promise<PageWords> => {
    const words = (building && known.get(folder)) || wordsOf(root, folder);
    known.set(folder, words);
    return words;
  };
  const wordsOnPage = async (id: string, folder: string): Promise<PageWords> => {
    const next = nextLab(id, [...folders.keys()]);
    const after = next === undefined ? undefined : await wordsOfLab(folders.get(next) as string);
    // A site of one lab need not be a package.
    const about = join(root, 'package.json');
    const repository = existsSync(about) ? repositoryOf(readFileSync(about, 'utf8')) : undefined;
    return { ...(await wordsOfLab(folder)), next: after, findings: textsOf(folder).has('findings.txt'), repository };
  };
  let appRoot = join(root, 'apps');
  let building = false;
  /** In a build: the names under which the bundler knows the worker, and the files of each recording, until they have an address. */
  let worker = '';
  const recordings = new Map<string, LabSources['recording']>();
  const address = (name: string) => `import.meta.ROLLUP_FILE_URL_${name}`;
  return {
    name: 'chalkgrad:labs',
    enforce: 'pre',
    configResolved(config) {
      appRoot = config.root;
      building = config.command === 'build';
    },
    buildStart() {
      if (!building || folders.size === 0) return;
      worker = this.emitFile({ type: 'chunk', id: join(appRoot, WORKER), name: 'lab-worker' });
      for (const [id, folder] of folders) {
        const module = { id: join(folder, 'embed.ts'), fileName: `embed/${id}.js` };
        this.emitFile({ type: 'chunk', preserveSignature: 'strict', ...module });
        const recording = join(folder, 'recording.json');
        if (!existsSync(recording)) continue;
        const { story, pictures } = splitRecording(readFileSync(recording, 'utf8'));
        const json = (name: string, source: string) =>
          address(this.emitFile({ type: 'asset', name: `${name}-${id}.json`, source }));
        recordings.set(id, { story: json(STORY, story), pictures: pictures === '[]' ? undefined : json('pictures', pictures) });
      }
    },
    generateBundle() {
      const text = (fileName: string, source: string) => this.emitFile({ type: 'asset', fileName, source });
      for (const [id, folder] of folders) for (const [name, source] of textsOf(folder)) text(`labs/${id}/${name}`, source);
      const licence = join(root, 'LICENSE');
      if (existsSync(licence)) text('licences/chalkgrad.txt', readFileSync(licence, 'utf8'));
    },
    resolveId(source, importer) {
      const query = source.slice(clean(source).length);
      const path = clean(source);
      if (source === FACTS) return `\0${FACTS}`;
      if ([path, join(appRoot, path)].includes(join(appRoot, WORKER))) return join(appRoot, WORKER) + query;
      const candidates =
        path.startsWith('.') && importer ? [resolve(dirname(clean(importer)), path)] : [path, join(appRoot, path)];
      const found = candidates.find((candidate) => made(candidate));
      return found === undefined ? null : found + query;
    },
    async load(id) {
      if (id === `\0${FACTS}`) {
        const facts = Object.fromEntries([...folders].map(([lab, folder]) => [lab, factsOf(folder)]));
        return `export const facts = ${JSON.stringify(facts)};`;
      }
      if (clean(id) === join(appRoot, WORKER)) return workerModule(root, folders);
      const found = made(clean(id));
      if (!found) return null;
      const { folder, name } = found;
      if (name === PAGE) return labPage(await wordsOnPage(found.id, folder));
      const from = building ? address(worker) : `new URL('/${WORKER}', location.origin).href`;
      return labModules[name]?.({ id: found.id, folder, root, worker: from, recording: recordings.get(found.id) }) ?? null;
    },
    configureServer(server) {
      server.middlewares.use(async (request, response, next) => {
        const path = decodeURIComponent(clean(request.url ?? '/'));
        const id = idOf.get(dirname(join(appRoot, path)));
        const text = id === undefined ? undefined : textsOf(folders.get(id) as string).get(basename(path));
        if (text !== undefined) {
          response.setHeader('Content-Type', 'text/plain; charset=utf-8');
          response.end(text);
          return;
        }
        const found = made(join(appRoot, path.endsWith('/') ? `${path}${PAGE}` : path));
        if (found?.name !== PAGE) return next();
        try {
          const html = await server.transformIndexHtml(
            `/labs/${found.id}/${PAGE}`,
            labPage(await wordsOnPage(found.id, found.folder)),
          );
          response.setHeader('Content-Type', 'text/html; charset=utf-8');
          for (const [header, value] of Object.entries(server.config.server.headers ?? {}))
            response.setHeader(header, String(value));
          response.end(html);
        } catch (error) {
          next(error);
        }
      });
    },
  };
}
