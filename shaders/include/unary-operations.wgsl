override OPERATION: u32 = 0u;
// Where an invocation's four vectors lie: a workgroup's width apart, so that a GPU's neighbours stay neighbours; or one behind another, as a
// processor wants them, whose cache holds few lines at the same distance from a multiple of 4 KiB.
override CONTIGUOUS: bool = false;

const NEG = 0u;
const EXP = 1u;
const LOG = 2u;
const SQRT = 3u;
const RSQRT = 4u;
const RECIPROCAL = 5u;
const TANH = 6u;
const SIGMOID = 7u;
const RELU = 8u;
const LEAKY_RELU = 9u;
const ABS = 10u;
const SQUARE = 11u;
const SIGN = 12u;
const SOFTPLUS = 13u;
const SIN = 14u;
const COS = 15u;
const TAN = 16u;
const GELU = 17u;
const GELU_ERF = 18u;
const POW = 19u;
const CLAMP = 20u;
const FLOOR = 21u;
const CEIL = 22u;
const ROUND = 23u;
const ELU = 24u;
const SILU = 25u;
const AFFINE = 26u;
const ERF = 27u;

const SQRT_2_OVER_PI = 0.7978845608028654;
