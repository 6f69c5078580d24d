/* Requantization of 16 accumulators at once with NEON, the same integers as in requantize.h. */
#ifndef EDGEPACK_REQUANTIZE_NEON_H
#define EDGEPACK_REQUANTIZE_NEON_H

#include "fixed_point_neon.h"
#include "requantize.h"
#include "target.h"

/* Whether some weight is -128, so that two products need not fit 16 bits. */
#ifndef EP_MINUS_128
#define EP_MINUS_128 0
#endif

/* Whether some matrix takes several vectors at once. */
#ifndef EP_TOGETHER
#define EP_TOGETHER 1
#endif

/* What four channels are scaled by. */
typedef struct {
#if EP_FLOAT32
    float32x4_t scale;
#endif
#if EP_TWICE
    int32x4_t multiplier, left, right; /* Shifts to the left; `right` is 0 or less. */
#endif
#if !EP_FLOAT32 && !EP_TWICE
    int32_t none;
#endif
} ep_scale4;

#if EP_FIXED

EP_INLINE int32x4_t ep_multiplier4(const ep_requantize *r, int32_t channel)
{
    (void)channel;
    return EP_SCALES(r, vdupq_n_s32(r->one_multiplier), vld1q_s32(r->multiplier + channel));
}

EP_INLINE int32x4_t ep_shift4(const ep_requantize *r, int32_t channel)
{
    (void)channel;
    return EP_SCALES(r, vdupq_n_s32(r->one_shift), ep_four_shifts(r->shift + channel));
}

#endif

/* Those from `channel` on. */
EP_INLINE ep_scale4 ep_scale4_load(const ep_requantize *r, int32_t channel)
{
    ep_scale4 s;
    memset(&s, 0, sizeof s);
    (void)r, (void)channel; /* A model of the rule once has neither. */
#if EP_FLOAT32
    if (!EP_TWICE || r->rule == ep_rule_float32)
        s.scale = EP_SCALES(r, vdupq_n_f32(r->one_scale), vld1q_f32(r->scale + channel));
#endif
#if EP_TWICE
    if (!EP_FLOAT32 || r->rule == ep_rule_twice) {
        const int32x4_t shift = ep_shift4(r, channel);
        s.multiplier = ep_multiplier4(r, channel);
        s.left = vmaxq_s32(shift, vdupq_n_s32(0));
        s.right = vminq_s32(shift, vdupq_n_s32(0));
    }
#endif
    return s;
}

#if EP_FLOAT32

/* rint(float(v) * scale), saturated: the clamp to int8 that follows gives the same at the ends. */
EP_INLINE int32x4_t ep_scaled_float4(int32x4_t sums, float32x4_t scale)
{
    const float32x4_t v = vmulq_f32(vcvtq_f32_s32(sums), scale);
#if defined(__aarch64__)
    return vcvtnq_s32_f32(v);
#else
    /* Adding 1.5 * 2^23 leaves no fraction bits: ties to even. NEON of ARMv7 takes the smallest numbers for 0, which is
       what they round to. */
    const float32x4_t most = vdupq_n_f32(1024.0f), moved = vdupq_n_f32(12582912.0f);
    const float32x4_t near = vminq_f32(vmaxq_f32(v, vnegq_f32(most)), most);
    return vsubq_s32(vreinterpretq_s32_f32(vaddq_f32(near, moved)), vdupq_n_s32(0x4B400000));
#endif
}

#endif

#if EP_TWICE

/* vqrdmulh is ep_high_mul but for both factors at -2^31; multipliers are positive. */
EP_INLINE int32x4_t ep_scaled_twice4(int32x4_t sums, const ep_scale4 *s)
{
    return ep_divide4(vqrdmulhq_s32(vshlq_s32(sums, s->left), s->multiplier), s->right);
}

#endif

/* Results of the rules float32 and twice, before the zero point is added. */
EP_INLINE int32x4_t ep_scaled4(const ep_requantize *r, const ep_scale4 *s, int32x4_t sums)
{
    (void)r, (void)s;
#if EP_FLOAT32
    if (!EP_TWICE || r->rule == ep_rule_float32)
        return ep_scaled_float4(sums, s->scale);
#endif
#if EP_TWICE
    return ep_scaled_twice4(sums, s);
#else
    return sums;
#endif
}

/* What 16 channels are scaled by, and what all share. */
typedef struct {
    ep_scale4 of[4];
    int16x8_t zero_point;
    int8x16_t low, high;
} ep_scale16;

EP_INLINE ep_scale16 ep_scale16_load(const ep_requantize *r, int32_t channel)
{
    ep_scale16 s;
    EP_UNROLL for (int32_t j = 0; j < 4; j++)
        s.of[j] = ep_scale4_load(r, channel + 4 * j);
    s.zero_point = vdupq_n_s16((int16_t)r->zero_point);
    s.low = vdupq_n_s8((int8_t)r->low);
    s.high = vdupq_n_s8((int8_t)r->high);
    return s;
}

/* Eight results, the zero point added; saturation keeps the order, so that the clamp may follow. */
EP_INLINE int16x8_t ep_moved8(int16x8_t zero_point, int32x4_t first, int32x4_t second)
{
#if defined(__aarch64__)
    return vqaddq_s16(vqmovn_high_s32(vqmovn_s32(first), second), zero_point);
#else
    return vqaddq_s16(vcombine_s16(vqmovn_s32(first), vqmovn_s32(second)), zero_point);
#endif
}

EP_INLINE int8x16_t ep_packed16(const int32x4_t *v, int16x8_t zero_point, int8x16_t low, int8x16_t high)
{
    const int16x8_t first = ep_moved8(zero_point, v[0], v[1]), second = ep_moved8(zero_point, v[2], v[3]);
#if defined(__aarch64__)
    const int8x16_t narrow = vqmovn_high_s16(vqmovn_s16(first), second);
#else
    const int8x16_t narrow = vcombine_s8(vqmovn_s16(first), vqmovn_s16(second));
#endif
    return vminq_s8(vmaxq_s8(narrow, low), high);
}

EP_INLINE int8x16_t ep_clamped16(const ep_scale16 *s, const int32x4_t *v)
{
    return ep_packed16(v, s->zero_point, s->low, s->high);
}

#if EP_ONCE

/* v * multiplier / 2^shift, rounded once, ties away from zero: upwards on the magnitude. */
EP_INLINE int32x2_t ep_once2(int32x2_t sums, int32x2_t multiplier, int64x2_t shift)
{
    const int32x2_t sign = vshr_n_s32(sums, 31);
    const uint32x2_t size = vreinterpret_u32_s32(vabs_s32(sums));
    const uint64x2_t product = vmull_u32(size, vreinterpret_u32_s32(multiplier));
    const int32x2_t rounded = vreinterpret_s32_u32(vmovn_u64(vrshlq_u64(product, vsubq_s64(vdupq_n_s64(0), shift))));
    return vsub_s32(veor_s32(rounded, sign), sign);
}

EP_INLINE int32x4_t ep_once4(const ep_requantize *r, int32_t channel, int32x4_t sums)
{
    const int32x4_t shift = ep_shift4(r, channel), multiplier = ep_multiplier4(r, channel);
    return vcombine_s32(ep_once2(vget_low_s32(sums), vget_low_s32(multiplier), vmovl_s32(vget_low_s32(shift))),
                        ep_once2(vget_high_s32(sums), vget_high_s32(multiplier), vmovl_s32(vget_high_s32(shift))));
}

/* For the rule once, out of the way of the other rules' registers. */
static EP_APART void ep_once16(const ep_requantize *r, int32_t channel, const int32_t *sums, int8_t *out)
{
    const ep_scale16 s = ep_scale16_load(r, channel);
    int32x4_t v[4];
    EP_UNROLL for (int32_t j = 0; j < 4; j++)
        v[j] = ep_once4(r, channel + 4 * j, vld1q_s32(sums + 4 * j));
    vst1q_s8(out, ep_clamped16(&s, v));
}

#endif

/* The results of 16 channels from `channel` on, of which `s` was loaded. */
EP_INLINE int8x16_t ep_scaled16(const ep_requantize *r, const ep_scale16 *s, int32_t channel, const int32x4_t *sums)
{
    (void)r, (void)channel;
#if EP_ONCE
    if (!(EP_FLOAT32 || EP_TWICE) || r->rule == ep_rule_once) {
        int32_t spilled[16];
        int8_t results[16];
        EP_UNROLL for (int32_t j = 0; j < 4; j++)
            vst1q_s32(spilled + 4 * j, sums[j]);
        ep_once16(r, channel, spilled, results);
        return vld1q_s8(results);
    }
#endif
    int32x4_t v[4];
    EP_UNROLL for (int32_t j = 0; j < 4; j++)
        v[j] = ep_scaled4(r, &s->of[j], sums[j]);
    return ep_clamped16(s, v);
}

#endif
