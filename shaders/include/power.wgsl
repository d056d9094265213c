// @include is-nan.wgsl
// @include exponential-parts.wgsl
// @include head.wgsl

// v^e for finite v > 0 and finite e, to 2 ulp: 2^(e log2 v) with log2 v in two parts (fdlibm's powf; v = 2^n m as in naturalLog).
fn positivePower(v: f32, e: f32) -> f32 {
  let bits = bitcast<u32>(v);
  let subnormal = bits < 0x800000u;
  let shifted = select(bits, bitcast<u32>(f32(bits)), subnormal) - 0x3f3504f3u;
  let n = f32((bitcast<i32>(shifted) >> 23u) - select(0, 149, subnormal));
  let m = bitcast<f32>((shifted & 0x7fffffu) + 0x3f3504f3u);
  // ln m = 2 artanh(s), s = (m - 1) / (m + 1) = s1 + s2.
  let inverse = 1.0 / (m + 1.0);
  let s = (m - 1.0) * inverse;
  let s1 = head(s);
  let m1 = head(m + 1.0);
  let s2 = inverse * (((m - 1.0) - s1 * m1) - s1 * (m - (m1 - 1.0)));
  let z = s * s;
  var p = 2.0697501302e-1;
  p = p * z + 2.3066075146e-1;
  p = p * z + 2.7272811532e-1;
  p = p * z + 3.3333334327e-1;
  p = p * z + 4.2857143283e-1;
  p = p * z + 6.0000002384e-1;
  let r = p * z * z + s2 * (s1 + s);
  let t1 = head(3.0 + s1 * s1 + r);
  let t2 = r - ((t1 - 3.0) - s1 * s1);
  let rest = s2 * t1 + t2 * s;
  let l1 = head(s1 * t1 + rest);
  let l2 = rest - (l1 - s1 * t1);
  // log2 v = g1 + g2, with 2 / (3 ln 2) in two parts.
  let product = 9.619140625e-1 * l1;
  let tail = -1.1736857402e-4 * l1 + l2 * 9.6179670095e-1;
  let g1 = head((product + tail) + n);
  let g2 = tail - ((g1 - n) - product);
  // e log2 v = y1 + y2, of which the whole part q becomes an exponent.
  let e1 = head(e);
  let y2 = (e - e1) * g1 + e * g2;
  let y = e1 * g1 + y2;
  let q = round(clamp(y, -151.0, 129.0));
  let y1 = e1 * g1 - q;
  let b1 = bitcast<f32>(bitcast<u32>(y1 + y2) & 0xffff8000u);
  let b2 = (y2 - (b1 - y1)) * 6.9314718246e-1 + b1 * 1.42860654e-6;
  let x = b1 * 6.93145752e-1 + b2;
  let low = b2 - (x - b1 * 6.93145752e-1);
  let inside = scaled(1.0 + (expMinusOneNear0(x) + (low + x * low)), q);
  return select(select(inside, scaled(2.0, 254.0), y >= 129.0), 0.0, y <= -151.0);
}

// v^e with the edges of C and PyTorch: 1 for e = 0 and for v = 1 whatever the other is, NaN for a negative v with a fractional e.
fn power(v: f32, e: f32) -> f32 {
  if (e == 0.0 || v == 1.0) {
    return 1.0;
  }
  if (isNaN(v) || isNaN(e)) {
    return select(e, v, isNaN(v));
  }
  let a = abs(v);
  let whole = round(e) == e;
  let odd = whole && abs(e) < 16777216.0 && e - 2.0 * floor(e * 0.5) == 1.0;
  let infinite = (bitcast<u32>(e) & 0x7fffffffu) == 0x7f800000u;
  var y = 1.0;
  if ((bitcast<u32>(a) - 1u) >= 0x7f7fffffu || infinite) {
    // Zero or infinite on either side: 0 where the base shrinks, infinity where it grows.
    let grows = (a > 1.0) == (e > 0.0);
    y = select(select(0.0, scaled(2.0, 254.0), grows), 1.0, a == 1.0);
  } else if (v < 0.0 && !whole) {
    return bitcast<f32>(0x7fc00000u | (bitcast<u32>(a) & 1u));
  } else {
    y = positivePower(a, e);
  }
  return select(y, -y, odd && (bitcast<u32>(v) >> 31u) == 1u);
}
