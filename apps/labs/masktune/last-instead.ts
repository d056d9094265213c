/** What is said where another image is shown than was asked for. */
import { html, nothing } from 'lit';
import type { Look } from './look.ts';

/** An index beyond the set is its last image: said where that is what is shown. */
export function lastInstead(asked: number, look: Pick<Look, 'index' | 'set'> | undefined) {
  if (!look || look.index === asked) return nothing;
  return html`<p class="facts">The ${look.set} set of this run has no image ${asked}: its last, ${look.index}, is shown.</p>`;
}
