/** The WebAssembly instructions that the back end uses, by their names in the text format: opcode and type of the result. */

export type WasmType = 'i32' | 'f32' | 'f64' | 'v128';

interface Instruction {
  readonly code: readonly number[];
  readonly result: WasmType;
}

const table = new Map<string, Instruction>();

function plain(result: WasmType, first: number, names: string): void {
  names.split(' ').forEach((name, index) => {
    if (name !== '-') table.set(name, { code: [first + index], result });
  });
}

const leb = (value: number): number[] => (value < 128 ? [value] : [(value & 127) | 128, value >> 7]);

function vector(result: WasmType, first: number, names: string): void {
  names.split(' ').forEach((name, index) => {
    if (name !== '-') table.set(name, { code: [0xfd, ...leb(first + index)], result });
  });
}

// Numeric instructions in the order of their opcodes (WebAssembly core specification 2.0, §5.4).
plain('i32', 0x45, 'i32.eqz i32.eq i32.ne i32.lt_s i32.lt_u i32.gt_s i32.gt_u i32.le_s i32.le_u i32.ge_s i32.ge_u');
plain('i32', 0x5b, 'f32.eq f32.ne f32.lt f32.gt f32.le f32.ge');
plain('i32', 0x67, 'i32.clz i32.ctz i32.popcnt i32.add i32.sub i32.mul i32.div_s i32.div_u i32.rem_s i32.rem_u');
plain('i32', 0x71, 'i32.and i32.or i32.xor i32.shl i32.shr_s i32.shr_u i32.rotl i32.rotr');
plain(
  'f32',
  0x8b,
  'f32.abs f32.neg f32.ceil f32.floor f32.trunc f32.nearest f32.sqrt f32.add f32.sub f32.mul f32.div f32.min f32.max',
);
plain('f32', 0x98, 'f32.copysign');
plain('f32', 0xb2, 'f32.convert_i32_s f32.convert_i32_u');
plain('i32', 0xbc, 'i32.reinterpret_f32');
plain('f32', 0xbe, 'f32.reinterpret_i32');
table.set('i32.trunc_sat_f32_s', { code: [0xfc, 0], result: 'i32' });
table.set('i32.trunc_sat_f32_u', { code: [0xfc, 1], result: 'i32' });

vector('v128', 0x0f, '- - i32x4.splat - f32x4.splat f64x2.splat');
vector('v128', 0x0e, 'i8x16.swizzle');
vector('v128', 0x37, 'i32x4.eq i32x4.ne i32x4.lt_s i32x4.lt_u i32x4.gt_s i32x4.gt_u i32x4.le_s i32x4.le_u i32x4.ge_s i32x4.ge_u');
vector(
  'v128',
  0x41,
  'f32x4.eq f32x4.ne f32x4.lt f32x4.gt f32x4.le f32x4.ge f64x2.eq f64x2.ne f64x2.lt f64x2.gt f64x2.le f64x2.ge',
);
vector('v128', 0x4d, 'v128.not v128.and v128.andnot v128.or v128.xor v128.bitselect');
vector('i32', 0x53, 'v128.any_true');
vector('v128', 0x5e, 'f32x4.demote_f64x2_zero f64x2.promote_low_f32x4');
vector('v128', 0x67, 'f32x4.ceil f32x4.floor f32x4.trunc f32x4.nearest');
vector('v128', 0x94, 'f64x2.nearest');
vector('v128', 0x62, 'i8x16.popcnt');
vector('v128', 0xa0, 'i32x4.abs i32x4.neg');
vector('i32', 0xa3, 'i32x4.all_true i32x4.bitmask');
vector('v128', 0xab, 'i32x4.shl i32x4.shr_s i32x4.shr_u i32x4.add - - i32x4.sub');
vector('v128', 0xb5, 'i32x4.mul i32x4.min_s i32x4.min_u i32x4.max_s i32x4.max_u');
vector('v128', 0xcb, 'i64x2.shl i64x2.shr_s i64x2.shr_u i64x2.add - - i64x2.sub');
vector(
  'v128',
  0xe0,
  'f32x4.abs f32x4.neg - f32x4.sqrt f32x4.add f32x4.sub f32x4.mul f32x4.div f32x4.min f32x4.max f32x4.pmin f32x4.pmax',
);
vector(
  'v128',
  0xec,
  'f64x2.abs f64x2.neg - f64x2.sqrt f64x2.add f64x2.sub f64x2.mul f64x2.div f64x2.min f64x2.max f64x2.pmin f64x2.pmax',
);
vector('v128', 0xf8, 'i32x4.trunc_sat_f32x4_s i32x4.trunc_sat_f32x4_u f32x4.convert_i32x4_s f32x4.convert_i32x4_u');
vector('v128', 0xfc, 'i32x4.trunc_sat_f64x2_s_zero - f64x2.convert_low_i32x4_s');

/** @throws Error for a name that is no instruction: a fault of the back end */
export function instruction(name: string): Instruction {
  const found = table.get(name);
  if (!found) throw new Error(`no WebAssembly instruction '${name}'`);
  return found;
}

export const isInstruction = (name: string): boolean => table.has(name);
