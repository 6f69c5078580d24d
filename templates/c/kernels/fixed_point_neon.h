/* Fixed point with NEON, four numbers at once. */
#ifndef EDGEPACK_FIXED_POINT_NEON_H
#define EDGEPACK_FIXED_POINT_NEON_H

#include "edgepack.h"

#include <arm_neon.h>

/* Four shifts, as they lie among constants. */
EP_INLINE int32x4_t ep_four_shifts(const int8_t *at)
{
    int32_t four;
    memcpy(&four, at, sizeof four);
    return vmovl_s16(vget_low_s16(vmovl_s8(vreinterpret_s8_s32(vdup_n_s32(four)))));
}

/* round(v / 2^-exponent) for exponents of 0 or less, ties away from zero: the instruction rounds them upwards, so that
   negative numbers are moved down by one first, where there is anything to round. */
EP_INLINE int32x4_t ep_divide4(int32x4_t v, int32x4_t exponent)
{
    const int32x4_t down = vshrq_n_s32(vandq_s32(v, exponent), 31);
    return vrshlq_s32(vqaddq_s32(v, down), exponent);
}

/* ep_multiply, by a mantissa and shifts to the left, of which `right` is 0 or less. */
EP_INLINE int32x4_t ep_multiply4(int32x4_t v, int32x4_t mantissa, int32x4_t left, int32x4_t right)
{
    return ep_divide4(vqrdmulhq_s32(vshlq_s32(v, left), mantissa), right);
}

#endif
