/** The tensors and the verification results of a math card. */
import { html, nothing, type TemplateResult } from 'lit';
import type { BuiltCard, Verification } from '../../math/card.ts';
import type { TermRef } from '../../runtime/schema.ts';
import type { RanHere } from '../../shell/card-questions.ts';
import { formatNumber, unravel } from '../shared/format.ts';
import '../tensor-view/element.ts';
import type { TensorLayout } from '../tensor-view/tiles.ts';

/** A tensor of the running experiment, shown beside the equation. */
export interface LiveTensor {
  readonly name: string;
  /** The terms that it is, of one card or several. */
  readonly terms: readonly TermRef[];
  readonly symbol?: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
  readonly layout?: TensorLayout;
}

/** One tensor, framed where it is the selected term. */
export function liveTensor(tensor: LiveTensor, selected: TermRef): TemplateResult {
  return html`<div class="tensor ${tensor.terms.includes(selected) ? 'on' : ''}">
    <chalk-tensor-view
      name=${tensor.name}
      symbol=${tensor.symbol ?? ''}
      layout=${tensor.layout ?? ''}
      .shape=${tensor.shape}
      .data=${tensor.data}
      max-tiles="12"
      tile-size="40"
    ></chalk-tensor-view>
  </div>`;
}

/** The code that a run used for what a card shows. */
export interface RanOnCard {
  /** Index of the WGSL file that ran; undefined where none of the card's did. */
  readonly file: number | undefined;
  /** For the reader: variant and device. */
  readonly label: string;
}

const DEVICE_NAMES = { webgpu: 'WebGPU', wasm: 'WebAssembly', cpu: 'TypeScript' } as const;

/** Which of a card's WGSL files a run used; undefined where it used none of what the card shows. */
export function ranOnCard(card: BuiltCard, { device, kernels }: RanHere): RanOnCard | undefined {
  const where = device.kind === 'webgpu' ? `WebGPU, ${device.name}` : DEVICE_NAMES[device.kind];
  if (device.kind === 'cpu') return { file: undefined, label: 'this run used the TypeScript' };
  // A variant of several files shows the last of them that the card has.
  const at = card.wgsl.findLastIndex(({ file }) => kernels.some(({ files }) => files.includes(file)));
  if (at < 0) return undefined;
  // Several kernels may lie in one file, each in a variant of its own.
  const path = card.wgsl[at]?.file as string;
  const variants = new Set(kernels.flatMap(({ variant, files }) => (variant && files.includes(path) ? [variant] : [])));
  return { file: at, label: `${[...variants].join(', ')} on ${where}` };
}

/** Every comparison with its largest error and the element where that is. */
export function resultsTable(results: readonly Verification[]): TemplateResult {
  return html`<table>
    <thead>
      <tr>
        <th scope="col">comparison</th>
        <th scope="col">largest error</th>
        <th scope="col">worst element</th>
        <th scope="col">got</th>
        <th scope="col">expected</th>
      </tr>
    </thead>
    <tbody>
      ${results.map((r) => {
        if (r.skipped !== undefined)
          return html`<tr><th scope="row">– ${r.name}</th><td colspan="4">not compared: ${r.skipped}</td></tr>`;
        const pass = r.maxError <= r.tolerance;
        const at = r.shape ? unravel(r.worstIndex, r.shape) : [r.worstIndex];
        return html`<tr>
          <th scope="row"><span class=${pass ? 'pass' : 'fail'}>${pass ? '✓ equal' : '✗ differs'}</span> ${r.name}${r.ran ? html` <span class="ran">(${r.ran})</span>` : nothing}</th>
          <td class="number">${formatNumber(r.maxError, 3)} (≤ ${formatNumber(r.tolerance, 2)})</td>
          <td class="number">[${at.join(', ')}]</td>
          <td class="number">${formatNumber(r.got, 6)}</td>
          <td class="number">${formatNumber(r.expected, 6)}</td>
        </tr>`;
      })}
    </tbody>
  </table>`;
}
