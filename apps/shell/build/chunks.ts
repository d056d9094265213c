/**
 * Which modules of the built site lie in one file. What all labs share is loaded by each of them, so it is one file for the page and one for the
 * worker: few requests, and compression finds what repeats. The rest is left to the bundler, which puts together what the same labs need.
 */
import { join } from 'node:path';
import type { Rolldown } from 'vite';
import type { LabFolders } from './lab-folders.ts';

/** What the bundler knows of a module while it forms chunks. */
interface Graph {
  getModuleInfo(id: string): { readonly importedIds: readonly string[] } | null;
}

/** A file of what so large a share of the labs needs is loaded by each of them. */
const MOST = 0.8;

/** Modules that are loaded with this one. */
function reach(graph: Graph, from: string): ReadonlySet<string> {
  const reached = new Set<string>();
  const todo = [from];
  for (let id = todo.pop(); id !== undefined; id = todo.pop()) {
    if (reached.has(id)) continue;
    reached.add(id);
    todo.push(...(graph.getModuleInfo(id)?.importedIds ?? []));
  }
  return reached;
}

/**
 * No file waits for another that waits for it: whatever a module of a group imports is in the same group, or in one that is loaded before.
 * @param worker module of the worker that serves all labs: it opens the device before it loads a lab's experiment
 */
export function sharedChunks(folders: LabFolders, worker: string): Rolldown.CodeSplittingOptions {
  type Uses = {
    readonly pages: readonly ReadonlySet<string>[];
    readonly device: ReadonlySet<string>;
    readonly runs: ReadonlySet<string>;
  };
  let known: Uses | undefined;
  /** Whether every page of a lab loads a module, or any; whether the worker does before it knows its lab; whether any run does. */
  const uses = (id: string, graph: Graph) => {
    known ??= {
      pages: [...folders.values()].map((folder) => reach(graph, join(folder, 'element.ts'))),
      device: reach(graph, worker),
      runs: new Set([...folders.values()].flatMap((folder) => [...reach(graph, join(folder, 'experiment.ts'))])),
    };
    const { pages, device, runs } = known;
    const held = device.has(id);
    return {
      everyPage: pages.every((page) => page.has(id)),
      anyPage: pages.some((page) => page.has(id)),
      mostPages: pages.filter((page) => page.has(id)).length >= MOST * pages.length,
      device: held,
      run: held || runs.has(id),
    };
  };
  type Use = ReturnType<typeof uses>;
  const named = (name: string, is: (use: Use) => boolean) => (id: string, graph: Graph) =>
    id !== worker && /\/(engine|shaders|apps|node_modules)\/|vite\/preload-helper/.test(id) && is(uses(id, graph)) ? name : null;
  /** Two entries of each lab run its experiment: in the worker, and in the page where there is no worker. */
  const all = 2 * folders.size;
  return {
    includeDependenciesRecursively: false,
    groups: [
      // Programs are alike: side by side they compress best.
      {
        name: (id, graph) => (/\/shaders\//.test(id) ? named('shaders', ({ anyPage }) => !anyPage)(id, graph) : null),
        minShareCount: Math.ceil(MOST * all),
        priority: 6,
      },
      // Nothing of the page, which a worker could not even load, beside what both need.
      { name: named('common', ({ everyPage, run }) => everyPage && run), priority: 5 },
      { name: named('frame', ({ everyPage, run }) => everyPage && !run), priority: 4 },
      { name: named('figures', ({ mostPages, run }) => mostPages && !run), priority: 3 },
      { name: named('device', ({ anyPage, device }) => !anyPage && device), priority: 2 },
      { name: named('engine', ({ anyPage }) => !anyPage), minShareCount: all, priority: 1 },
      { name: named('training', ({ anyPage }) => !anyPage), minShareCount: Math.ceil(MOST * all) },
    ],
  };
}
