/**
 * The 2n × n matrix of bilinear ×2 interpolation with half-pixel centres: weights ¼ and ¾, clamped at the borders. It serves the
 * peers whose own resize has no correct gradient for this convention.
 */
export function bilinearMatrix(n: number): Float32Array {
  const matrix = new Float32Array(2 * n * n);
  for (let row = 0; row < 2 * n; row++) {
    const position = Math.max(0, (row + 0.5) / 2 - 0.5);
    const below = Math.floor(position);
    const above = Math.min(below + 1, n - 1);
    matrix[row * n + below] = (matrix[row * n + below] ?? 0) + 1 - (position - below);
    matrix[row * n + above] = (matrix[row * n + above] ?? 0) + position - below;
  }
  return matrix;
}
