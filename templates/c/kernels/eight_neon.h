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

EP_INLINE ep_eight ep_eight_product(ep_eight a, ep_eight b)
{
    return ep_eight_of(vmulq_s32(a.val[0], b.val[0]), vmulq_s32(a.val[1], b.val[1]));
}

EP_INLINE ep_eight ep_eight_clamp(ep_eight v, ep_eight low, ep_eight high)
{
    return ep_eight_of(vminq_s32(vmaxq_s32(v.val[0], low.val[0]), high.val[0]),
                       vminq_s32(vmaxq_s32(v.val[1], low.val[1]), high.val[1]));
}

EP_INLINE ep_eight_factor ep_eight_factor_of(int32_t mantissa, int32_t shift)
{
    const ep_eight_factor f = {ep_eight_all(mantissa), ep_eight_all(ep_max(shift, 0)), ep_eight_all(ep_min(shift, 0))};
    return f;
}

/* `below` where a number is under zero. */
EP_INLINE int32x4_t ep_four_choose(int32x4_t v, int32x4_t below, int32x4_t other)
{
    return vbslq_s32(vreinterpretq_u32_s32(vshrq_n_s32(v, 31)), below, other);
}

EP_INLINE ep_eight ep_eight_choose(ep_eight v, ep_eight below, ep_eight other)
{
    return ep_eight_of(ep_four_choose(v.val[0], below.val[0], other.val[0]),
                       ep_four_choose(v.val[1], below.val[1], other.val[1]));
}

EP_INLINE ep_eight_factor ep_eight_factor_choose(ep_eight v, const ep_eight_factor *below, const ep_eight_factor *other)
{
    const ep_eight_factor f = {ep_eight_choose(v, below->mantissa, other->mantissa),
                               ep_eight_choose(v, below->left, other->left),
                               ep_eight_choose(v, below->right, other->right)};
    return f;
}

/* ep_multiply. */
EP_INLINE ep_eight ep_eight_multiply(ep_eight v, const ep_eight_factor *f)
{
    return ep_eight_of(ep_multiply4(v.val[0], f->mantissa.val[0], f->left.val[0], f->right.val[0]),
                       ep_multiply4(v.val[1], f->mantissa.val[1], f->left.val[1], f->right.val[1]));
}

/* The numbers fit. */
EP_INLINE int16x8_t ep_eight_narrowed(ep_eight v) { return vcombine_s16(vmovn_s32(v.val[0]), vmovn_s32(v.val[1])); }
EP_INLINE void ep_eight_to_int16(ep_eight v, int16_t *out) { vst1q_s16(out, ep_eight_narrowed(v)); }
EP_INLINE void ep_eight_to_int8(ep_eight v, int8_t *out) { vst1_s8(out, vmovn_s16(ep_eight_narrowed(v))); }

#endif
