/** Matrix products. The three forms a·b, a·bᵀ and aᵀ·b are closed under differentiation, so nothing is ever transposed in memory. */
import { defineOperation } from '../autodiff.ts';
import { constant } from '../constant.ts';
import { ShapeError } from '../errors.ts';
import { type Epilogue, NO_EPILOGUE } from '../kernels/epilogue.ts';
import { matmul as matmulKernel } from '../kernels/matmul.ts';
import { matmulNT, matmulTN } from '../kernels/matmul-transposed.ts';
import { broadcastShape } from '../kernels/strides.ts';
import { emptyTensor, type Shape, sizeOf, type Tensor } from '../tensor.ts';
import { type Activation, activationGradient, epilogueOf } from './activation.ts';
import { checkOptions, checkTensor } from './arguments.ts';
import { sum, sumTo } from './reduce.ts';
import { run } from './run.ts';
import { broadcastTo, reshape } from './shape.ts';

/** Which operand is read transposed. */
type Form = 'NN' | 'NT' | 'TN';

const names = {
  NN: 'a [.., M, K] · b [.., K, N]',
  NT: 'a [.., M, K] · b [.., N, K]ᵀ',
  TN: 'a [.., K, M]ᵀ · b [.., K, N]',
} as const;

interface Product {
  readonly batch: Shape;
  readonly M: number;
  readonly N: number;
  readonly K: number;
}

function productOf(form: Form, a: Tensor, b: Tensor): Product {
  const fail = (rule: string) => new ShapeError('matmul', [a.shape, b.shape], `${names[form]}: ${rule}`);
  if (a.rank < 2 || b.rank < 2) throw fail('both must have at least two axes');
  const [a0, a1] = a.shape.slice(-2) as [number, number];
  const [b0, b1] = b.shape.slice(-2) as [number, number];
  const [M, K] = form === 'TN' ? [a1, a0] : [a0, a1];
  const [kb, N] = form === 'NT' ? [b1, b0] : [b0, b1];
  if (K !== kb) throw fail('the summed axes K must be equally long');
  const batch = broadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  if (!batch) throw fail('the leading axes must broadcast');
  return { batch, M, N, K };
}

/** Runs a product into a new tensor. */
function multiply(form: Form, a: Tensor, b: Tensor, epilogue: Epilogue, bias: Tensor | null): Tensor {
  const { batch, M, N, K } = productOf(form, a, b);
  const count = sizeOf(batch);
  const y = emptyTensor([...batch, M, N], 'matmul', 'f32', a.device);
  // The kernels step through a batch or stay on one matrix; a partly repeated batch is written out first.
  const spread = (x: Tensor) => {
    const own = sizeOf(x.shape.slice(0, -2));
    return own === count || own === 1 ? x : broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
  };
  const [left, right] = [spread(a), spread(b)];
  const stride = (x: Tensor, matrix: number) => (sizeOf(x.shape.slice(0, -2)) === 1 ? 0 : matrix);
  if (y.size > 0) {
    const sizes = { batch: count, M, N, K, aBatchStride: stride(left, M * K), bBatchStride: stride(right, K * N) };
    if (form === 'NN') {
      run(matmulKernel, { a: left, b: right, bias: bias ?? constant(0, a.device), y }, { ...sizes, ...epilogue });
    } else run(form === 'NT' ? matmulNT : matmulTN, { a: left, b: right, y }, sizes);
  }
  if (left !== a) left.dispose();
  if (right !== b) right.dispose();
  return y;
}

const GRADIENTS: Record<Form, (gy: Tensor, a: Tensor, b: Tensor, needs: readonly boolean[]) => [Tensor | null, Tensor | null]> = {
  NN: (gy, a, b, needs) => [needs[0] ? product('NT', gy, b) : null, needs[1] ? product('TN', a, gy) : null],
  NT: (gy, a, b, needs) => [needs[0] ? product('NN', gy, b) : null, needs[1] ? product('TN', gy, a) : null],
  TN: (gy, a, b, needs) => [needs[0] ? product('NT', b, gy) : null, needs[1] ? product('NN', a, gy) : null],
};

const matmulOp = defineOperation<{ form: Form; shapeA: Shape; shapeB: Shape }>({
  name: 'matmul',
  equation: 'y_{mn} = \\sum_k a_{mk}\\,b_{kn}',
  saves: 'inputs',
  forward: ([a, b], { form }) => multiply(form, a as Tensor, b as Tensor, NO_EPILOGUE, null),
  gradient(gy, { inputs: [a, b], attrs, needs }) {
    const [ga, gb] = GRADIENTS[attrs.form](gy, a as Tensor, b as Tensor, needs);
    return [ga && sumTo(ga, attrs.shapeA), gb && sumTo(gb, attrs.shapeB)];
  },
});

function product(form: Form, a: Tensor, b: Tensor): Tensor {
  return matmulOp([a, b], { form, shapeA: a.shape, shapeB: b.shape });
}

/**
 * y [.., M, N] = a [.., M, K] · b [.., K, N]; leading axes broadcast. A vector on the left is a row, on the right a column.
 * @param options.transposeB reads b as [.., N, K]; `transposeA` reads a as [.., K, M]; not both
 */
export function matmul(a: Tensor, b: Tensor, options: { transposeA?: boolean; transposeB?: boolean } = {}): Tensor {
  checkTensor('matmul', a, 'each operand');
  checkTensor('matmul', b, 'each operand');
  checkOptions('matmul', options, ['transposeA', 'transposeB']);
  if (options.transposeA && options.transposeB)
    throw new ShapeError('matmul', [a.shape, b.shape], 'only one operand may be transposed');
  if (a.rank === 1 || b.rank === 1) {
    const left = a.rank === 1 ? reshape(a, [1, a.size]) : a;
    const right = b.rank === 1 ? reshape(b, [b.size, 1]) : b;
    const y = matmul(left, right, options);
    const shape = [...y.shape];
    if (b.rank === 1) shape.splice(-1, 1);
    if (a.rank === 1) shape.splice(b.rank === 1 ? -1 : -2, 1);
    return reshape(y, shape);
  }
  return product(options.transposeA ? 'TN' : options.transposeB ? 'NT' : 'NN', a, b);
}

interface LinearAttrs {
  readonly epilogue: Epilogue;
}

const linearOp = defineOperation<LinearAttrs>({
  name: 'linear',
  equation: matmulKernel.equation,
  saves: 'both',
  forward: ([x, w, b], { epilogue }) => multiply('NN', x as Tensor, w as Tensor, epilogue, b ?? null),
  gradient(gy, { inputs: [x, w, b], output, attrs, needs }) {
    const g = activationGradient(gy, output, attrs.epilogue);
    return [
      needs[0] ? product('NT', g, w as Tensor) : null,
      needs[1] ? product('TN', x as Tensor, g) : null,
      ...(b ? [needs[2] ? sum(g, { axes: 0 }) : null] : []),
    ];
  },
});

/**
 * y [N, out] = activation(x [N, in] · w [in, out] + b [out]).
 * @param b null for none
 * @throws ShapeError when in or out disagree
 */
export function linear(x: Tensor, w: Tensor, b: Tensor | null = null, activation: Activation = {}): Tensor {
  for (const given of b === null ? [x, w] : [x, w, b]) checkTensor('linear', given, 'each of x, w and b');
  const fits = x.rank === 2 && w.rank === 2 && x.shape[1] === w.shape[0] && (!b || (b.rank === 1 && b.shape[0] === w.shape[1]));
  if (!fits) {
    throw new ShapeError(
      'linear',
      b ? [x.shape, w.shape, b.shape] : [x.shape, w.shape],
      'x must be [N, in], w [in, out] and b [out]',
    );
  }
  return linearOp(b ? [x, w, b] : [x, w], { epilogue: epilogueOf(activation, b !== null) });
}
