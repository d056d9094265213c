const TILE = 64u;
const DEPTH = 4u;
// One vector more than the depth: rows then start in different banks.
const PITCH = 5u;

var<workgroup> leftTile: array<vec4f, 320>;
var<workgroup> rightTile: array<vec4f, 256>;

// Adds the products of the two tiles: 8 rows and 2 vectors of columns, each 8 apart, so that neighbours read neighbouring banks.
fn addTile(local: vec2u, sum: ptr<function, array<vec4f, 16>>) {
  for (var d = 0u; d < DEPTH; d++) {
    var left: array<vec4f, 8>;
    // @unroll
    for (var i = 0u; i < 8u; i++) {
      left[i] = leftTile[(local.y + i * 8u) * PITCH + d];
    }
    // @unroll
    for (var s = 0u; s < 4u; s++) {
      // @unroll
      for (var j = 0u; j < 2u; j++) {
        let right = rightTile[(d * 4u + s) * 16u + local.x + j * 8u];
        // @unroll
        for (var i = 0u; i < 8u; i++) {
          (*sum)[i * 2u + j] = fma(vec4f(left[i][s]), right, (*sum)[i * 2u + j]);
        }
      }
    }
  }
}
