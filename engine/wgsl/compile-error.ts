import { ChalkgradError } from '../errors.ts';

/** The kernel is valid, but the CPU device cannot run it (barriers, subgroups), or it would be too large. */
export class WgslCompileError extends ChalkgradError {
  readonly path: string;
  readonly entry: string;

  constructor(path: string, entry: string, message: string) {
    super('WGSL_COMPILE', `${path}, entry point '${entry}': ${message}.`);
    this.path = path;
    this.entry = entry;
  }
}
