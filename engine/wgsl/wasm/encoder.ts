/** Bytes of a WebAssembly module (core specification 2.0, §5; shared memories: threads proposal). */
import { instruction, type WasmType } from './opcodes.ts';

const TYPE: Readonly<Record<WasmType, number>> = { i32: 0x7f, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const scratch = new DataView(new ArrayBuffer(16));

/** A growing sequence of bytes. */
export class Bytes {
  #data = new Uint8Array(256);
  length = 0;

  byte(value: number): this {
    if (this.length === this.#data.length) this.#reserve(1);
    this.#data[this.length++] = value;
    return this;
  }

  bytes(values: ArrayLike<number>): this {
    if (this.length + values.length > this.#data.length) this.#reserve(values.length);
    this.#data.set(values, this.length);
    this.length += values.length;
    return this;
  }

  #reserve(more: number): void {
    const grown = new Uint8Array(2 * (this.length + more));
    grown.set(this.#data);
    this.#data = grown;
  }

  /** LEB128, unsigned. */
  u32(value: number): this {
    let rest = value >>> 0;
    while (rest >= 128) {
      this.byte((rest & 127) | 128);
      rest >>>= 7;
    }
    return this.byte(rest);
  }

  /** LEB128, signed. */
  s32(value: number): this {
    let rest = value | 0;
    for (;;) {
      const low = rest & 127;
      rest >>= 7;
      if ((rest === 0 && (low & 64) === 0) || (rest === -1 && (low & 64) !== 0)) return this.byte(low);
      this.byte(low | 128);
    }
  }

  name(text: string): this {
    const bytes = new TextEncoder().encode(text);
    return this.u32(bytes.length).bytes(bytes);
  }

  content(): Uint8Array<ArrayBuffer> {
    return this.#data.subarray(0, this.length);
  }
}

/** The instructions of one function. */
export class Code extends Bytes {
  op(name: string): this {
    return this.bytes(instruction(name).code);
  }

  i32(value: number): this {
    return this.byte(0x41).s32(value);
  }

  /** A constant by its bits, so that a NaN stays as it is. */
  f32(bits: number): this {
    scratch.setUint32(0, bits, true);
    this.byte(0x43);
    for (let i = 0; i < 4; i++) this.byte(scratch.getUint8(i));
    return this;
  }

  v128(words: readonly number[]): this {
    words.forEach((word, i) => {
      scratch.setUint32(4 * i, word, true);
    });
    this.bytes([0xfd, 0x0c]);
    for (let i = 0; i < 16; i++) this.byte(scratch.getUint8(i));
    return this;
  }

  /** `align` is the exponent of the alignment in bytes. */
  load(type: WasmType, align: number, offset: number): this {
    if (type === 'v128') this.bytes([0xfd, 0x00]);
    else this.byte(type === 'i32' ? 0x28 : type === 'f32' ? 0x2a : 0x2b);
    return this.u32(align).u32(offset);
  }

  loadSplat(offset: number): this {
    return this.bytes([0xfd, 0x09]).u32(2).u32(offset);
  }

  store(type: WasmType, align: number, offset: number): this {
    if (type === 'v128') this.bytes([0xfd, 0x0b]);
    else this.byte(type === 'i32' ? 0x36 : type === 'f32' ? 0x38 : 0x39);
    return this.u32(align).u32(offset);
  }

  get(local: number): this {
    return this.byte(0x20).u32(local);
  }

  set(local: number): this {
    return this.byte(0x21).u32(local);
  }

  tee(local: number): this {
    return this.byte(0x22).u32(local);
  }

  block(): this {
    return this.bytes([0x02, 0x40]);
  }

  loop(): this {
    return this.bytes([0x03, 0x40]);
  }

  if(): this {
    return this.bytes([0x04, 0x40]);
  }

  else(): this {
    return this.byte(0x05);
  }

  end(): this {
    return this.byte(0x0b);
  }

  br(depth: number): this {
    return this.byte(0x0c).u32(depth);
  }

  brIf(depth: number): this {
    return this.byte(0x0d).u32(depth);
  }

  call(index: number): this {
    return this.byte(0x10).u32(index);
  }
}

export interface FunctionBody {
  readonly parameters: readonly WasmType[];
  readonly results: readonly WasmType[];
  /** Types of the locals behind the parameters. */
  readonly locals: readonly WasmType[];
  /** Without the closing `end`. */
  readonly code: Code;
  readonly exported: string | undefined;
}

const section = (into: Bytes, id: number, content: Bytes): void => {
  into.byte(id).u32(content.length).bytes(content.content());
};

/** A module of functions over the memory imported as `env.memory`. */
export function encodeModule(
  functions: readonly FunctionBody[],
  memory: { readonly shared: boolean; readonly maximumPages: number },
): Uint8Array<ArrayBuffer> {
  const types: string[] = [];
  const typeOf = ({ parameters, results }: FunctionBody): number => {
    const bytes = [0x60, parameters.length, ...parameters.map((t) => TYPE[t]), results.length, ...results.map((t) => TYPE[t])];
    const key = bytes.join(',');
    const known = types.indexOf(key);
    return known >= 0 ? known : types.push(key) - 1;
  };
  const indices = functions.map(typeOf);
  const out = new Bytes().bytes([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]);
  const typeSection = new Bytes().u32(types.length);
  for (const key of types) typeSection.bytes(key.split(',').map(Number));
  section(out, 1, typeSection);
  const imports = new Bytes().u32(1).name('env').name('memory').byte(2);
  section(
    out,
    2,
    imports
      .byte(memory.shared ? 3 : 1)
      .u32(1)
      .u32(memory.maximumPages),
  );
  const declared = new Bytes().u32(functions.length);
  for (const index of indices) declared.u32(index);
  section(out, 3, declared);
  const exports = functions.flatMap(({ exported }, index) => (exported === undefined ? [] : [[exported, index] as const]));
  const exportSection = new Bytes().u32(exports.length);
  for (const [name, index] of exports) exportSection.name(name).byte(0).u32(index);
  section(out, 7, exportSection);
  const bodies = new Bytes().u32(functions.length);
  for (const { locals, code } of functions) {
    const body = new Bytes();
    const runs: [type: WasmType, count: number][] = [];
    for (const type of locals) {
      const last = runs.at(-1);
      if (last?.[0] === type) last[1]++;
      else runs.push([type, 1]);
    }
    body.u32(runs.length);
    for (const [type, count] of runs) body.u32(count).byte(TYPE[type]);
    body.bytes(code.content()).byte(0x0b);
    bodies.u32(body.length).bytes(body.content());
  }
  section(out, 10, bodies);
  return out.content().slice();
}
