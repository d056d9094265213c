// What the tail of a product does: a bias where HAS_BIAS, then phi.
override HAS_BIAS: bool = false;
// 0 none, 1 relu, 2 leaky relu
override ACTIVATION: u32 = 0u;

fn phi(v: vec4f) -> vec4f {
  switch ACTIVATION {
    case 1u: { return max(v, vec4f(0.0)); }
    case 2u: { return select(v * params.slope, v, v > vec4f(0.0)); }
    default: { return v; }
  }
}
