import { host } from '../../apps/runtime/host.ts';
import { environment, experiment, faults } from '../unit/apps/demo-experiment.ts';

// Faults are chosen by the address of the worker: `?loseAt=8&losses=1`.
for (const [key, value] of new URL(self.location.href).searchParams) Object.assign(faults, { [key]: Number(value) });
host(experiment, () => environment, self);
