import { css, html, type TemplateResult } from 'lit';
import type { ColorMap } from '../../shell/colors.ts';
import { formatNumber } from './format.ts';
import { styled } from './styled.ts';

const stops: Record<ColorMap, string> = {
  diverging: Array.from({ length: 11 }, (_, i) => `var(--chalk-div-${i})`).join(','),
  sequential: Array.from({ length: 9 }, (_, i) => `var(--chalk-seq-${i})`).join(','),
  gray: '#000000,#ffffff',
};

/** The scale of a colour map with its numbers; names the loud colour where values are not finite. */
export function colorLegend(map: ColorMap, limit: number, nonFinite = 0): TemplateResult {
  const low = map === 'diverging' ? -limit : 0;
  return html`<span class="legend">
    <span class="number">${formatNumber(low, 3)}</span>
    <span class="ramp" ${styled({ background: `linear-gradient(to right in srgb,${stops[map]})` })}></span>
    ${map === 'diverging' ? html`<span class="visually-hidden">through 0 to</span>` : html`<span class="visually-hidden">to</span>`}
    <span class="number">${formatNumber(limit, 3)}</span>
    ${nonFinite > 0 ? html`<span class="loud"><span class="loud-swatch"></span>${nonFinite} not finite</span>` : ''}
  </span>`;
}

export const legendStyles = css`
  .legend {
    display: inline-flex;
    flex-wrap: wrap;
    align-items: center;
    gap: var(--chalk-space-1);
    color: var(--chalk-ink-soft);
    font-size: var(--chalk-text-s);
  }
  .ramp {
    width: 6rem;
    height: 0.7rem;
    border: 1px solid var(--chalk-rule-strong);
    forced-color-adjust: none;
  }
  .loud {
    display: inline-flex;
    align-items: center;
    gap: var(--chalk-space-1);
    color: var(--chalk-error);
    font-weight: 600;
  }
  .loud-swatch {
    width: 0.8rem;
    height: 0.8rem;
    background: var(--chalk-nonfinite);
    forced-color-adjust: none;
  }
`;
