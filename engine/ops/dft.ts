/** The inverse real discrete Fourier transform as matrix products with fixed tables of cosines and sines: no kernel of its own. */

import { constantTable } from '../constant.ts';
import { ShapeError } from '../errors.ts';
import { sameShape, type Tensor } from '../tensor.ts';
import { add, sub } from './binary.ts';
import { matmul } from './matmul.ts';

type Wave = 'cos' | 'sin';

/** Rows k, columns x: c_k · cos(2πkx/w) / (hw), and the same with sin. c = 1 where a column of the spectrum stands alone, else 2. */
function rowTable(wave: Wave, x: Tensor, height: number, width: number): Tensor {
  const columns = Math.floor(width / 2) + 1;
  return constantTable(`dft row ${wave} ${height} ${width}`, x.device, [columns, width], () =>
    Float32Array.from({ length: columns * width }, (_, i) => {
      const k = Math.floor(i / width);
      const alone = k === 0 || 2 * k === width;
      return ((alone ? 1 : 2) * Math[wave]((2 * Math.PI * ((k * (i % width)) % width)) / width)) / (height * width);
    }),
  );
}

/** Rows y, columns k: cos(2πky/h), and the same with sin. */
function columnTable(wave: Wave, x: Tensor, height: number): Tensor {
  return constantTable(`dft column ${wave} ${height}`, x.device, [height, height], () =>
    Float32Array.from({ length: height * height }, (_, i) => {
      const y = Math.floor(i / height);
      return Math[wave]((2 * Math.PI * ((y * (i % height)) % height)) / height);
    }),
  );
}

/**
 * t_yx = 1/(hw) Σ_{k_y} Σ_{k_x} c_{k_x} (R cos φ − I sin φ), φ = 2π(k_y y/h + k_x x/w): NumPy's irfft2.
 * @param real R [.., h, ⌊w/2⌋ + 1]
 * @param imaginary I, of the same shape
 * @param width w, since an odd and an even width have equally many columns
 * @returns t [.., h, w]
 */
export function inverseRealDft2(real: Tensor, imaginary: Tensor, width: number): Tensor {
  const columns = Math.floor(width / 2) + 1;
  if (real.rank < 2 || !sameShape(real.shape, imaginary.shape) || real.shape.at(-1) !== columns) {
    throw new ShapeError(
      'inverseRealDft2',
      [real.shape, imaginary.shape],
      `both must be [.., height, ${columns}] for the width ${width}`,
    );
  }
  const height = real.shape.at(-2) as number;
  const [cosX, sinX] = [rowTable('cos', real, height, width), rowTable('sin', real, height, width)];
  const [cosY, sinY] = [columnTable('cos', real, height), columnTable('sin', real, height)];
  // e^{i(a + b)} = (cos a + i sin a)(cos b + i sin b), real part, with a along y and b along x.
  const u = sub(matmul(real, cosX), matmul(imaginary, sinX));
  const v = add(matmul(real, sinX), matmul(imaginary, cosX));
  return sub(matmul(cosY, u), matmul(sinY, v));
}
