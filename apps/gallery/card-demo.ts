import { html } from 'lit';
import type { LiveTensor } from '../components/math-card/element.ts';
import type { BuiltCard, Verification } from '../math/card.ts';
import { cards as linear } from '../math/cards/linear.ts?math';
import { normals } from './samples.ts';

/** Every card of the site, fetched when it is chosen. */
const modules = import.meta.glob<{ cards: readonly BuiltCard[] }>('../math/cards/*.ts', { query: '?math' });
const names = Object.keys(modules).map((path) => path.replace(/^.*\/|\.ts$/g, ''));

const [batch, inputs, outputs] = [3, 4, 5];
const a = normals(batch * inputs, 1);
const b = normals(inputs * outputs, 2);
const bias = normals(outputs, 3);

const tensors: readonly LiveTensor[] = [
  { name: 'input', terms: ['linear/a'], symbol: 'a', shape: [batch, inputs], data: a },
  { name: 'weights', terms: ['linear/b'], symbol: 'b', shape: [inputs, outputs], data: b },
  { name: 'bias', terms: ['linear/bias'], symbol: 'bias', shape: [outputs], data: bias },
];

/** The matrix product on the reader's device against its reference, on the tensors beside it. */
async function verify(): Promise<readonly Verification[]> {
  const [{ verifyKernel }, { matmul }, { NO_EPILOGUE }, { init }] = await Promise.all([
    import('../math/verify.ts'),
    import('../../engine/kernels/matmul.ts'),
    import('../../engine/kernels/epilogue.ts'),
    import('../../engine/device/init.ts'),
  ]);
  const device = await init({ device: 'auto' });
  const params = {
    batch: 1,
    M: batch,
    N: outputs,
    K: inputs,
    aBatchStride: 0,
    bBatchStride: 0,
    ...NO_EPILOGUE,
    hasBias: 1 as const,
  };
  return verifyKernel(device, matmul, { a, b, bias }, params, { shapes: { y: [batch, outputs] } });
}

async function show(event: Event): Promise<void> {
  const select = event.target as HTMLSelectElement;
  const list = select.closest('.cards')?.querySelector('.list');
  const module = modules[`../math/cards/${select.value}.ts`];
  if (!list || !module) return;
  const { cards } = await module();
  list.replaceChildren(
    ...cards.map((card) => {
      const element = document.createElement('chalk-math-card');
      element.card = card;
      element.folded = true;
      return element;
    }),
  );
}

export const cardDemo = () => html`
  <chalk-math-card class="wide" .card=${linear[0] ?? null} term="a" .tensors=${tensors} .verify=${verify}></chalk-math-card>
  <div class="wide cards">
    <label>Other cards of the site: <select @change=${show}><option></option>${names.map((name) => html`<option>${name}</option>`)}</select></label>
    <div class="list"></div>
  </div>
`;
