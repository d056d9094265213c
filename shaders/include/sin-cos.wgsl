// The bits of 2/π behind the binary point, after 32 zeros.
const TWO_OVER_PI = array<u32, 8>(
  0u, 0xa2f9836eu, 0x4e441529u, 0xfc2757d1u, 0xf534ddc0u, 0xdb629599u, 0x3c439041u, 0xfe5163abu,
);

// The upper word of the product of two words.
fn productHigh(a: u32, b: u32) -> u32 {
  let p = (a >> 16u) * (b & 0xffffu);
  let q = (a & 0xffffu) * (b >> 16u);
  let middle = (((a & 0xffffu) * (b & 0xffffu)) >> 16u) + (p & 0xffffu) + (q & 0xffffu);
  return (a >> 16u) * (b >> 16u) + (p >> 16u) + (q >> 16u) + (middle >> 16u);
}

struct Reduced {
  rest: f32,
  quarter: i32,
}

// v = quarter π/2 + rest (mod 2π) for large v (Payne and Hanek 1983): with v = m 2^e, the words of 2/π that matter times m, modulo 4.
fn reducedLarge(v: f32) -> Reduced {
  let bits = bitcast<u32>(v);
  let m = (bits & 0x7fffffu) | 0x800000u;
  let first = ((bits >> 23u) & 0xffu) - 120u;
  let word = first >> 5u;
  let shift = first & 31u;
  var window = vec3u();
  // @unroll
  for (var j = 0u; j < 3u; j++) {
    // Shifted in two steps: a shift by 32 is none.
    window[j] = (TWO_OVER_PI[word + j] << shift) | ((TWO_OVER_PI[min(word + j + 1u, 7u)] >> 1u) >> (31u - shift));
  }
  let low = m * window.z;
  let middle = m * window.y;
  let carried = middle + productHigh(m, window.z);
  let high = m * window.x + productHigh(m, window.y) + select(0u, 1u, carried < middle);
  // Two bits of quarters, then the fraction of one, in two words; its upper half counts from the next quarter down.
  let over = select(0u, 0xffffffffu, (high & 0x20000000u) != 0u);
  let fraction = vec2u((high << 2u) | (carried >> 30u), (carried << 2u) | (low >> 30u)) ^ vec2u(over);
  let zeros = select(countLeadingZeros(fraction.x), 32u, fraction.x == 0u);
  let top = select((fraction.x << zeros) | ((fraction.y >> 1u) >> (31u - zeros)), fraction.y, zeros == 32u);
  let magnitude = f32(top) * bitcast<f32>((95u - zeros) << 23u) * 1.5707963267948966;
  let quarter = i32((high >> 30u) + (over & 1u));
  let below = (over != 0u) != (v < 0.0);
  return Reduced(select(magnitude, -magnitude, below), select(quarter, -quarter, v < 0.0) & 3);
}

// The same for any v: Cody and Waite's reduction (1980) by multiples of π/2 in four parts up to 8000, where they are exact.
fn reduced(v: f32) -> Reduced {
  if (abs(v) > 8000.0) {
    return reducedLarge(v);
  }
  let n = round(v * 0.6366197723675814);
  let rest = (((v - n * 1.5703125) - n * 4.837512969970703e-4) - n * 7.549533620476723e-8) - n * 2.5633440682570896e-12;
  return Reduced(rest, i32(n) & 3);
}

// (sin v, cos v), each to 3 ulp: WGSL only promises 2^-11 and nothing beyond [-π, π]. Cephes' polynomials on [-π/4, π/4]. NaN where v is none.
fn sinCos(v: f32) -> vec2f {
  let x = reduced(v);
  let r = x.rest;
  let z = r * r;
  let s = r + r * z * (-1.6666654611e-1 + z * (8.3321608736e-3 - z * 1.9515295891e-4));
  let c = 1.0 - 0.5 * z + z * z * (4.166664568298827e-2 + z * (-1.388731625493765e-3 + z * 2.443315711809948e-5));
  let turned = select(vec2f(s, c), vec2f(c, -s), (x.quarter & 1) == 1);
  let bits = bitcast<u32>(v);
  let finite = (bits & 0x7f800000u) != 0x7f800000u;
  return select(vec2f(bitcast<f32>(0x7fc00000u | (bits & 1u))), select(turned, -turned, x.quarter >= 2), finite);
}
