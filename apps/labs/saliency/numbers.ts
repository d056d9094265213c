/** What the run found in numbers: the background's part, the methods, and their curves. */
import { html, nothing, type TemplateResult } from 'lit';
import '../../components/chart/element.ts';
import '../../components/result-table/element.ts';
import { METHOD_NAMES, readsGradients, readsMaps } from '../../../engine/explain/method-names.ts';
import type { Looks } from '../../shell/chart-series.ts';
import { seriesOf } from '../../shell/chart-series.ts';
import { TEST_SCENES } from './schema.ts';

const NONE: readonly never[] = [];
/** Methods on maps are dashed, and what reads neither these nor gradients is dotted: there are more methods than colours. */
const CASCADE: Looks = Object.fromEntries(
  METHOD_NAMES.map((name) => [name, readsMaps(name) ? { dash: [6, 4] } : readsGradients(name) ? {} : { dash: [2, 3] }]),
);
const FORMATS = {
  accuracy: 'percent',
  'CAM on it': 'percent',
  'its area': 'percent',
  'answers it changes': 'percent',
  'outside the object': 'percent',
} as const;

export function renderNumbers(store: Parameters<typeof seriesOf>[0]): TemplateResult {
  const cascade = seriesOf(store, 'cascade', CASCADE);
  const training = seriesOf(store, 'training');
  return html`
    ${
      store.tables.has('background')
        ? html`<chalk-result-table label="Right for the wrong reason" .rows=${store.tables.get('background') ?? NONE} .formats=${FORMATS}><p>On
            ${TEST_SCENES} new scenes: accuracy; share of the mass of ReLU(CAM) of the predicted class that lies on the background,
            beside the background’s share of the area; share of the answers that the other background changes.</p></chalk-result-table>`
        : nothing
    }
    <chalk-result-table label="Methods, mean over the pictures" .rows=${store.tables.get('methods') ?? NONE} .formats=${FORMATS}></chalk-result-table>
    <div class="sides">
      ${
        cascade.length > 0
          ? html`<chalk-chart label="Layer after layer random, from the top" x-label="layers randomised" y-label="ρ with the trained map" height="220"
              .series=${cascade}>A map that explains the weights falls with them.</chalk-chart>`
          : nothing
      }
      ${
        training.length > 0
          ? html`<chalk-chart label="Training loss" x-label="step" y-label="cross-entropy" height="220" .series=${training}></chalk-chart>`
          : nothing
      }
    </div>`;
}
