/** What every image is normalised with: MNIST's own statistics. */
export const NORMALISATION = { mean: [0.1307], std: [0.3081] } as const;
