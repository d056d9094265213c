/** The bar of a lab whose runs give checkpoints: `checkpoint` events named 'model', with `notes: { lab, config }` in the file. */
import { html, type TemplateResult } from 'lit';
import '../components/checkpoint-bar/element.ts';
import { settingsOfCheckpoint } from '../runtime/checkpoint-settings.ts';
import type { Contract } from '../runtime/contract.ts';
import type { AnyDefinition } from '../runtime/experiment.ts';
import type { ConfigOf, Schema } from '../runtime/schema.ts';
import type { LabElement } from './lab-element.ts';

/**
 * Saves the latest checkpoint, loads one, and goes on from the one that the browser remembers.
 * @param note what is in the file
 * @param fixed a teacher keeps the reader from loading one
 */
export function checkpointBar<S extends Schema, C extends Contract>(
  lab: LabElement<S, C>,
  { id }: Pick<AnyDefinition, 'id'>,
  note: string,
  fixed: boolean,
): TemplateResult {
  const checkpoint = lab.store.checkpoints.get('model');
  /** With the settings that it was made with; one already at its end is evaluated. */
  const load = ({ detail: { bytes } }: CustomEvent<{ bytes: Uint8Array }>) => {
    const settings = settingsOfCheckpoint(bytes, id) as Partial<ConfigOf<S>> | undefined;
    if (lab.take(settings ?? {}, 'This checkpoint')) lab.restart('play', { checkpoint: bytes });
  };
  return html`<chalk-checkpoint-bar key=${id} file-name=${id} ?no-load=${fixed}
    .checkpoint=${checkpoint ? { bytes: checkpoint.bytes, step: checkpoint.step, note: `${note}, step ${checkpoint.step}` } : null}
    @checkpoint-load=${load} @checkpoint-resume=${load}></chalk-checkpoint-bar>`;
}
