/** What experiments stand on in Node: the repository's data packs and the engine's device. */

import { cachedSource } from '../../engine/data/source.ts';
import { folderSource } from '../../engine/data/source-node.ts';
import { loseEngine, openEngine } from './engine-device.ts';
import type { Environment } from './runner.ts';

/** @param folder the folder that `npm run data` fills with packs */
export function nodeEnvironment(folder = 'data/packs'): Environment {
  return { data: cachedSource(folderSource(folder)), open: openEngine, lose: loseEngine };
}
