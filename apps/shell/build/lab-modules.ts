/**
 * The modules that the build adds to a lab's own five files, as if they lay beside them: `element.ts` (defines the element), `worker.ts`
 * (runs the experiment), `engine.ts` (the same for the page's own thread) and `embed.ts` (the module for other pages).
 */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';

/** The site's pages fetch what they need when they need it; a module for other pages carries its worker inside. */
export type Door = 'site' | 'embed';

export interface LabSources {
  readonly id: string;
  readonly folder: string;
  /** Of the repository. */
  readonly root: string;
  readonly door: Door;
}

/** `failure-modes` → `FailureModesLab`: the name under which a module exports the lab's class. */
export const className = (id: string): string => `${id.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}Lab`;

function element({ id, folder, root, door }: LabSources): string {
  const has = (file: string) => existsSync(join(folder, file));
  const from = (path: string) => JSON.stringify(pathFrom(folder, join(root, 'apps', path)));
  // Beside a module for other pages lies its recording; its cards stay on the site.
  const recording =
    door === 'embed'
      ? `new URL(/* @vite-ignore */ ${JSON.stringify(`./${id}.recording.json`)}, import.meta.url).href`
      : 'recording';
  const parts = [
    'definition',
    'hosting: { worker: () => new LabWorker(), local: () => import("./engine.ts") }',
    ...(has('prose.ts') ? ['texts'] : []),
    ...(has('cards.ts') && door === 'site' ? ['cards: () => import("./cards.ts?math")'] : []),
    ...(has('recording.json') ? [`recording: ${recording}`] : []),
  ];
  return `import { defineLabElement } from ${from('shell/lab-module.ts')};
import { definition } from './schema.ts';
import { View } from './view.ts';
import LabWorker from './worker.ts?worker${door === 'embed' ? '&inline' : ''}';
${has('prose.ts') ? "import * as texts from './prose.ts';" : ''}
${has('recording.json') && door === 'site' ? "import recording from './recording.json?url&no-inline';" : ''}
export const Lab = defineLabElement(View, {
  ${parts.join(',\n  ')},
});
`;
}

/** The text of each module, by file name. */
export const labModules: Readonly<Record<string, (sources: LabSources) => string>> = {
  'element.ts': element,
  'worker.ts': ({ folder, root }) => `import { experiment } from './experiment.ts';
import { browserEnvironment } from ${JSON.stringify(pathFrom(folder, join(root, 'apps/runtime/browser-environment.ts')))};
import { host } from ${JSON.stringify(pathFrom(folder, join(root, 'apps/runtime/host.ts')))};
host(experiment, browserEnvironment, self);
`,
  'engine.ts': ({ folder, root }) => `export { experiment } from './experiment.ts';
export { browserEnvironment as environment } from ${JSON.stringify(pathFrom(folder, join(root, 'apps/runtime/browser-environment.ts')))};
`,
  'embed.ts': ({
    id,
    folder,
    root,
  }) => `import { widget } from ${JSON.stringify(pathFrom(folder, join(root, 'apps/embed/widget.ts')))};
export { Lab, Lab as ${className(id)} } from './element.ts';
export default widget('chalk-lab-${id}');
`,
};

function pathFrom(folder: string, file: string): string {
  const path = relative(folder, file).replaceAll('\\', '/');
  return path.startsWith('.') ? path : `./${path}`;
}
