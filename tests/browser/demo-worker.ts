import { host } from '../../apps/runtime/host.ts';
import { environment, experiment, faults } from '../unit/apps/demo-experiment.ts';

// Faults are chosen by the address of the worker: `?loseAt=8&losses=1`.
for (const [key, value] of new URL(self.location.href).searchParams) Object.assign(faults, { [key]: Number(value) });
// An error that no run catches: what running out of memory looks like from outside.
if (faults.crashAt > 0)
  setTimeout(() => {
    throw new Error('crashed on purpose');
  }, faults.crashAt);
host(experiment, () => environment, self);
