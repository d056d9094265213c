/** What a PyTorch export is, for the page: light. */

/** Both files of an export. */
export interface PyTorchExport {
  readonly script: string;
  /** Safetensors; the script finds it beside itself by its name. */
  readonly file: Uint8Array<ArrayBuffer>;
}

/** What a script is called, without an ending. */
export const pytorchName = (lab: string, seed: number): string => `${lab}-seed-${seed}-pytorch`;
