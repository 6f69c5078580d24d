/* Fixed-point multiplication: a real multiplier is a mantissa in [2^30, 2^31) times 2^(shift - 31). */
#ifndef EDGEPACK_FIXED_POINT_H
#define EDGEPACK_FIXED_POINT_H

#include "edgepack.h"

/* round(a * b / 2^31), ties upwards; not both -2^31. */
EP_INLINE int32_t ep_high_mul(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + (INT64_C(1) << 30)) >> 31);
}

/* round(v / 2^exponent), ties away from zero; exponent 0 to 31. */
EP_INLINE int32_t ep_divide_pow2(int32_t v, int32_t exponent)
{
    const int32_t mask = (int32_t)((UINT32_C(1) << exponent) - 1u);
    const int32_t threshold = (mask >> 1) + (v < 0);
    return (v >> exponent) + ((v & mask) > threshold);
}

/* v * mantissa * 2^(shift - 31), rounded twice. */
EP_INLINE int32_t ep_multiply(int32_t v, int32_t mantissa, int32_t shift)
{
    const int32_t left = ep_max(shift, 0), right = ep_max(-shift, 0);
    return ep_divide_pow2(ep_high_mul((int32_t)((uint32_t)v << left), mantissa), right);
}

/* The same, both times with ties upwards. */
EP_INLINE int32_t ep_multiply_upwards(int32_t v, int32_t mantissa, int32_t shift)
{
    const int32_t left = ep_max(shift, 0), right = ep_max(-shift, 0);
    const int32_t high = ep_high_mul((int32_t)((uint32_t)v << left), mantissa);
    return right ? (high >> right) + ((high >> (right - 1)) & 1) : high;
}

/* v * multiplier / 2^shift, rounded once, ties away from zero. */
EP_INLINE int32_t ep_multiply_once(int32_t v, int32_t multiplier, int32_t shift)
{
    const int64_t size = v < 0 ? -(int64_t)v : v;
    const int64_t rounded = (size * multiplier + (INT64_C(1) << (shift - 1))) >> shift;
    return (int32_t)(v < 0 ? -rounded : rounded);
}

#endif
