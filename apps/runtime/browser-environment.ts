/** What experiments stand on in a browser: the site's data packs and the engine's device. */
import { cachedSource, type DataSource, httpSource } from '../../engine/data/source.ts';
import { indexedDbStore } from '../../engine/device/tuning/indexeddb-store.ts';
import { attendEngine, engineKernels, loseEngine, openEngine } from './engine-device.ts';
import type { Environment } from './runner.ts';

const sources = new Map<string, DataSource>();

/** Phones get warm and slow down with all cores busy, and their browsers end pages that share much memory. */
function isPhone(): boolean {
  const agent = navigator as Navigator & { readonly userAgentData?: { readonly mobile: boolean } };
  return agent.userAgentData?.mobile ?? /iPhone|Android.*Mobile|Mobile.*Firefox/.test(navigator.userAgent);
}

/** @param dataUrl absolute address of the folder of packs, with a slash at its end */
export function browserEnvironment(dataUrl: string): Environment {
  let data = sources.get(dataUrl);
  if (!data) {
    data = cachedSource(httpSource(dataUrl));
    sources.set(dataUrl, data);
  }
  const threads = isPhone() ? 1 : undefined;
  const open: Environment['open'] = (preference, tune) => openEngine(preference, tune, indexedDbStore(), threads);
  return { data, open, attend: attendEngine, lose: loseEngine, kernels: engineKernels };
}
