/* Sine and cosine of angles in turns, with the same bits on every machine.
 *
 * A turn is 2 pi: turn_sin(t) is sin(2 pi t). Angles of circles and spirals are fractions of a
 * turn, which a double holds without pi's rounding, so the quarters come out exact
 * (turn_cos(0.25) is 0).
 * Only + - * are used, in a fixed order. Greatest errors found against long double over 100 million
 * angles (tests/core/test_turn.c checks 2 million): sine 0.81 ulp, cosine 0.81 ulp.
 *
 * For |turns| < 2^50; what is greater, infinite or NaN gives NaN. */
#ifndef CORE_BASE_MATH_TURN_H
#define CORE_BASE_MATH_TURN_H

double turn_sin(double turns);
double turn_cos(double turns);

#endif
