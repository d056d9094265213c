const TILE = 64u;
const DEPTH = 4u;
// One vector more than the depth: rows then start in different banks.
const PITCH = 5u;

var<workgroup> leftTile: array<vec4f, 320>;
var<workgroup> rightTile: array<vec4f, 320>;

// Adds the products of the two tiles, as dot products of 8 rows and 8 columns, each 8 apart.
fn addTile(local: vec2u, sum: ptr<function, array<f32, 64>>) {
  for (var d = 0u; d < DEPTH; d++) {
    var left: array<vec4f, 8>;
    // @unroll
    for (var i = 0u; i < 8u; i++) {
      left[i] = leftTile[(local.y + i * 8u) * PITCH + d];
    }
    // @unroll
    for (var j = 0u; j < 8u; j++) {
      let right = rightTile[(local.x + j * 8u) * PITCH + d];
      // @unroll
      for (var i = 0u; i < 8u; i++) {
        (*sum)[i * 8u + j] += dot(left[i], right);
      }
    }
  }
}
