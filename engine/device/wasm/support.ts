/** Whether this browser, or this page's policy, lets us compile WebAssembly with SIMD. */
import { NoWebAssemblyError } from '../../errors.ts';

/** `v128.const; i8x16.popcnt; drop`: a module that only an engine with SIMD takes. */
const SIMD = new Uint8Array([
  ...[0, 97, 115, 109, 1, 0, 0, 0, 1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 10, 25, 1, 23, 0],
  ...[253, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
  ...[253, 98, 26, 11],
]);

/** @throws NoWebAssemblyError that says what is missing: WebAssembly, its SIMD instructions, or the page's permission */
export function requireWebAssembly(): void {
  if (typeof WebAssembly === 'undefined') throw new NoWebAssemblyError('this browser has none, or it is switched off');
  if (!WebAssembly.validate(SIMD)) throw new NoWebAssemblyError('this browser lacks its SIMD instructions (128 bits)');
  try {
    new WebAssembly.Module(SIMD);
  } catch (cause) {
    const reason = "the page's policy refuses it (script-src without 'wasm-unsafe-eval')";
    throw new NoWebAssemblyError(reason, { cause });
  }
}

/** Whether memory can be shared with workers: a page must be isolated from other origins. Node always can. */
export function canShareMemory(): boolean {
  if (typeof SharedArrayBuffer === 'undefined') return false;
  return globalThis.crossOriginIsolated ?? typeof process !== 'undefined';
}
