/** What experiments stand on in a browser: the site's data packs and the engine's device. */
import { cachedSource, type DataSource, httpSource } from '../../engine/data/source.ts';
import { indexedDbStore } from '../../engine/device/tuning/indexeddb-store.ts';
import { deviceWishes, type MachineHints } from './device-wishes.ts';
import { attendEngine, openEngine } from './engine-device.ts';
import type { Environment } from './environment.ts';

const sources = new Map<string, DataSource>();

/** @param dataUrl absolute address of the folder of packs, with a slash at its end */
export function browserEnvironment(dataUrl: string): Environment {
  let data = sources.get(dataUrl);
  if (!data) {
    data = cachedSource(httpSource(dataUrl));
    sources.set(dataUrl, data);
  }
  const wishes = deviceWishes(navigator as MachineHints);
  const open: Environment['open'] = (preference, tune, large) => openEngine(preference, tune, large, indexedDbStore(), wishes);
  return { data, open, attend: attendEngine };
}
