/** What a call of one of the engine's kernels does, from its parameters: a short text, its multiply-adds and its bytes. */
import type { AnyKernel } from '../../engine/kernels/kernel.ts';

type Params = Readonly<Record<string, unknown>>;
type Numbers = Readonly<Record<string, number>>;

/** Sizes that say how large a call is, in the order of the text. */
const SIZES = ['outer', 'rows', 'reduce', 'inner', 'channels', 'features', 'classes', 'extent', 'count'];

const isConvolution = (p: Params): boolean => ['N', 'Ho', 'Wo', 'Ci', 'Co', 'kh', 'kw'].every((name) => name in p);
const isProduct = (p: Params): boolean => ['M', 'N', 'K'].every((name) => name in p);
const isWindow = (p: Params): boolean => ['height', 'width', 'channels', 'outHeight', 'outWidth'].every((name) => name in p);

/** `64×28×28, 1→24, 5×5`, `[64, 800] × [800, 128]`, `16×14×14×32 → 28×28`, `rows 64, classes 10`. */
export function shapeText(params: Params): string {
  const p = params as Numbers;
  if (isConvolution(params)) return convolutionText(p);
  if (isProduct(params)) return `${(p.batch ?? 1) > 1 ? `${p.batch} × ` : ''}[${p.M}, ${p.K}] × [${p.K}, ${p.N}]`;
  if (isWindow(params)) return `${p.batch}×${p.height}×${p.width}×${p.channels} → ${p.outHeight}×${p.outWidth}`;
  if (Array.isArray(params.shape)) return params.shape.join('×');
  const sizes = SIZES.filter((name) => name in params);
  const telling = sizes.filter((name) => p[name] !== 1);
  return (telling.length > 0 ? telling : sizes).map((name) => `${name} ${p[name]}`).join(', ') || JSON.stringify(params);
}

function convolutionText(p: Numbers): string {
  const { N, H, W, Ci = 0, Co, kh, kw, strideY, strideX, groups = 1, C1, wChannels, wFirst } = p;
  const joined = C1 !== undefined && C1 !== Ci ? `${C1}+${Ci - C1}` : String(Ci);
  // An input that shares its convolution with others meets a range of the weights' channels.
  const from = wChannels === undefined || wFirst === undefined ? joined : `${wFirst}–${wFirst + Ci - 1} of ${wChannels}`;
  const stride = strideY === 1 && strideX === 1 ? '' : `, stride ${strideY}×${strideX}`;
  return `${N}×${H}×${W}, ${from}→${Co}, ${kh}×${kw}${stride}${groups > 1 ? `, ${groups} groups` : ''}`;
}

/** Floating-point operations of matrix products and convolutions, a multiply-add counted as two; undefined for others. */
export function flopsOf(params: Params): number | undefined {
  const p = params as Numbers;
  const product = (...names: string[]) => names.reduce((result, name) => result * (p[name] ?? 1), 2);
  if (isConvolution(params)) return product('N', 'Ho', 'Wo', 'Ci', 'Co', 'kh', 'kw') / (p.groups ?? 1);
  return isProduct(params) ? product('batch', 'M', 'N', 'K') : undefined;
}

/** Bytes that must move at least: each buffer once, those of in-place work twice. */
export function bytesOf(kernel: AnyKernel, params: unknown): number {
  const { inPlace = [] } = kernel;
  const sizes = Object.entries(kernel.sizes(params));
  return 4 * sizes.reduce((sum, [name, count]) => sum + count * (inPlace.includes(name) ? 2 : 1), 0);
}
