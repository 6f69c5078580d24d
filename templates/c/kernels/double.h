/* A sum times a scale as a machine with doubles computes it: the product is rounded to a double, then to an integer with
   ties away from zero. CPUs without doubles do it in integers. */
#ifndef EDGEPACK_DOUBLE_H
#define EDGEPACK_DOUBLE_H

#include "edgepack.h"

/* Whether the CPU computes in double by itself, and rounds each result to one. -DEDGEPACK_NO_DOUBLES denies it. */
#if (defined(__SSE2__) || defined(__aarch64__) || defined(__wasm__) || (defined(__ARM_FP) && (__ARM_FP & 8)) || \
     (defined(__riscv_flen) && __riscv_flen >= 64)) && FLT_EVAL_METHOD == 0 && !defined(EDGEPACK_NO_DOUBLES)
#define EP_DOUBLES 1
#else
#define EP_DOUBLES 0
#endif

EP_ASSERT(sizeof(double) == 8 && DBL_MANT_DIG == 53, double_is_ieee_double);

#if EP_DOUBLES

/* The clamp comes before the rounding, which it can't change, and keeps the product out of reach of a fused addition. */
EP_INLINE int32_t ep_double_scaled(int64_t sum, double scale, int32_t low, int32_t high)
{
    double v = (double)sum * scale;
    v = v < (double)low ? (double)low : v;
    v = v > (double)high ? (double)high : v;
    const int32_t whole = (int32_t)v;
    const double rest = v - (double)whole;
    return whole + (rest >= 0.5) - (rest <= -0.5);
}

#else

/* size * mantissa / 2^shift as a machine with doubles computes it: the product, exact in 128 bits, is rounded to 53
   significant bits with ties to even, then to an integer with ties away from zero. Large results stop at 2^30. */
static EP_APART int64_t ep_double_product(uint64_t size, uint64_t mantissa, int32_t shift)
{
    const uint64_t low = (size & 0xFFFFFFFFu) * (mantissa & 0xFFFFFFFFu);
    const uint64_t cross = (size >> 32) * (mantissa & 0xFFFFFFFFu) + (low >> 32);
    const uint64_t other = (size & 0xFFFFFFFFu) * (mantissa >> 32) + (cross & 0xFFFFFFFFu);
    uint64_t head = (size >> 32) * (mantissa >> 32) + (cross >> 32) + (other >> 32);
    uint64_t tail = (other << 32) | (low & 0xFFFFFFFFu);
    int lost = 0; /* Whether a bit below the half is set. */
    int32_t dropped = 0;
    while (head || tail >> 54) { /* Leave 54 bits: 53, and the half that decides. */
        lost |= (int)(tail & 1u);
        tail = (tail >> 1) | (head << 63);
        head >>= 1;
        dropped++;
    }
    if (tail >> 53) {
        const uint64_t half = tail & 1u;
        tail >>= 1;
        tail += half && (lost || (tail & 1u));
        dropped++;
    }
    shift -= dropped;
    if (shift < 1)
        return tail ? INT64_C(1) << 30 : 0;
    return shift > 62 ? 0 : (int64_t)((tail + (UINT64_C(1) << (shift - 1))) >> shift);
}

/* A size of 32 bits gives a product of 85 at most, which the first rounding moves by 2^31 at most: not over the half that
   decides, unless what is dropped of the sum of product and half, 32 bits aside, is all ones. */
EP_INLINE int64_t ep_double_magnitude(uint64_t size, uint64_t mantissa, int32_t shift)
{
    if (size <= 0xFFFFFFFFu && shift > 32 && shift < 94) {
        const uint32_t few = (uint32_t)size;
        const uint64_t low = (uint64_t)few * (uint32_t)mantissa, head = (uint64_t)few * (uint32_t)(mantissa >> 32) + (low >> 32);
        const uint64_t ones = (UINT64_C(1) << (shift - 32)) - 1u, moved = head + (ones >> 1) + 1u;
        if ((moved & ones) != ones)
            return (int64_t)(moved >> (shift - 32));
    }
    return ep_double_product(size, mantissa, shift);
}

EP_INLINE int32_t ep_double_scaled(int64_t sum, double scale, int32_t low, int32_t high)
{
    const uint64_t size = sum < 0 ? 0u - (uint64_t)sum : (uint64_t)sum, leading = UINT64_C(1) << 52;
    uint64_t bits;
    memcpy(&bits, &scale, sizeof bits);
    int64_t v = ep_double_magnitude(size, (bits & (leading - 1u)) | leading, 1075 - (int32_t)(bits >> 52));
    v = sum < 0 ? -v : v;
    return (int32_t)(v < low ? low : v > high ? high : v);
}

#endif

#endif
