/**
 * The far side of a worker that serves every lab of a page: labs come and go as ports, and all compute on one kind of device, so that
 * a page with many labs has one worker and one pool of threads, and one device but where a large run asked for a faster one.
 */

import type { Environment } from './environment.ts';
import type { AnyExperiment } from './experiment.ts';
import { host } from './host.ts';
import type { Port, ToClient } from './protocol.ts';
import { serializeError } from './serialize-error.ts';

/** What a page sends with a port: the lab that shall answer there. */
export interface OpenMessage {
  readonly type: 'open';
  readonly lab: string;
}

/** Loads the module of a lab's experiment. */
export type ExperimentLoader = () => Promise<{ readonly experiment: AnyExperiment }>;

/**
 * @param labs what the worker serves, by id
 * @param scope the worker's own
 */
export function serveLabs(
  labs: Readonly<Record<string, ExperimentLoader>>,
  environment: (dataUrl: string) => Environment,
  scope: Port,
): void {
  scope.addEventListener('message', async ({ data, ports: [port] }: MessageEvent<OpenMessage>) => {
    if (data.type !== 'open' || !port) return;
    port.start();
    const tell = (message: ToClient) => port.postMessage(message);
    try {
      if (!Object.hasOwn(labs, data.lab)) throw new Error(`there is no lab '${data.lab}' here`);
      const { experiment } = await (labs[data.lab] as ExperimentLoader)();
      host(experiment, environment, port);
    } catch (error) {
      tell({ type: 'unavailable', error: serializeError(error) });
    }
  });
  scope.postMessage({ type: 'ready' } satisfies ToClient);
}
