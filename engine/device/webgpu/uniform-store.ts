/**
 * Parameters of dispatches never change once packed (what changes each step is data in a storage buffer), so each distinct
 * packing gets a slot that is written once and bound by a dynamic offset ever after: a replayed step writes no uniforms.
 */
const SLOT = 256;
const SLOTS_PER_PAGE = 256;
const MAX_SLOTS = 65536;

export interface UniformSlot {
  readonly page: GPUBuffer;
  readonly pageId: number;
  readonly offset: number;
}

export class UniformStore {
  readonly #device: GPUDevice;
  #slots = new Map<string, UniformSlot>();
  #page: GPUBuffer | undefined;
  #pageId = 0;
  #used = 0;

  constructor(device: GPUDevice) {
    this.#device = device;
  }

  slot(bytes: Uint8Array<ArrayBuffer>): UniformSlot {
    const key = String.fromCharCode(...new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2));
    const known = this.#slots.get(key);
    if (known) return known;
    // Old pages stay alive through the bind groups and recordings that use them.
    if (this.#slots.size >= MAX_SLOTS) this.#slots = new Map();
    if (!this.#page || this.#used === SLOTS_PER_PAGE) {
      this.#page = this.#device.createBuffer({
        label: 'parameters',
        size: SLOT * SLOTS_PER_PAGE,
        usage: GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST,
      });
      this.#pageId++;
      this.#used = 0;
    }
    const slot: UniformSlot = { page: this.#page, pageId: this.#pageId, offset: SLOT * this.#used++ };
    this.#device.queue.writeBuffer(slot.page, slot.offset, bytes);
    this.#slots.set(key, slot);
    return slot;
  }
}
