/** What tiny-darknet.test.ts runs in the page: the pretrained network as the labs open it, its batch normalisations folded. */
import { siteRoot } from '../../apps/site-root.ts';
import { httpSource } from '../../engine/data/source.ts';
import { init } from '../../engine/device/init.ts';
import { scoreGradient } from '../../engine/explain/scores.ts';
import { noGrad, scope, softmax, type Tensor, tensor } from '../../engine/index.ts';
import { loadPretrained } from '../../engine/io/pretrained.ts';
import { foldBatchNorm } from '../../engine/nn/fold-batch-norm.ts';
import { buildNetwork } from '../../engine/nn/network.ts';

export interface Seen {
  readonly kind: string;
  /** Of each picture, all classes. */
  readonly probabilities: readonly (readonly number[])[];
  /** Of the last picture, the gradient of its strongest logit with respect to the pixels: Σ|g| and Σg. */
  readonly gradient: readonly [magnitude: number, sum: number];
  /** The last forward pass and gradient, in milliseconds. */
  readonly forward: number;
  readonly backward: number;
}

const floatsOf = (base64: string): Float32Array<ArrayBuffer> =>
  new Float32Array(Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0)).buffer);

/** @param pictures the bytes of a Float32Array [224, 224, 3] each, as base64 */
export async function look(device: 'webgpu' | 'wasm', pictures: readonly string[]): Promise<Seen> {
  const opened = await init({ device });
  const found = await loadPretrained('tiny-darknet', { source: httpSource(new URL('data/packs/', siteRoot)) });
  const folded = foldBatchNorm(found.network, found.state);
  const network = buildNetwork(folded.network, { inputShape: found.inputShape, rng: 0 }).eval();
  network.loadStateDict(folded.state);
  const timed = async (pass: () => Tensor): Promise<readonly [values: number[], milliseconds: number]> => {
    const start = performance.now();
    const made = scope(pass);
    const values = await made.data();
    made.dispose();
    return [Array.from(values), performance.now() - start];
  };
  const probabilities: number[][] = [];
  let [forward, backward] = [0, 0];
  let gradient: number[] = [];
  for (const picture of pictures) {
    const x = tensor(floatsOf(picture), [1, 224, 224, 3]);
    const [p, milliseconds] = await timed(() => noGrad(() => softmax(network.forward(x))));
    probabilities.push(p);
    forward = milliseconds;
    [gradient, backward] = await timed(() => scoreGradient(network, x, [p.indexOf(Math.max(...p))]));
    x.dispose();
  }
  const magnitude = gradient.reduce((sum, value) => sum + Math.abs(value), 0);
  const total = gradient.reduce((sum, value) => sum + value, 0);
  return { kind: opened.info.kind, probabilities, gradient: [magnitude, total], forward, backward };
}
