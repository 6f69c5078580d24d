/* From accumulators to int8: scale, round, add the zero point, clamp.

   The model's code defines EP_FLOAT32, EP_TWICE and EP_ONCE as 1 for the rules that it uses, so that no other is
   compiled: a model of the arithmetic `integer` holds no float. */
#ifndef EDGEPACK_REQUANTIZE_H
#define EDGEPACK_REQUANTIZE_H

#include "fixed_point.h"

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

/* Scale `count` accumulators of the channels from `channel` on. */
EP_INLINE void ep_requantize_run(const ep_requantize *r, int32_t channel, int32_t count, const int32_t *sums,
                                 int8_t *out)
{
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
        for (int32_t i = 0; i < count; i++) {
            const int32_t v = ep_multiply(sums[i], ep_multiplier_of(r, channel + i), ep_shift_of(r, channel + i));
            /* The clamp comes before the zero point, which could overflow a sum at the end of its range. */
            out[i] = (int8_t)(ep_clamp(v, r->low - r->zero_point, r->high - r->zero_point) + r->zero_point);
        }
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
