/** The network as a drawing: a slab for each layer, as high as its maps and as wide as it has channels, with shapes and parameters. */
import { html, nothing, svg, type TemplateResult } from 'lit';
import { formatCount, formatShape } from '../../components/shared/format.ts';

/** A layer as the drawing knows it. */
export interface DrawnLayer {
  readonly type: string;
  /** What it puts out: [height, width, channels] or [features]. */
  readonly shape: readonly number[];
  readonly parameters: number;
  /** Layers inside it. */
  readonly inside: readonly string[];
}

const [CELL, TALL, LINE] = [92, 96, 15];

/** Sides of a slab: logarithms, as sizes differ by factors of a thousand. */
function sides(shape: readonly number[]): readonly [width: number, height: number] {
  const scaled = (size: number, most: number) => Math.max(4, Math.min(1, Math.log2(size + 1) / 10) * most);
  const [height = 1, , channels = 1] = shape.length === 3 ? shape : [shape[0] ?? 1, 1, 1];
  return [shape.length === 3 ? scaled(channels, CELL - 24) : 10, scaled(height, TALL)];
}

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^(conv|linear|unet)/, 'learned'],
  [/^residual/, 'skip'],
  [/^(maxpool|avgpool|globalavgpool|flatten|upsample)/, 'shape'],
];
const kindOf = (type: string): string => KINDS.find(([of]) => of.test(type))?.[1] ?? 'plain';

const words = ({ type, shape, parameters, inside }: DrawnLayer): string =>
  `${type}${inside.length > 0 ? ` (${inside.join(', ')})` : ''}, puts out ${formatShape(shape)}, ${parameters === 0 ? 'no parameters' : `${formatCount(parameters)} parameters`}`;

/** @param input shape of a picture */
export function networkDiagram(input: readonly number[], layers: readonly DrawnLayer[]): TemplateResult | typeof nothing {
  if (layers.length === 0) return nothing;
  const all: readonly DrawnLayer[] = [{ type: 'input', shape: input, parameters: 0, inside: [] }, ...layers];
  const [width, height] = [CELL * all.length, TALL + 12 + 3 * LINE + 6];
  const total = layers.reduce((sum, { parameters }) => sum + parameters, 0);
  const middle = 6 + TALL / 2;
  const label = `The network, ${layers.length} layers, ${formatCount(total)} parameters. ${layers.map((layer, i) => `${i}: ${words(layer)}`).join('; ')}.`;
  return html`<section class="block"><h3>The network</h3>
    <div class="diagram" tabindex="0" role="group" aria-label="The network as a drawing">
      <svg viewBox=${`0 0 ${width} ${height}`} width=${width} height=${height} role="img" aria-label=${label}>
        ${all.map((layer, i) => {
          const [w, h] = sides(layer.shape);
          const [x, mid] = [CELL * i, CELL * i + CELL / 2];
          const text = (line: number, content: string, name = '') =>
            svg`<text class=${name} x=${mid} y=${TALL + 12 + LINE * line} text-anchor="middle">${content}</text>`;
          const next = all[i + 1];
          const arrow = next
            ? svg`<line x1=${mid + w / 2 + 2} x2=${x + CELL + CELL / 2 - sides(next.shape)[0] / 2 - 2} y1=${middle} y2=${middle}></line>`
            : nothing;
          const arc =
            kindOf(layer.type) === 'skip'
              ? svg`<path class="arc" d=${`M ${mid - CELL / 2} ${middle} C ${mid - CELL / 3} ${-TALL / 8}, ${mid + CELL / 3} ${-TALL / 8}, ${mid + CELL / 2} ${middle}`}></path>`
              : nothing;
          return svg`<g><title>${words(layer)}</title>${arrow}${arc}
            <rect class=${kindOf(layer.type)} x=${mid - w / 2} y=${middle - h / 2} width=${w} height=${h} rx="2"></rect>
            ${text(1, layer.type, 'type')}${text(2, formatShape(layer.shape))}${text(3, layer.parameters > 0 ? formatCount(layer.parameters) : '–', 'count')}</g>`;
        })}
      </svg>
    </div>
    <p class="facts">Heights and widths are logarithms of the maps’ sides and of the channels; below each layer its output, without the batch, and its parameters:
      ${formatCount(total)} in all.</p></section>`;
}
