/** What experiments stand on in Node: the repository's data packs and the engine's device. */

import { cachedSource } from '../../engine/data/source.ts';
import { folderSource } from '../../engine/data/source-node.ts';
import { fileStore } from '../../engine/device/tuning/file-store-node.ts';
import { attendEngine, openEngine } from './engine-device.ts';
import type { Environment } from './environment.ts';

/** @param folder the folder that `npm run data` fills with packs */
export function nodeEnvironment(folder = 'data/packs'): Environment {
  const open: Environment['open'] = (preference, tune, large) => openEngine(preference, tune, large, fileStore());
  return { data: cachedSource(folderSource(folder)), open, attend: attendEngine };
}
