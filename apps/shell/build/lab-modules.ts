/**
 * The modules that the build adds to a lab's own five files, as if they lay beside them: `element.ts` (defines the element), `engine.ts`
 * (runs the experiment in the page's own thread) and `embed.ts` (the module for other pages); and the one worker that serves all labs.
 */
import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { LabFolders } from './lab-folders.ts';

export interface LabSources {
  readonly id: string;
  readonly folder: string;
  /** Of the repository. */
  readonly root: string;
  /** An expression for the address of the worker that serves all labs. */
  readonly worker: string;
  /** Expressions for the addresses of the recording's two files; absent: it is one file, as it lies in the folder. */
  readonly recording?: { readonly story: string; readonly pictures?: string | undefined } | undefined;
}

/** `failure-modes` → `FailureModesLab`: the name under which a module exports the lab's class. */
export const className = (id: string): string => `${id.replace(/(?:^|-)(\w)/g, (_, letter: string) => letter.toUpperCase())}Lab`;

function element({ id, folder, root, worker, recording }: LabSources): string {
  const has = (file: string) => existsSync(join(folder, file));
  const from = (path: string) => JSON.stringify(pathFrom(folder, join(root, 'apps', path)));
  const parts = [
    'definition',
    `hosting: {
    worker: () => workerFrom(address),
    lab: { id: ${JSON.stringify(id)}, address },
    local: () => import("./engine.ts"),
  }`,
    ...(has('prose.ts') ? ['texts'] : []),
    ...(has('cards.ts') ? ['cards: () => import("./cards.ts?math")'] : []),
    ...(recording
      ? [`recording: ${recording.story}`, ...(recording.pictures ? [`pictures: ${recording.pictures}`] : [])]
      : has('recording.json')
        ? ['recording']
        : []),
  ];
  return `import { workerFrom } from ${from('runtime/open-port.ts')};
import { defineLabElement } from ${from('shell/lab-module.ts')};
import { definition } from './schema.ts';
import { View } from './view.ts';
${has('prose.ts') ? "import * as texts from './prose.ts';" : ''}
${has('recording.json') && !recording ? "import recording from './recording.json?url&no-inline';" : ''}
const address = ${worker};
export const Lab = defineLabElement(View, {
  ${parts.join(',\n  ')},
});
`;
}

/** The text of each module, by file name. */
export const labModules: Readonly<Record<string, (sources: LabSources) => string>> = {
  'element.ts': element,
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

/** The worker of a page: each lab's experiment, loaded when a lab asks for it. */
export function workerModule(root: string, folders: LabFolders): string {
  const runtime = (file: string) => JSON.stringify(join(root, 'apps/runtime', file).replaceAll('\\', '/'));
  const labs = [...folders].map(
    ([id, folder]) =>
      `  ${JSON.stringify(id)}: () => import(${JSON.stringify(join(folder, 'experiment.ts').replaceAll('\\', '/'))}),`,
  );
  return `import { browserEnvironment } from ${runtime('browser-environment.ts')};
import { serveLabs } from ${runtime('serve-labs.ts')};
serveLabs({
${labs.join('\n')}
}, browserEnvironment, self);
`;
}

function pathFrom(folder: string, file: string): string {
  const path = relative(folder, file).replaceAll('\\', '/');
  return path.startsWith('.') ? path : `./${path}`;
}
