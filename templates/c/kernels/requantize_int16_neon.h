/* Requantization of 8 sums of 32 bits with NEON at once, the same integers as in requantize_int16.h. */
#ifndef EDGEPACK_REQUANTIZE_INT16_NEON_H
#define EDGEPACK_REQUANTIZE_INT16_NEON_H

#include "fixed_point_neon.h"

/* What eight channels are scaled by. */
typedef struct {
#if EP_INT16_HIGH || EP_INT16_TWICE || EP_INT16_UPWARDS
    int32x4_t multiplier[2], shift[2];
#endif
#if EP_INT16_DOUBLE && defined(__aarch64__)
    float64x2_t scale[4];
#endif
    int16x8_t low, high;
} ep_int16_scales;

EP_INLINE int ep_int16_has_vectors(const ep_requantize_int16 *r)
{
#if EP_INT16_DOUBLE && !defined(__aarch64__)
    if (r->rule == ep_int16_double)
        return 0;
#endif
    return !EP_INT16_WIDE || r->rule != ep_int16_wide;
}

EP_INLINE ep_int16_scales ep_int16_scales_load(const ep_requantize_int16 *r, int32_t channel)
{
    ep_int16_scales s;
    memset(&s, 0, sizeof s);
    (void)channel;
#if EP_INT16_DOUBLE && defined(__aarch64__)
    if (r->rule == ep_int16_double)
        EP_UNROLL for (int32_t j = 0; j < 4; j++)
            s.scale[j] = vld1q_f64(r->scale + channel + 2 * j);
#endif
#if EP_INT16_HIGH || EP_INT16_TWICE || EP_INT16_UPWARDS
    if (!EP_INT16_DOUBLE || r->rule != ep_int16_double)
        EP_UNROLL for (int32_t j = 0; j < 2; j++) {
            s.multiplier[j] = vld1q_s32(r->multiplier + channel + 4 * j);
            s.shift[j] = ep_four_shifts(r->shift + channel + 4 * j);
#if EP_INT16_HIGH /* The first of its instructions drops 31 bits. */
            if (!(EP_INT16_TWICE || EP_INT16_UPWARDS) || r->rule == ep_int16_high)
                s.shift[j] = vsubq_s32(vdupq_n_s32(-2), s.shift[j]);
#endif
        }
#endif
    s.low = vdupq_n_s16((int16_t)r->low), s.high = vdupq_n_s16((int16_t)r->high);
    return s;
}

/* Four results, the first or second of eight, saturated to 32 bits. */
EP_INLINE int32x4_t ep_int16_scaled4(const ep_requantize_int16 *r, const ep_int16_scales *s, int32x4_t sums,
                                     const int32_t j)
{
    (void)r, (void)s, (void)j; /* A model of the rule wide has nothing here. */
#if EP_INT16_DOUBLE && defined(__aarch64__)
    if (r->rule == ep_int16_double) {
        const float64x2_t a = vmulq_f64(vcvtq_f64_s64(vmovl_s32(vget_low_s32(sums))), s->scale[2 * j]);
        const float64x2_t b = vmulq_f64(vcvtq_f64_s64(vmovl_high_s32(sums)), s->scale[2 * j + 1]);
        return vcombine_s32(vqmovn_s64(vcvtaq_s64_f64(a)), vqmovn_s64(vcvtaq_s64_f64(b)));
    }
#endif
#if EP_INT16_HIGH
    if (!(EP_INT16_TWICE || EP_INT16_UPWARDS) || r->rule == ep_int16_high)
        return vrshlq_s32(vqdmulhq_s32(sums, s->multiplier[j]), s->shift[j]);
#endif
#if EP_INT16_TWICE || EP_INT16_UPWARDS
    const int32x4_t zero = vdupq_n_s32(0), left = vmaxq_s32(s->shift[j], zero), right = vminq_s32(s->shift[j], zero);
    const int32x4_t high = vqrdmulhq_s32(vshlq_s32(sums, left), s->multiplier[j]);
    return EP_INT16_TWICE && r->rule == ep_int16_twice ? ep_divide4(high, right) : vrshlq_s32(high, right);
#else
    return sums;
#endif
}

EP_INLINE void ep_int16_scaled(const ep_requantize_int16 *r, const ep_int16_scales *s, const int32_t *sums,
                               int16_t *out)
{
    const int32x4_t a = ep_int16_scaled4(r, s, vld1q_s32(sums), 0), b = ep_int16_scaled4(r, s, vld1q_s32(sums + 4), 1);
    const int16x8_t both = vcombine_s16(vqmovn_s32(a), vqmovn_s32(b));
    vst1q_s16(out, vminq_s16(vmaxq_s16(both, s->low), s->high));
}

#endif
