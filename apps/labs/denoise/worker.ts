import { browserEnvironment } from '../../runtime/browser-environment.ts';
import { host } from '../../runtime/host.ts';
import { experiment } from './experiment.ts';

host(experiment, browserEnvironment, self);
