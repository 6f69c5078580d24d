/* From accumulators to int8: scale, round, add the zero point, clamp.

   The model's code defines EP_FLOAT32, EP_TWICE and EP_ONCE as 1 for the rules that it uses, so that no other is
   compiled: a model of the arithmetic `integer` holds no float. */
#ifndef EDGEPACK_REQUANTIZE_H
#define EDGEPACK_REQUANTIZE_H

#include "fixed_point.h"
#include "target.h"
#if EP_DSP
#include "pairs_dsp.h"
#endif

#ifndef EP_FLOAT32
#define EP_FLOAT32 0
#endif
#ifndef EP_TWICE
#define EP_TWICE 0
#endif
#ifndef EP_ONCE
#define EP_ONCE 0
#endif
#define EP_FIXED (EP_TWICE || EP_ONCE)
#if EP_FLOAT32
#include "real.h"
#endif

/* Whether some layer's channels have scales of their own, and whether some layer has one scale for all. */
#ifndef EP_OWN_SCALES
#define EP_OWN_SCALES 1
#endif
#ifndef EP_ONE_SCALE
#define EP_ONE_SCALE 0
#endif

/* Of the rule twice: whether some layer scales by a half or more, or sums up to 2^30 or more; and whether some layer's
   clamp leaves out numbers of int8. */
#ifndef EP_SCALES_UP
#define EP_SCALES_UP 1
#endif
#ifndef EP_CLAMPS
#define EP_CLAMPS 1
#endif

enum ep_rule {
    ep_rule_float32, /* rint(float(v) * scale) */
    ep_rule_twice,   /* fixed point, rounded twice */
    ep_rule_once     /* fixed point, rounded once */
};

typedef struct {
#if EP_FLOAT32 && EP_OWN_SCALES
    const float *scale; /* One a channel; null where one is for all. */
#endif
#if EP_FIXED && EP_OWN_SCALES
    const int32_t *multiplier; /* The same for the fixed points. */
    const int8_t *shift;
#endif
#if EP_FLOAT32 && EP_ONE_SCALE
    float one_scale;
#endif
#if EP_FIXED && EP_ONE_SCALE
    int32_t one_multiplier;
    int8_t one_shift;
#endif
    uint8_t rule; /* Of `ep_rule`. */
    int8_t zero_point;
    int8_t low; /* The clamp: of int8, or of the fused activation. */
    int8_t high;
} ep_requantize;

/* Whether the rule is float32, where the model has others besides. */
EP_INLINE int ep_is_float32(const ep_requantize *r)
{
    (void)r;
    return EP_FLOAT32 && (!EP_FIXED || r->rule == ep_rule_float32);
}

/* Whether one scale is for all channels. */
EP_INLINE int ep_has_one_scale(const ep_requantize *r)
{
    (void)r;
#if EP_ONE_SCALE && EP_OWN_SCALES
#if EP_FLOAT32
    if (ep_is_float32(r))
        return !r->scale;
#endif
#if EP_FIXED
    return !r->multiplier;
#endif
#endif
    return EP_ONE_SCALE;
}

/* One number, or the channel's own. */
#if !EP_ONE_SCALE
#define EP_SCALES(r, one, own) (own)
#elif !EP_OWN_SCALES
#define EP_SCALES(r, one, own) (one)
#else
#define EP_SCALES(r, one, own) (ep_has_one_scale(r) ? (one) : (own))
#endif

#if EP_FLOAT32
EP_INLINE float ep_scale_of(const ep_requantize *r, int32_t channel)
{
    (void)channel;
    return EP_SCALES(r, r->one_scale, r->scale[channel]);
}
#endif
#if EP_FIXED
EP_INLINE int32_t ep_multiplier_of(const ep_requantize *r, int32_t channel)
{
    (void)channel;
    return EP_SCALES(r, r->one_multiplier, r->multiplier[channel]);
}

EP_INLINE int32_t ep_shift_of(const ep_requantize *r, int32_t channel)
{
    (void)channel;
    return EP_SCALES(r, r->one_shift, r->shift[channel]);
}
#endif

/* The scales of the channels from `channel` on. */
EP_INLINE ep_requantize ep_requantize_from(const ep_requantize *r, int32_t channel)
{
    ep_requantize part = *r;
    (void)channel;
#if EP_OWN_SCALES
    if (ep_has_one_scale(r))
        return part;
#if EP_FLOAT32
    if (ep_is_float32(r))
        part.scale += channel;
#endif
#if EP_FIXED
    if (!ep_is_float32(r))
        part.multiplier += channel, part.shift += channel;
#endif
#endif
    return part;
}

#if EP_TWICE

/* ep_high_mul of |v| under 2^30. */
EP_INLINE int32_t ep_high_mul_of_30_bits(int32_t v, int32_t multiplier)
{
#if EP_DSP
    return ep_nearest_high(2 * v, multiplier);
#else
    return ep_high_mul(v, multiplier);
#endif
}

/* v times a channel's scale, rounded twice, and with the zero point. */
EP_INLINE int32_t ep_scaled_twice(const ep_requantize *r, int32_t channel, int32_t v)
{
    const int32_t multiplier = ep_multiplier_of(r, channel), shift = ep_shift_of(r, channel);
#if EP_SCALES_UP
    /* The clamp comes before the zero point, which could overflow a sum at the end of its range. */
    const int32_t low = r->low - r->zero_point, high = r->high - r->zero_point;
    return ep_clamp(ep_multiply(v, multiplier, shift), low, high) + r->zero_point;
#else
    /* ep_multiply: halves are rounded upwards, so that below zero one less is rounded. */
    const int32_t nearest = ep_high_mul_of_30_bits(v, multiplier);
    const int32_t scaled = (((nearest + (nearest >> 31)) >> (-shift - 1)) + 1) >> 1;
#if EP_DSP && !EP_CLAMPS
    return ep_saturated(scaled + r->zero_point);
#else
    return ep_clamp(scaled + r->zero_point, EP_CLAMPS ? r->low : -128, EP_CLAMPS ? r->high : 127);
#endif
#endif
}

#endif

/* Scale `count` accumulators of the channels from `channel` on. */
EP_INLINE void ep_requantize_run(const ep_requantize *r, int32_t channel, int32_t count, const int32_t *sums,
                                 int8_t *out)
{
    (void)r, (void)channel, (void)count, (void)sums, (void)out; /* Of a model without a rule. */
#if EP_FLOAT32
    if (ep_is_float32(r)) {
        const float low = (float)(r->low - r->zero_point), high = (float)(r->high - r->zero_point);
        for (int32_t i = 0; i < count; i++)
            out[i] = (int8_t)(ep_rint_clamped((float)sums[i] * ep_scale_of(r, channel + i), low, high) + r->zero_point);
        return;
    }
#endif
#if EP_TWICE
    if (!EP_ONCE || r->rule == ep_rule_twice) {
        for (int32_t i = 0; i < count; i++)
            out[i] = (int8_t)ep_scaled_twice(r, channel + i, sums[i]);
        return;
    }
#endif
#if EP_ONCE
    for (int32_t i = 0; i < count; i++) {
        const int32_t v = ep_multiply_once(sums[i], ep_multiplier_of(r, channel + i), ep_shift_of(r, channel + i));
        out[i] = (int8_t)(ep_clamp(v, r->low - r->zero_point, r->high - r->zero_point) + r->zero_point);
    }
#endif
}

#endif
