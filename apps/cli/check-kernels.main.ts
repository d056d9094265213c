import { checkKernels } from './check-kernels.ts';

/** Number of kernels that agree with their shaders; importing this module throws where one does not. */
export const checked: number = await checkKernels();
