/** What the reader is asked, and what the run found. */
import { html } from 'lit';
import type { Finding, Prose } from '../../shell/lab-module.ts';
import type { Descent } from './experiment.ts';
import type { schema } from './schema.ts';

export const finding: Finding<typeof schema, Descent> = ({ ran, store }) =>
  store.result && `With η = ${ran.rate} the run ends at E = ${store.result.E.toPrecision(2)}.`;

export const prose: Prose<typeof schema, Descent> = (lab) => html`<h2>Down the valley</h2>
  <p>Each step multiplies x by 1 − 2η.
    <button @click=${() => lab.take({ rate: 1 }, 'This suggestion')}>Try η = 1</button></p>`;
