/** What was fine-tuned on request, as part of what the run has told. */
import type { RunStore } from '../../runtime/store.ts';
import type { MaskTuning } from './experiment.ts';

type Told = ReturnType<MaskTuning['requests']['tune']>['told'];

export function takeTuned(store: RunStore<MaskTuning>, told: Told): void {
  for (const event of told) {
    // A network to take away: a run that goes on after a lost device begins where it was, not here.
    if (event.type === 'checkpoint') store.checkpoints.set(event.name, event);
    else store.apply([event]);
  }
}
