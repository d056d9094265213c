/** The settings that a checkpoint of this lab was made with, read on the page without the engine. */
import type { Config } from './networks.ts';

interface Header {
  readonly __metadata__?: { readonly chalkgrad?: string };
}

/** Undefined where the file is none of this lab; the experiment says what is wrong with it. */
export function configOfCheckpoint(bytes: Uint8Array): Partial<Config> | undefined {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // safetensors: the length of a JSON header in eight bytes, then the header.
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + Number(view.getBigUint64(0, true))))) as Header;
    const { notes } = JSON.parse(header.__metadata__?.chalkgrad ?? '{}') as {
      notes?: { lab?: string; config?: Partial<Config> };
    };
    return notes?.lab === 'classify' ? notes.config : undefined;
  } catch {
    return undefined;
  }
}
