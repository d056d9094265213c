/** The component gallery: every element with data, its documentation, and the events it fires. */

import { docs } from 'virtual:element-docs';
import { html, nothing, render, type TemplateResult } from 'lit';
import '../components/attribution-gallery/element.ts';
import '../components/chart/element.ts';
import '../components/checkpoint-bar/element.ts';
import '../components/confusion-matrix/element.ts';
import '../components/dataset-picker/element.ts';
import '../components/digit-pad/element.ts';
import '../components/export-menu/element.ts';
import '../components/heat-map/element.ts';
import '../components/image-grid/element.ts';
import '../components/image-picker/element.ts';
import '../components/image-strips/element.ts';
import '../components/math-card/element.ts';
import '../components/network-editor/element.ts';
import '../components/network-source/element.ts';
import '../components/result-table/element.ts';
import '../components/runs-table/element.ts';
import '../components/scatter-plot/element.ts';
import '../components/tensor-view/element.ts';
import { cardDemo } from './card-demo.ts';
import { demos } from './demos.ts';
import type { Documented, ElementDoc } from './manifest.ts';

const all: Record<string, () => TemplateResult> = { ...demos, 'chalk-math-card': cardDemo };

/** The little Markdown that JSDoc uses: `code`, *emphasis* and {@link Name}. */
function inline(text: string) {
  return text.split(/(`[^`]+`|\*[^*\s][^*]*\*|\{@link \w+\})/).map((part) => {
    if (part.startsWith('`')) return html`<code>${part.slice(1, -1)}</code>`;
    if (part.startsWith('{@link')) return html`<code>${part.slice(7, -1)}</code>`;
    return /^\*\S.*\*$/s.test(part) ? html`<em>${part.slice(1, -1)}</em>` : part;
  });
}

function table(caption: string, rows: readonly Documented[]) {
  if (rows.length === 0) return nothing;
  return html`<table>
    <caption>${caption}</caption>
    <tbody>
      ${rows.map(
        (row) => html`<tr>
          <th scope="row"><code>${row.name || '(default)'}</code></th>
          <td><code>${row.type?.text ?? ''}</code></td>
          <td>${inline(row.description ?? '')}</td>
        </tr>`,
      )}
    </tbody>
  </table>`;
}

/** Writes the events of a demonstration below it. */
function log(event: Event): void {
  const section = (event.currentTarget as Element).closest('section');
  const line = section?.querySelector('.log');
  const text = JSON.stringify((event as CustomEvent).detail, (_, value) =>
    ArrayBuffer.isView(value) ? `${value.constructor.name}(${value.byteLength})` : value,
  );
  if (line) line.textContent = `${event.type} ${text.slice(0, 200)}`;
}

function section(doc: ElementDoc, demo: () => TemplateResult) {
  return html`<section id=${doc.tagName} aria-labelledby="h-${doc.tagName}">
    <h2 id="h-${doc.tagName}">${doc.tagName}</h2>
    <p>${inline(doc.description)}</p>
    <div class="demo">${demo()}</div>
    <p class="log"></p>
    <details>
      <summary>Interface of ${doc.tagName}</summary>
      <div class="api">
        ${table('Attributes', doc.attributes)} ${table('Properties', doc.properties)} ${table('Events', doc.events)}
        ${table('Slots', doc.slots)} ${table('Parts', doc.cssParts)} ${table('Custom properties', doc.cssProperties)}
      </div>
    </details>
  </section>`;
}

const main = document.querySelector('#gallery') as HTMLElement;
const shown = docs.filter((doc) => all[doc.tagName]);
render(
  shown.map((doc) => section(doc, all[doc.tagName] as () => TemplateResult)),
  main,
);
for (const doc of shown) {
  const demo = main.querySelector(`#${doc.tagName} .demo`);
  for (const event of doc.events) demo?.addEventListener(event.name, log);
}
