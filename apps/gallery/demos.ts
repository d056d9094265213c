/** One demonstration per element, with data. */
import { html, type TemplateResult } from 'lit';
import type { NetworkDefinition } from '../../engine/nn/definition.ts';
import { bestIndex, smooth } from '../components/chart/smoothing.ts';
import type { NetworkValidator } from '../components/network-editor/element.ts';
import type { Run } from '../components/runs-table/runs.ts';
import { clouds, confusion, field, lossCurve, normals, shapes } from './samples.ts';

const train = lossCurve(400, 0.08, 0.02, 0.4, 1);
const validation = {
  x: train.x.filter((_, i) => i % 10 === 0),
  y: train.x.flatMap((_, i) => (i % 10 === 0 ? [0.18 + 2 * Math.exp(-0.025 * i) + i * 3e-4] : [])),
};
const best = bestIndex(validation.y, 'min');
const dense = Array.from({ length: 101 }, (_, i) => i / 100);
const targets = [0.15, -0.16, -0.61, -0.86, -1.02, -0.44, 0.16, 0.05, 0.45, 1.39, 0.86];
const fit = dense.map((x) => Math.sin(6.5 * x + 3.2) * (0.6 + 0.6 * x));
const pictures = shapes(60, 3);
const strip = shapes(12, 3).images;
const noise = normals(12 * 784, 21, 60);
const noisyStrip = {
  ...strip,
  data: Uint8Array.from(strip.data, (value, i) => Math.min(255, Math.max(0, value + (noise[i] as number)))),
};
const attributions = ['saliency', 'integrated gradients', 'noise'].map((title, n) => ({
  id: title.split(' ')[0] as string,
  title,
  values: normals(784, 30 + n, 0.1 * (n + 1)).map((v, i) => v * (n === 2 ? 1 : (pictures.images.data[i] as number) / 255)),
  width: 28,
  image: pictures.images,
}));
const points = clouds(10_000, 5);
const pointPictures = shapes(10_000, 6).images;
const digits = Array.from({ length: 10 }, (_, i) => String(i));

const network: NetworkDefinition = [
  { type: 'conv2d', out: 32, kernel: 3 },
  { type: 'relu' },
  { type: 'maxpool2d', kernel: 2 },
  { type: 'flatten' },
  { type: 'linear', in: 5400, out: 64 },
  { type: 'residual', layers: [{ type: 'linear', out: 64 }, { type: 'relu' }, { type: 'dropout', p: 0.5 }] },
  { type: 'linear', out: 10 },
];

/** The engine's validator, fetched when the editor asks for the first time. */
const validate: NetworkValidator = async (definition, inputShape) =>
  (await import('../../engine/nn/validate.ts')).validateNetwork(definition, inputShape);

const runs: Run[] = [
  {
    id: 'a',
    label: 'no decay',
    config: { decay: 0, rate: 0.01, hidden: 10, dropout: false },
    metrics: { 'train loss': 0.00004, roughness: 66.2 },
    shown: true,
  },
  {
    id: 'b',
    label: 'λ = 0.001',
    config: { decay: 0.001, rate: 0.01, hidden: 10, dropout: false },
    metrics: { 'train loss': 0.0493, roughness: 11.5 },
    shown: true,
  },
  {
    id: 'c',
    label: 'dropout',
    config: { decay: 0, rate: 0.01, hidden: 10, dropout: true },
    metrics: { 'train loss': 0.054, roughness: 19 },
    shown: false,
    running: true,
  },
];

export const demos: Record<string, () => TemplateResult> = {
  'chalk-chart': () => html`
    <chalk-chart
      label="Loss"
      x-label="step"
      y-label="cross-entropy"
      smoothing="0.9"
      sync-key="gallery"
      .series=${[
        { id: 'train', label: 'training', color: 'model', ...train },
        { id: 'validation', label: 'validation', color: 'data', dash: [6, 4], smooth: false, ...validation },
      ]}
      .markers=${[{ x: validation.x[best], y: validation.y[best], label: 'best', color: 'data' }]}
      .lines=${[{ y: 1.461, label: 'floor of a double softmax, 1.461' }]}
    ></chalk-chart>
    <chalk-chart
      label="Fit"
      x-label="x"
      y-label="t"
      sync-key="gallery"
      .series=${[
        { id: 'model', label: 'mean of the network', color: 'model', x: dense, y: fit },
        { id: 'data', label: 'points', color: 'data', draw: 'points', x: targets.map((_, i) => i / 10), y: targets },
      ]}
      .bands=${[{ id: 'mc', label: 'Monte Carlo dropout, mean ± std', color: 'model', x: dense, low: fit.map((y) => y - 0.25), high: fit.map((y) => y + 0.25) }]}
    ></chalk-chart>
    <chalk-chart
      label="Gradient norms"
      x-label="step"
      y-scale="log"
      .series=${[1, 2, 3, 4].map((layer) => ({
        id: `l${layer}`,
        label: `layer ${layer}`,
        x: train.x,
        y: smooth(train.y, 0.8).map((y) => y * 10 ** (layer - 4)),
      }))}
    ></chalk-chart>
    <chalk-chart label="Nothing yet" x-label="step" height="120"></chalk-chart>
  `,
  'chalk-image-grid': () => html`
    <chalk-image-grid
      class="wide"
      label="Shapes"
      .images=${pictures.images}
      .labels=${Array.from(pictures.labels, (label) => ['ring', 'bar', 'cross'][label] as string)}
      .marks=${Array.from(pictures.labels, (_, i) => (i % 11 === 3 ? 'error' : undefined))}
      selected="7"
    ></chalk-image-grid>
    <chalk-image-grid
      label="Signed pictures"
      scale="4"
      columns="6"
      .images=${{ data: normals(6 * 64, 4), count: 6, width: 8, height: 8, channels: 1, map: 'diverging' }}
    ></chalk-image-grid>
  `,
  'chalk-image-picker': () => html`<chalk-image-picker
    class="wide"
    .sources=${[
      { kind: 'pictures', id: 'shapes', title: 'shapes', images: strip },
      { kind: 'draw', id: 'draw', title: 'draw' },
      { kind: 'own', id: 'own', title: 'my own' },
    ]}
  ></chalk-image-picker>`,
  'chalk-image-strips': () => html`<chalk-image-strips
    class="wide"
    label="Shapes"
    .strips=${[
      { label: 'clean', images: strip },
      { label: 'noisy', images: noisyStrip },
      { label: 'thresholded', images: null, heading: 'to come' },
    ]}
  ></chalk-image-strips>`,
  'chalk-heat-map': () => html`
    <chalk-heat-map label="Attribution" columns="16" .values=${field(12, 16)} size="320"></chalk-heat-map>
    <chalk-heat-map label="Class map" columns="7" map="sequential" fade smooth .values=${field(7, 7).map((v) => Math.max(0, Number.isFinite(v) ? v : 0))} .image=${pictures.images} size="280"></chalk-heat-map>
  `,
  'chalk-attribution-gallery': () => html`<chalk-attribution-gallery class="wide" label="Two methods" .maps=${attributions}>
    <p slot="caption-saliency">Large everywhere on the shape.</p>
  </chalk-attribution-gallery>`,
  'chalk-tensor-view': () => html`
    <chalk-tensor-view name="conv1.weight" symbol="W" layout="hwio" .shape=${[3, 3, 1, 16]} .data=${normals(144, 8, 0.2)}></chalk-tensor-view>
    <chalk-tensor-view name="relu1" .shape=${[2, 13, 13, 8]} .data=${normals(2 * 169 * 8, 9).map((v) => Math.max(0, v))}></chalk-tensor-view>
    <chalk-tensor-view name="linear.weight" symbol="W" .shape=${[10, 20]} .data=${normals(200, 10)}></chalk-tensor-view>
    <chalk-tensor-view name="linear.bias" symbol="b" .shape=${[10]} .data=${normals(10, 11)}></chalk-tensor-view>
  `,
  'chalk-confusion-matrix': () => html`
    <chalk-confusion-matrix
      label="Clean model"
      .matrix=${confusion([5], 1)}
      .other=${confusion([4, 7], 2)}
      other-label="tainted"
      .selected=${{ truth: 5, predicted: 0 }}
      .cellImages=${{ ...shapes(8, 12).images }}
    ></chalk-confusion-matrix>
    <chalk-confusion-matrix label="Difference" mode="difference" .matrix=${confusion([5], 1)} .other=${confusion([4, 7], 2)} other-label="tainted"></chalk-confusion-matrix>
  `,
  'chalk-scatter-plot': () => html`
    <chalk-scatter-plot label="Ten thousand points" .x=${points.x} .y=${points.y} .labels=${points.labels} .predicted=${points.predicted} .classes=${digits} .images=${pointPictures}></chalk-scatter-plot>
  `,
  'chalk-network-editor': () => html`
    <chalk-network-editor class="wide" .network=${network} .inputShape=${[28, 28, 1]} .validate=${validate}></chalk-network-editor>
  `,
  'chalk-network-source': () => html`<chalk-network-source pretrained></chalk-network-source>
    <chalk-network-source pretrained no-train value="file" verb="Explain" .names=${['cnn-epoch-3.safetensors']}></chalk-network-source>`,
  'chalk-dataset-picker': () => html`
    <chalk-dataset-picker
      own
      value="mnist"
      .datasets=${[
        { id: 'mnist', title: 'MNIST', description: '60,000 + 10,000 digits, 28 × 28' },
        { id: 'fashion', title: 'Fashion-MNIST', description: '60,000 + 10,000 garments, 28 × 28' },
        { id: 'cifar10', title: 'CIFAR-10', unavailable: 'not on this site: run npm run data -- cifar10' },
      ]}
    ></chalk-dataset-picker>
  `,
  'chalk-digit-pad': () => html`<chalk-digit-pad></chalk-digit-pad>`,
  'chalk-runs-table': () => html`<chalk-runs-table class="wide" selected="b" .runs=${runs}></chalk-runs-table>`,
  'chalk-result-table': () => html`<chalk-result-table
    label="Accuracy"
    .formats=${{ accuracy: 'percent', images: 'count' }}
    .rows=${[
      { network: 'clean', test: 'clean', accuracy: 0.9871, loss: 0.0412, images: 10_000 },
      { network: 'clean', test: 'tainted', accuracy: 0.9863, loss: 0.0429, images: 10_000 },
      { network: 'tainted', test: 'clean', accuracy: 0.7712, loss: 1.93, images: 10_000 },
      { network: 'tainted', test: 'tainted', accuracy: 0.9925, loss: 0.000081, images: null },
    ]}
  ><p>Press a head to sort; missing values stay last.</p></chalk-result-table>`,
  'chalk-checkpoint-bar': () => html`
    <chalk-checkpoint-bar key="gallery" .checkpoint=${{ bytes: new Uint8Array(220_000), step: 1200, note: 'sample' }}></chalk-checkpoint-bar>
    <chalk-checkpoint-bar></chalk-checkpoint-bar>
  `,
  'chalk-export-menu': () => html`
    <chalk-export-menu
      .items=${[
        { id: 'png', label: 'Loss curve', format: 'png', name: 'loss', provide: () => new Blob([]) },
        { id: 'csv', label: 'Losses', format: 'csv', name: 'loss', provide: () => 'step,loss\n1,2.3\n' },
        { id: 'ts', label: 'This run as TypeScript', format: 'ts', name: 'run', provide: () => 'export {};\n' },
        {
          id: 'st',
          label: 'Checkpoint',
          format: 'safetensors',
          name: 'model',
          provide: () => new Uint8Array(8),
          unavailable: 'after the first step',
        },
      ]}
    ></chalk-export-menu>
  `,
};
