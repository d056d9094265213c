/** Finds out on which adapter a library computes, by watching the browser's own API instead of trusting the library. */
import type { AdapterDescription } from '../cases/case.ts';

export const CPU_ADAPTER: AdapterDescription = {
  api: 'cpu',
  vendor: '',
  architecture: '',
  description: 'CPU',
  software: false,
};

/** Runs `open` and reports the adapter of the last WebGPU device that was requested meanwhile. */
export async function watchAdapter<T>(open: () => Promise<T>): Promise<{ value: T; adapter: AdapterDescription | undefined }> {
  if (typeof GPUAdapter === 'undefined') return { value: await open(), adapter: undefined };
  let adapter: AdapterDescription | undefined;
  const prototype = GPUAdapter.prototype;
  const original = prototype.requestDevice;
  prototype.requestDevice = async function (this: GPUAdapter, ...args: Parameters<GPUAdapter['requestDevice']>) {
    adapter = describeAdapter(this.info);
    return original.apply(this, args);
  };
  try {
    return { value: await open(), adapter };
  } finally {
    prototype.requestDevice = original;
  }
}

export function describeAdapter(info: GPUAdapterInfo): AdapterDescription {
  const text = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`;
  return {
    api: 'webgpu',
    vendor: info.vendor,
    architecture: info.architecture,
    description: info.description || info.device || info.architecture,
    software: info.isFallbackAdapter === true || isSoftware(text),
  };
}

/** The adapter behind a WebGL context, from its renderer string. */
export function describeWebGL(gl: WebGL2RenderingContext): AdapterDescription {
  const extension = gl.getExtension('WEBGL_debug_renderer_info');
  const renderer = String(gl.getParameter(extension ? extension.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  return { api: 'webgl', vendor: '', architecture: '', description: renderer, software: isSoftware(renderer) };
}

export function isSoftware(text: string): boolean {
  return /swiftshader|llvmpipe|lavapipe|softpipe|basic render|warp\b/i.test(text);
}

/**
 * Why times of the two may not be compared, or undefined where they may. A library on the CPU may stand beside any other: it is the
 * library's own choice of device and named as such.
 */
export function incomparable(a: AdapterDescription, b: AdapterDescription): string | undefined {
  if (a.api === 'cpu' || b.api === 'cpu') return undefined;
  if (a.software !== b.software) return `'${a.description}' and '${b.description}' are not the same adapter`;
  if (a.api !== b.api) return undefined;
  const same = a.vendor === b.vendor && a.architecture === b.architecture && a.description === b.description;
  return same ? undefined : `'${a.description}' and '${b.description}' are not the same adapter`;
}
