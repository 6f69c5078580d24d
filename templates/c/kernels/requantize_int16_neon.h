/* Requantization of 8 sums of 32 bits with NEON, the same integers as in requantize_int16.h. */
#ifndef EDGEPACK_REQUANTIZE_INT16_NEON_H
#define EDGEPACK_REQUANTIZE_INT16_NEON_H

#include "fixed_point_neon.h"

#if EP_INT16_DOUBLE && defined(__aarch64__)
EP_INLINE int32x2_t ep_double2(int32x2_t sums, const double *scale)
{
    const float64x2_t v = vmulq_f64(vcvtq_f64_s64(vmovl_s32(sums)), vld1q_f64(scale));
    return vqmovn_s64(vcvtaq_s64_f64(v));
}
#endif

/* Four results, saturated to 32 bits. */
EP_INLINE int32x4_t ep_int16_scaled4(const ep_requantize_int16 *r, int32_t channel, int32x4_t sums)
{
#if EP_INT16_DOUBLE && defined(__aarch64__)
    if (r->rule == ep_int16_double)
        return vcombine_s32(ep_double2(vget_low_s32(sums), r->scale + channel),
                            ep_double2(vget_high_s32(sums), r->scale + channel + 2));
#endif
    const int32x4_t shift = ep_four_shifts(r->shift + channel), multiplier = vld1q_s32(r->multiplier + channel);
#if EP_INT16_HIGH
    if (!(EP_INT16_TWICE || EP_INT16_UPWARDS) || r->rule == ep_int16_high)
        return vrshlq_s32(vqdmulhq_s32(sums, multiplier), vsubq_s32(vdupq_n_s32(-2), shift)); /* The first drops 31 bits. */
#endif
    const int32x4_t zero = vdupq_n_s32(0), left = vmaxq_s32(shift, zero), right = vminq_s32(shift, zero);
    const int32x4_t high = vqrdmulhq_s32(vshlq_s32(sums, left), multiplier);
    return EP_INT16_TWICE && r->rule == ep_int16_twice ? ep_divide4(high, right) : vrshlq_s32(high, right);
}

EP_INLINE int ep_int16_has_vectors(const ep_requantize_int16 *r)
{
#if EP_INT16_DOUBLE && !defined(__aarch64__)
    if (r->rule == ep_int16_double)
        return 0;
#endif
    return !EP_INT16_WIDE || r->rule != ep_int16_wide;
}

EP_INLINE void ep_requantize_int16_vectors(const ep_requantize_int16 *r, int32_t channel, const int32_t *sums,
                                           int16_t *out)
{
    const int32x4_t a = ep_int16_scaled4(r, channel, vld1q_s32(sums));
    const int32x4_t b = ep_int16_scaled4(r, channel + 4, vld1q_s32(sums + 4));
    const int16x8_t both = vcombine_s16(vqmovn_s32(a), vqmovn_s32(b));
    vst1q_s16(out, vminq_s16(vmaxq_s16(both, vdupq_n_s16((int16_t)r->low)), vdupq_n_s16((int16_t)r->high)));
}

#endif
