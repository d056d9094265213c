// What an element contributes.
fn contribution(v: f32) -> f32 {
  switch OPERATION {
    case SUM_SQUARES: { return v * v; }
    case SUM_ABS: { return abs(v); }
    default: { return v; }
  }
}

// @include is-nan.wgsl

fn combine(a: f32, b: f32) -> f32 {
  switch OPERATION {
    case MAX: { return select(a, b, b > a || isNaN(b)); }
    case MIN: { return select(a, b, b < a || isNaN(b)); }
    case PRODUCT: { return a * b; }
    default: { return a + b; }
  }
}

// A total and, for sums, what rounding has added to it so far, which is taken from the next term (Kahan 1965): however many terms there
// are, the error stays that of one or two additions.
fn accumulate(total: vec2f, v: f32) -> vec2f {
  if (OPERATION == MAX || OPERATION == MIN || OPERATION == PRODUCT) {
    return vec2f(combine(total.x, v), 0.0);
  }
  let term = v - total.y;
  let sum = total.x + term;
  // An infinite sum has no remainder.
  let finite = (bitcast<u32>(sum) & 0x7f800000u) != 0x7f800000u;
  return vec2f(sum, select(0.0, (sum - total.x) - term, finite));
}
