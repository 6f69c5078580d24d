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
#if EP_FLOAT32
#include "real.h"
#endif

enum ep_rule {
    ep_rule_float32, /* rint(float(v) * scale) */
    ep_rule_twice,   /* fixed point, rounded twice */
    ep_rule_once     /* fixed point, rounded once */
};

typedef struct {
    const float *scale;        /* One a channel, for float32. */
    const int32_t *multiplier; /* One a channel, for the fixed points. */
    const int8_t *shift;
    uint8_t rule; /* Of `ep_rule`. */
    int8_t zero_point;
    int8_t low; /* The clamp: of int8, or of the fused activation. */
    int8_t high;
} ep_requantize;

/* Scale `count` accumulators of the channels from `channel` on. */
EP_INLINE void ep_requantize_run(const ep_requantize *r, int32_t channel, int32_t count, const int32_t *sums,
                                 int8_t *out)
{
#if EP_FLOAT32
    if (!(EP_TWICE || EP_ONCE) || r->rule == ep_rule_float32) {
        const float low = (float)(r->low - r->zero_point), high = (float)(r->high - r->zero_point);
        for (int32_t i = 0; i < count; i++)
            out[i] = (int8_t)(ep_rint_clamped((float)sums[i] * r->scale[channel + i], low, high) + r->zero_point);
        return;
    }
#endif
#if EP_TWICE
    if (!EP_ONCE || r->rule == ep_rule_twice) {
        for (int32_t i = 0; i < count; i++) {
            const int32_t v = ep_multiply(sums[i], r->multiplier[channel + i], r->shift[channel + i]);
            /* The clamp comes before the zero point, which could overflow a sum at the end of its range. */
            out[i] = (int8_t)(ep_clamp(v, r->low - r->zero_point, r->high - r->zero_point) + r->zero_point);
        }
        return;
    }
#endif
#if EP_ONCE
    for (int32_t i = 0; i < count; i++) {
        const int32_t v = ep_multiply_once(sums[i], r->multiplier[channel + i], r->shift[channel + i]);
        out[i] = (int8_t)(ep_clamp(v, r->low - r->zero_point, r->high - r->zero_point) + r->zero_point);
    }
#endif
}

#endif
