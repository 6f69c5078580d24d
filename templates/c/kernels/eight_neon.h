/* Eight numbers at once with NEON. */
#ifndef EDGEPACK_EIGHT_NEON_H
#define EDGEPACK_EIGHT_NEON_H

#include "fixed_point_neon.h"

typedef int32x4x2_t ep_eight;

/* Shifts to the left; `right` is 0 or less. */
typedef struct {
    ep_eight mantissa, left, right;
} ep_eight_factor;

EP_INLINE ep_eight ep_eight_of(int32x4_t first, int32x4_t second)
{
    const ep_eight both = {{first, second}};
    return both;
}

EP_INLINE ep_eight ep_eight_all(int32_t v) { return ep_eight_of(vdupq_n_s32(v), vdupq_n_s32(v)); }

EP_INLINE ep_eight ep_eight_widened(int16x8_t v)
{
    return ep_eight_of(vmovl_s16(vget_low_s16(v)), vmovl_s16(vget_high_s16(v)));
}

EP_INLINE ep_eight ep_eight_of_int16(const int16_t *at) { return ep_eight_widened(vld1q_s16(at)); }
EP_INLINE ep_eight ep_eight_of_int8(const int8_t *at) { return ep_eight_widened(vmovl_s8(vld1_s8(at))); }

EP_INLINE ep_eight ep_eight_add(ep_eight a, ep_eight b)
{
    return ep_eight_of(vaddq_s32(a.val[0], b.val[0]), vaddq_s32(a.val[1], b.val[1]));
}

EP_INLINE ep_eight ep_eight_left(ep_eight v, const int32_t count)
{
    return ep_eight_of(vshlq_s32(v.val[0], vdupq_n_s32(count)), vshlq_s32(v.val[1], vdupq_n_s32(count)));
}

EP_INLINE ep_eight ep_eight_product(ep_eight a, ep_eight b)
{
    return ep_eight_of(vmulq_s32(a.val[0], b.val[0]), vmulq_s32(a.val[1], b.val[1]));
}

EP_INLINE ep_eight ep_eight_signed(ep_eight v, ep_eight sign) { return ep_eight_product(v, sign); }

EP_INLINE ep_eight_factor ep_eight_factor_of(int32_t mantissa, int32_t shift)
{
    const ep_eight_factor f = {ep_eight_all(mantissa), ep_eight_all(ep_max(shift, 0)), ep_eight_all(ep_min(shift, 0))};
    return f;
}

/* ep_multiply. */
EP_INLINE ep_eight ep_eight_multiply(ep_eight v, const ep_eight_factor *f)
{
    return ep_eight_of(ep_multiply4(v.val[0], f->mantissa.val[0], f->left.val[0], f->right.val[0]),
                       ep_multiply4(v.val[1], f->mantissa.val[1], f->left.val[1], f->right.val[1]));
}

/* `below` where a number is less than zero. */
EP_INLINE ep_eight ep_eight_choose(ep_eight v, ep_eight below, ep_eight above)
{
    return ep_eight_of(vbslq_s32(vreinterpretq_u32_s32(vshrq_n_s32(v.val[0], 31)), below.val[0], above.val[0]),
                       vbslq_s32(vreinterpretq_u32_s32(vshrq_n_s32(v.val[1], 31)), below.val[1], above.val[1]));
}

/* By `below` and with that sign where a number is less than zero, else by `above`. */
EP_INLINE ep_eight ep_eight_multiply_either(ep_eight v, const ep_eight_factor *below, ep_eight sign,
                                            const ep_eight_factor *above)
{
    const ep_eight_factor f = {ep_eight_choose(v, below->mantissa, above->mantissa),
                               ep_eight_choose(v, below->left, above->left),
                               ep_eight_choose(v, below->right, above->right)};
    return ep_eight_signed(ep_eight_multiply(v, &f), ep_eight_choose(v, sign, ep_eight_all(1)));
}

/* Results with their zero point, clamped. Saturation at 16 bits is beyond the clamp. */
EP_INLINE int16x8_t ep_eight_narrowed(ep_eight v, const ep_eight_ends *e)
{
    const int16x8_t moved = vqaddq_s16(vcombine_s16(vqmovn_s32(v.val[0]), vqmovn_s32(v.val[1])), vdupq_n_s16(e->zero));
    return vminq_s16(vmaxq_s16(moved, vdupq_n_s16(e->low)), vdupq_n_s16(e->high));
}

EP_INLINE void ep_eight_to_int16(ep_eight v, const ep_eight_ends *e, int16_t *out)
{
    vst1q_s16(out, ep_eight_narrowed(v, e));
}

EP_INLINE void ep_eight_to_int8(ep_eight v, const ep_eight_ends *e, int8_t *out)
{
    vst1_s8(out, vmovn_s16(ep_eight_narrowed(v, e)));
}

#endif
