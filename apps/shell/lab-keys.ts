/** The keys of a lab: Space plays and pauses, → steps, R starts over; only inside the lab, and never in a field. */

export type KeyWish = 'toggle' | 'step' | 'reset';

const keys: Readonly<Record<string, KeyWish>> = { ' ': 'toggle', ArrowRight: 'step', r: 'reset', R: 'reset' };
const fields = 'input, select, textarea, [contenteditable], [role=slider], [role=grid], [role=textbox], [role=application]';
/** What Space presses. */
const pressed = 'button, a, summary, label, [role=button], [role=tab], [role=checkbox], [role=option]';
/** Within these, arrow keys move about. */
const arrows = '[role=tablist], [role=listbox], [role=radiogroup], [role=menu], canvas, [tabindex="0"]';

/** @returns what the reader wants of the run, or undefined where the key belongs to the focused element */
export function labKey(event: KeyboardEvent): KeyWish | undefined {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const wish = keys[event.key];
  if (!wish) return undefined;
  const target = event.composedPath()[0];
  if (!(target instanceof Element)) return undefined;
  if (target.closest(fields)) return undefined;
  if (wish === 'toggle' && target.closest(pressed)) return undefined;
  if (wish === 'step' && target.closest(arrows)) return undefined;
  return wish;
}
