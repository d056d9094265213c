/** The bar of a lab whose runs give checkpoints: `checkpoint` events named as its `resumes` says, with `notes: { lab, config }` in the file. */
import { html, type TemplateResult } from 'lit';
import '../components/checkpoint-bar/element.ts';
import type { Contract } from '../runtime/contract.ts';
import type { AnyDefinition } from '../runtime/experiment.ts';
import type { ConfigOf, Schema } from '../runtime/schema.ts';
import { sameValue } from '../runtime/values.ts';
import type { LabElement } from './lab-element.ts';
import { settingsOfCheckpoint } from './settings-of-checkpoint.ts';

/**
 * Saves the latest checkpoint, loads one, and goes on from the one that the browser remembers.
 * @param note what is in the file
 * @param fixed a teacher keeps the reader from loading one
 * @param more given where only files of this lab will do: settings that a run may change when it goes on, such as more seeds
 */
export function checkpointBar<S extends Schema, C extends Contract>(
  lab: LabElement<S, C>,
  { id, schema, resumes = 'model' }: Pick<AnyDefinition, 'id' | 'schema' | 'resumes'>,
  note: string,
  fixed: boolean,
  more?: readonly (keyof S)[],
): TemplateResult {
  const checkpoint = lab.store.checkpoints.get(resumes);
  /** With the settings that it was made with; one already at its end is evaluated. */
  const load = (event: CustomEvent<{ bytes: Uint8Array }>) => {
    const { bytes } = event.detail;
    const settings = settingsOfCheckpoint(bytes, id) as Partial<ConfigOf<S>> | undefined;
    if (more && !settings) {
      // Refused: what is on the screen stays.
      event.preventDefault();
      return;
    }
    // Where the controls can go on from the file they stay as they are, with more seeds for example.
    const own = Object.entries(schema as Schema).every(
      ([key, p]) => p.live === 'live' || more?.includes(key) || sameValue(p, settings?.[key] ?? p.default, lab.config[key]),
    );
    if (lab.take(settings && !(more && own) ? settings : {}, 'This checkpoint')) lab.restart('play', { checkpoint: bytes });
  };
  return html`<chalk-checkpoint-bar key=${id} file-name=${id} ?no-load=${fixed}
    .checkpoint=${checkpoint ? { bytes: checkpoint.bytes, step: checkpoint.step, note: `${note}, step ${checkpoint.step}` } : null}
    @checkpoint-load=${load} @checkpoint-resume=${load}></chalk-checkpoint-bar>`;
}
