/** The tail that matmul and convolution kernels compute before they store: bias, then an activation. */

/** Codes of the WGSL override `ACTIVATION`. */
export const ACTIVATION = { none: 0, relu: 1, leakyRelu: 2 } as const;

export interface Epilogue {
  /** 1: `bias` is added. 0: it is not read, and its buffer may be any four floats. */
  readonly hasBias: number;
  /** One of ACTIVATION. */
  readonly activation: number;
  /** Factor of negative values in leakyRelu; 0 otherwise. */
  readonly slope: number;
}

export const NO_EPILOGUE: Epilogue = { hasBias: 0, activation: ACTIVATION.none, slope: 0 };

/** WebGPU binds no empty buffer: where a kernel has no bias, four floats stand in for it. */
export const NO_BIAS_SIZE = 4;

export function phi(value: number, { activation, slope }: Epilogue): number {
  if (activation === ACTIVATION.relu) return Math.max(value, 0);
  if (activation === ACTIVATION.leakyRelu) return value > 0 ? value : value * slope;
  return value;
}

/** Pipeline constants of a dispatch that has an epilogue. */
export function epilogueOverrides({ hasBias, activation }: Epilogue): Record<string, number> {
  return { HAS_BIAS: hasBias, ACTIVATION: activation };
}
