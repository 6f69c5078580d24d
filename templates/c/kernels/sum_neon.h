/* ADD and SUB with NEON: 16 elements at a time, the same integers as in sum.h. */
#ifndef EDGEPACK_SUM_NEON_H
#define EDGEPACK_SUM_NEON_H

#include "requantize_neon.h"

/* Two factors and what is added, in every lane; or the three fixed-point products. */
typedef struct {
    int16x8_t zero;
    int8x16_t low, high;
    int32x4_t a, b, start, shift;
    int32x4_t a_left, a_right, b_left, b_right, left, right, factor, sign;
} ep_sum_lanes;

EP_INLINE ep_sum_lanes ep_sum_lanes_of(const ep_sum *s)
{
    ep_sum_lanes l;
    l.zero = vdupq_n_s16((int16_t)s->zero);
    l.low = vdupq_n_s8((int8_t)s->low);
    l.high = vdupq_n_s8((int8_t)s->high);
    l.a = vdupq_n_s32(s->a_multiplier);
    l.b = vdupq_n_s32(s->b_multiplier);
    l.start = vdupq_n_s32(s->fixed ? 0 : -s->a_zero * s->a_multiplier - s->b_zero * s->b_multiplier);
    l.shift = vdupq_n_s32(-s->shift);
    l.a_left = vdupq_n_s32(ep_max(s->a_shift, 0)), l.a_right = vdupq_n_s32(ep_min(s->a_shift, 0));
    l.b_left = vdupq_n_s32(ep_max(s->b_shift, 0)), l.b_right = vdupq_n_s32(ep_min(s->b_shift, 0));
    l.left = vdupq_n_s32(ep_max(s->shift, 0)), l.right = vdupq_n_s32(ep_min(s->shift, 0));
    l.factor = vdupq_n_s32(s->multiplier);
    l.sign = vdupq_n_s32(s->sign);
    return l;
}

EP_INLINE int32x4_t ep_sum4(const ep_sum *s, const ep_sum_lanes *l, const int fixed, int16x4_t a, int16x4_t b)
{
    if (!fixed)
        return vrshlq_s32(vmlaq_s32(vmlaq_s32(l->start, vmovl_s16(a), l->a), vmovl_s16(b), l->b), l->shift);
    const int32x4_t x = vshlq_n_s32(vsubl_s16(a, vdup_n_s16((int16_t)s->a_zero)), 20);
    const int32x4_t y = vshlq_n_s32(vsubl_s16(b, vdup_n_s16((int16_t)s->b_zero)), 20);
    const int32x4_t second = vmulq_s32(ep_multiply4(y, l->b, l->b_left, l->b_right), l->sign);
    const int32x4_t both = vaddq_s32(ep_multiply4(x, l->a, l->a_left, l->a_right), second);
    return ep_multiply4(both, l->factor, l->left, l->right);
}

/* As many of `count` elements as fill vectors; returns how many. */
EP_INLINE int32_t ep_sum_vectors(const ep_sum *s, const int fixed, const int8_t *a, const int8_t *b, int32_t count,
                                 int8_t *out)
{
    const ep_sum p = *s;
    const ep_sum_lanes l = ep_sum_lanes_of(&p);
    int32_t done = 0;
    for (; count - done >= 16; done += 16) {
        const int8x16_t x = vld1q_s8(a + done), y = vld1q_s8(b + done);
        const int16x8_t x0 = vmovl_s8(vget_low_s8(x)), x1 = vmovl_s8(vget_high_s8(x));
        const int16x8_t y0 = vmovl_s8(vget_low_s8(y)), y1 = vmovl_s8(vget_high_s8(y));
        const int32x4_t v[4] = {ep_sum4(&p, &l, fixed, vget_low_s16(x0), vget_low_s16(y0)),
                                ep_sum4(&p, &l, fixed, vget_high_s16(x0), vget_high_s16(y0)),
                                ep_sum4(&p, &l, fixed, vget_low_s16(x1), vget_low_s16(y1)),
                                ep_sum4(&p, &l, fixed, vget_high_s16(x1), vget_high_s16(y1))};
        vst1q_s8(out + done, ep_packed16(v, l.zero, l.low, l.high));
    }
    return done;
}

#endif
