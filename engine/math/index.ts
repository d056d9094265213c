/** Elementary functions in double precision whose bits do not depend on the JavaScript engine: for all that reaches a tensor or a report. */
export { erf, erfc } from './error-function.ts';
export { exp, expm1, hypot, log, log1p, pow, square, tanh } from './exponential.ts';
export { atan2, cos, sin, tan } from './trigonometric.ts';
