/** The gradient checks as a browser test calls them: on the page's WebAssembly device, results as plain data. */

import { type CheckResult, checkOperations } from '../../engine/conformance/operations.ts';
import { openDevice } from '../../engine/device/init.ts';
import { setDevice } from '../../engine/tensor.ts';

/** Compares the gradient of every operation with central differences. */
export async function operationsInPage(): Promise<readonly CheckResult[]> {
  setDevice(await openDevice('wasm'));
  return checkOperations();
}
