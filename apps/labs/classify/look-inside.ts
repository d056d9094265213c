/** The inside of the network for one image: what each layer puts out, its weights, and the gradients of both. */
import { css, html, LitElement, nothing } from 'lit';
import '../../components/image-grid/element.ts';
import '../../components/tensor-view/element.ts';
import { chalkEvent, define } from '../../components/shared/define.ts';
import { formatNumber, formatShape } from '../../components/shared/format.ts';
import { baseStyles } from '../../shell/styles.ts';
import type { Inspection, LayerView, LookedAt } from './requests.ts';

/**
 * Shows what `inspect` answers, a layer at a time.
 *
 * @summary A layer's activations, weights and gradients for one image.
 * @element chalk-look-inside
 * @attr {boolean} locked - the layer cannot be chosen
 * @fires layer-select - the reader chose a layer; detail `{path}`
 */
export class ChalkLookInside extends LitElement {
  static override properties = {
    inspection: { attribute: false },
    classNames: { attribute: false },
    path: { type: String },
    locked: { type: Boolean },
  };
  static override styles = [
    baseStyles,
    css`
      :host {
        display: block;
        min-width: 0;
      }
      .layers {
        display: flex;
        gap: var(--chalk-space-1);
        padding-bottom: var(--chalk-space-2);
        overflow-x: auto;
      }
      .layers button {
        flex: none;
        font-size: var(--chalk-text-s);
      }
      .layers small {
        display: block;
        color: var(--chalk-ink-soft);
      }
      .image {
        display: flex;
        flex-wrap: wrap;
        gap: var(--chalk-space-3);
        align-items: center;
        margin-bottom: var(--chalk-space-3);
      }
      .image p {
        margin: 0;
      }
      .tensors {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 18rem), 1fr));
        gap: var(--chalk-space-4);
      }
      h4 {
        margin: 0 0 var(--chalk-space-1);
        font-size: var(--chalk-text-m);
      }
      .cut {
        color: var(--chalk-ink-soft);
        font-size: var(--chalk-text-s);
      }
    `,
  ];

  declare inspection: Inspection | null;
  declare classNames: readonly string[];
  /** Path of the layer that is shown. */
  declare path: string;
  declare locked: boolean;

  constructor() {
    super();
    this.inspection = null;
    this.classNames = [];
    this.path = '';
    this.locked = false;
  }

  #tensor(heading: string, symbol: string, of: LookedAt | null) {
    if (!of) return nothing;
    // Three axes are the height, width and channels of one image; four are a convolution's kernel.
    const shape = of.shape.length === 3 ? [1, ...of.shape] : of.shape;
    const layout = of.shape.length === 4 ? 'hwio' : of.shape.length === 3 ? 'nhwc' : 'matrix';
    return html`<div><h4>${heading}</h4>
      <chalk-tensor-view name=${heading} symbol=${symbol} layout=${layout} max-tiles="32" .shape=${shape} .data=${of.data}></chalk-tensor-view>
      ${of.cut ? html`<p class="cut">The first ${of.shape[0]} rows of many.</p>` : nothing}
    </div>`;
  }

  #layer({ activation, activationGradient, weight, weightGradient }: LayerView) {
    return html`<div class="tensors">
      ${this.#tensor('activation', 'a', activation)} ${this.#tensor('gradient of the activation', '∂L/∂a', activationGradient)}
      ${this.#tensor('weights', 'w', weight)} ${this.#tensor('gradient of the weights', '∂L/∂w', weightGradient)}
    </div>`;
  }

  protected override render() {
    const { inspection } = this;
    if (!inspection) {
      return html`<p>Choose an image behind a cell of the matrix, or draw a digit: its way through the network appears here.</p>`;
    }
    const { image, shape, label, prediction, probabilities, loss, layers } = inspection;
    const chosen = layers.find(({ path }) => path === this.path) ?? layers[0];
    const [height, width, channels] = shape;
    const name = (index: number) => this.classNames[index] ?? String(index);
    return html`
      <div class="image">
        <chalk-image-grid label="The image" scale="3" columns="1"
          .images=${{ data: image, count: 1, height, width, channels }}></chalk-image-grid>
        <p>predicted <strong>${name(prediction)}</strong> with probability ${formatNumber(probabilities[prediction] ?? 0, 3)};
          loss for ${name(label)}: ${formatNumber(loss)}</p>
      </div>
      <div class="layers" role="group" aria-label="Layers">
        ${layers.map(
          ({ path, type, activation }) => html`<button aria-pressed=${path === chosen?.path} ?disabled=${this.locked}
            @click=${() => this.#choose(path)}>${path} ${type}<small>${formatShape(activation.shape)}</small></button>`,
        )}
      </div>
      ${chosen ? this.#layer(chosen) : nothing}`;
  }

  #choose(path: string): void {
    this.path = path;
    this.dispatchEvent(chalkEvent('layer-select', { path }));
  }
}

define('chalk-look-inside', ChalkLookInside);

declare global {
  interface HTMLElementTagNameMap {
    'chalk-look-inside': ChalkLookInside;
  }
}
