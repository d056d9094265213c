/** What a lab's checkpoint file says of the run that wrote it, read on the page without the engine. */

type Settings = Readonly<Record<string, unknown>>;

interface Header {
  readonly __metadata__?: { readonly chalkgrad?: string };
}

/**
 * The settings that a checkpoint of a lab was made with.
 * @returns undefined where the file is none of this lab; the experiment says what is wrong with it
 */
export function settingsOfCheckpoint(bytes: Uint8Array, lab: string): Settings | undefined {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    // safetensors: the length of a JSON header in eight bytes, then the header.
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + Number(view.getBigUint64(0, true))))) as Header;
    const { notes } = JSON.parse(header.__metadata__?.chalkgrad ?? '{}') as { notes?: { lab?: string; config?: Settings } };
    return notes?.lab === lab ? notes.config : undefined;
  } catch {
    return undefined;
  }
}
