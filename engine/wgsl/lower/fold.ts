/** WebAssembly instructions on constants: the same bits as at run time. */

/** An i32 instruction on i32 constants (f32 values for conversions); undefined where it has none or would trap. */
export function foldInt(op: string, args: readonly number[]): number | undefined {
  const [a = 0, b = 0] = args;
  const [ua, ub] = [a >>> 0, b >>> 0];
  switch (op) {
    case 'i32.add':
      return (a + b) | 0;
    case 'i32.sub':
      return (a - b) | 0;
    case 'i32.mul':
      return Math.imul(a, b);
    case 'i32.div_u':
      return b === 0 ? undefined : Math.floor(ua / ub) | 0;
    case 'i32.rem_u':
      return b === 0 ? undefined : (ua % ub) | 0;
    case 'i32.div_s':
      return b === 0 || (b === -1 && a === -2147483648) ? undefined : (a / b) | 0;
    case 'i32.rem_s':
      return b === 0 ? undefined : b === -1 ? 0 : (a % b) | 0;
    case 'i32.and':
      return a & b;
    case 'i32.or':
      return a | b;
    case 'i32.xor':
      return a ^ b;
    case 'i32.shl':
      return a << b;
    case 'i32.shr_u':
      return (a >>> b) | 0;
    case 'i32.shr_s':
      return a >> b;
    case 'i32.rotl':
      return (a << b) | (a >>> ((32 - (b & 31)) % 32));
    case 'i32.eqz':
      return Number(a === 0);
    case 'i32.eq':
      return Number(a === b);
    case 'i32.ne':
      return Number(a !== b);
    case 'i32.lt_s':
      return Number(a < b);
    case 'i32.le_s':
      return Number(a <= b);
    case 'i32.gt_s':
      return Number(a > b);
    case 'i32.ge_s':
      return Number(a >= b);
    case 'i32.lt_u':
      return Number(ua < ub);
    case 'i32.le_u':
      return Number(ua <= ub);
    case 'i32.gt_u':
      return Number(ua > ub);
    case 'i32.ge_u':
      return Number(ua >= ub);
    case 'min_u':
      return Math.min(ua, ub) | 0;
    case 'max_u':
      return Math.max(ua, ub) | 0;
    case 'min_s':
      return Math.min(a, b);
    case 'max_s':
      return Math.max(a, b);
    case 'i32.clz':
      return Math.clz32(a);
    case 'i32.ctz':
      return a === 0 ? 32 : 31 - Math.clz32(a & -a);
    case 'i32.popcnt': {
      let count = 0;
      for (let rest = ua; rest > 0; rest = Math.floor(rest / 2)) count += rest % 2;
      return count;
    }
    case 'i32.trunc_sat_f32_s':
      return Number.isNaN(a) ? 0 : Math.max(-2147483648, Math.min(2147483647, Math.trunc(a))) | 0;
    case 'i32.trunc_sat_f32_u':
      return Number.isNaN(a) ? 0 : Math.max(0, Math.min(4294967295, Math.trunc(a))) | 0;
    default:
      return undefined;
  }
}

function nearest(value: number): number {
  const below = Math.floor(value);
  const rest = value - below;
  const rounded = rest < 0.5 ? below : rest > 0.5 ? below + 1 : below % 2 === 0 ? below : below + 1;
  return rounded === 0 && (value < 0 || Object.is(value, -0)) ? -0 : rounded;
}

/** An f32 instruction on constants; a bool for comparisons. Double precision rounds every single operation correctly after `fround`. */
export function foldFloat(op: string, args: readonly number[]): number | boolean | undefined {
  const [a = 0, b = 0] = args;
  switch (op) {
    case 'f32.add':
      return Math.fround(a + b);
    case 'f32.sub':
      return Math.fround(a - b);
    case 'f32.mul':
      return Math.fround(a * b);
    case 'f32.div':
      return Math.fround(a / b);
    case 'f32.sqrt':
      return Math.fround(Math.sqrt(a));
    case 'f32.neg':
      return -a;
    case 'f32.abs':
      return Math.abs(a);
    case 'f32.floor':
      return Math.floor(a);
    case 'f32.ceil':
      return Math.ceil(a);
    case 'f32.trunc':
      return Math.trunc(a);
    case 'f32.nearest':
      return Number.isFinite(a) ? nearest(a) : a;
    case 'f32.min':
      return Math.min(a, b);
    case 'f32.max':
      return Math.max(a, b);
    case 'f32.pmin':
      // biome-ignore lint/complexity/useMathMinMax: another result for NaN
      return b < a ? b : a;
    case 'f32.pmax':
      // biome-ignore lint/complexity/useMathMinMax: another result for NaN
      return a < b ? b : a;
    case 'f32.convert_i32_s':
      return Math.fround(a | 0);
    case 'f32.convert_i32_u':
      return Math.fround(a >>> 0);
    case 'f32.eq':
      return a === b;
    case 'f32.ne':
      return a !== b;
    case 'f32.lt':
      return a < b;
    case 'f32.le':
      return a <= b;
    case 'f32.gt':
      return a > b;
    case 'f32.ge':
      return a >= b;
    default:
      return undefined;
  }
}

/** Comparisons that hold where others do not. */
export const NEGATED: Readonly<Record<string, string>> = {
  'i32.eq': 'i32.ne',
  'i32.ne': 'i32.eq',
  'i32.lt_s': 'i32.ge_s',
  'i32.ge_s': 'i32.lt_s',
  'i32.gt_s': 'i32.le_s',
  'i32.le_s': 'i32.gt_s',
  'i32.lt_u': 'i32.ge_u',
  'i32.ge_u': 'i32.lt_u',
  'i32.gt_u': 'i32.le_u',
  'i32.le_u': 'i32.gt_u',
};
