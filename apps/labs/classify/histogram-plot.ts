/** Histograms over time as ridges: one for each look, the earliest at the back. */
import { html, nothing, svg, type TemplateResult } from 'lit';
import { formatNumber } from '../../components/shared/format.ts';
import { BINS, type Histogram, type HistogramReport, spread } from './histograms.ts';

type Kind = 'weights' | 'gradients';

/** Ridges of a plot at most. */
const MOST = 12;
/** Sizes in the units of the drawing: a ridge's width and height, how far the next lies before it. */
const [WIDTH, HEIGHT, STEP] = [240, 42, 11];
/** Room for the stroke of the highest. */
const TOP = 3;

/** The outline of one histogram: density, so that wide and narrow ones are comparable, on a common scale of values. */
function outline({ limit, counts }: Histogram, widest: number, densest: number, base: number): string {
  const total = counts.reduce((a, b) => a + b, 0);
  const half = widest > 0 ? (WIDTH / 2) * (limit / widest) : 0;
  const at = (bin: number) => WIDTH / 2 + half * ((2 * (bin + 0.5)) / BINS - 1);
  const high = (count: number) => (densest > 0 && total > 0 ? (HEIGHT * density(count, total, limit)) / densest : 0);
  const points = [...counts].map((count, bin) => `${at(bin).toFixed(1)},${(base - high(count)).toFixed(1)}`);
  return `${(WIDTH / 2 - half).toFixed(1)},${base} ${points.join(' ')} ${(WIDTH / 2 + half).toFixed(1)},${base}`;
}

const density = (count: number, total: number, limit: number): number => (limit > 0 ? count / total / limit : 0);

function plot(reports: readonly HistogramReport[], path: string, kind: Kind): TemplateResult | typeof nothing {
  const shown = reports.flatMap(({ step, layers }) => {
    const layer = layers.find((one) => one.path === path);
    return layer ? [{ step, of: layer[kind] }] : [];
  });
  const [first, last] = [shown[0], shown.at(-1)];
  if (!first || !last) return nothing;
  const widest = Math.max(...shown.map(({ of }) => of.limit));
  const densest = Math.max(
    ...shown.map(({ of: { counts, limit } }) =>
      density(
        Math.max(...counts),
        counts.reduce((a, b) => a + b, 0),
        limit,
      ),
    ),
  );
  const height = HEIGHT + STEP * (shown.length - 1) + 22;
  const says = ({ step, of }: typeof first) =>
    `step ${step}: within ±${formatNumber(of.limit, 3)}, standard deviation ${formatNumber(of.deviation, 3)}`;
  const name = kind === 'weights' ? 'Weights' : 'Gradients of the weights';
  return html`<figure class="ridges ${kind}">
    <figcaption>${name}</figcaption>
    <svg viewBox=${`0 ${-TOP} ${WIDTH + 44} ${height + TOP}`} role="img" aria-label=${`${name} of layer ${path}. ${says(first)}; ${says(last)}.`}>
      ${shown.map(({ of, step }, i) => {
        const base = HEIGHT + STEP * i;
        return svg`<polygon points=${outline(of, widest, densest, base)}><title>${`step ${step}`}</title></polygon>`;
      })}
      ${svg`<line x1=${WIDTH / 2} x2=${WIDTH / 2} y1="0" y2=${height - 20}></line>`}
      ${[first, ...(shown.length > 1 ? [last] : [])].map(({ step }, i) => svg`<text x=${WIDTH + 4} y=${HEIGHT + (i === 0 ? 0 : STEP * (shown.length - 1))}>${step}</text>`)}
      ${svg`<text x="0" y=${height - 6}>−${formatNumber(widest, 2)}</text><text x=${WIDTH / 2} y=${height - 6} text-anchor="middle">0</text><text x=${WIDTH} y=${height - 6} text-anchor="end">${formatNumber(widest, 2)}</text>`}
    </svg>
    <p class="facts">${says(last)}</p>
  </figure>`;
}

/**
 * @param all one for each look at the network, in order
 * @param paths of all layers with weights, in order: the charts number them so
 */
export function histograms(all: readonly HistogramReport[], paths: readonly string[]): TemplateResult | typeof nothing {
  const reports = spread(all, MOST);
  const layers = reports.at(-1)?.layers ?? [];
  if (layers.length === 0) return nothing;
  return html`<section class="block"><h3>Weights and gradients over time</h3>
    <p class="facts">One ridge for each look, the first at the back, step numbers at the right; heights are densities. Gradients are those of the mean loss
      of the first training images.</p>
    ${layers.map(
      ({ path }) =>
        html`<h4>layer ${paths.indexOf(path) + 1}, module ${path} of the network</h4><div class="ridge-pair">${plot(reports, path, 'weights')}${plot(reports, path, 'gradients')}</div>`,
    )}</section>`;
}
