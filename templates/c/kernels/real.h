/* The float32 operations of the arithmetic `xnnpack`. Each is rounded once, whatever the compiler may fuse. */
#ifndef EDGEPACK_REAL_H
#define EDGEPACK_REAL_H

#include "edgepack.h"

#if defined(__FAST_MATH__)
#error "-ffast-math lets a compiler round otherwise, and the integers would not be the model's: leave it out"
#endif

EP_ASSERT(FLT_EVAL_METHOD == 0, float_is_computed_in_float_not_wider);
EP_ASSERT(sizeof(float) == 4 && FLT_MANT_DIG == 24, float_is_ieee_single);

/* Nearest integer, ties to even, of |v| up to 2^22: the addition leaves no fraction bits. */
EP_INLINE int32_t ep_rint(float v)
{
    const float moved = v + 12582912.0f;
    int32_t bits;
    memcpy(&bits, &moved, sizeof bits);
    return bits - 0x4B400000;
}

/* The same, clamped first: both ends are integers, so that the order does not matter. */
EP_INLINE int32_t ep_rint_clamped(float v, float low, float high)
{
    v = v < low ? low : v;
    v = v > high ? high : v;
    return ep_rint(v);
}

/* Nearest integer, ties upwards, of 0 <= v < 2^24. */
EP_INLINE int32_t ep_round_positive(float v)
{
    const int32_t whole = (int32_t)v;
    return whole + (v - (float)whole >= 0.5f);
}

/* a * b as a float, out of reach of a fused multiply-add: the product is exact in double, the conversion rounds. */
EP_INLINE float ep_product(float a, float b) { return (float)((double)a * (double)b); }

#endif
