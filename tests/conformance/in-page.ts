/** The gradient checks as a browser test calls them: on the page's own WebGPU, results as plain data. */
import { openDevice } from '../../engine/device/init.ts';
import { setDevice } from '../../engine/tensor.ts';
import { type CheckResult, checkOperations } from './operations.ts';

/** Compares the gradient of every operation with central differences. */
export async function operationsInPage(): Promise<readonly CheckResult[]> {
  setDevice(await openDevice('webgpu'));
  return checkOperations();
}
