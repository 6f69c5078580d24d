/* From accumulators to int16: scale, round, clamp. Zero points are 0.

   The model's code defines EP_INT16_WIDE, EP_INT16_HIGH and so on as 1 for the rules that it uses, so that no other is
   compiled. Arrays of channels are padded to whole blocks. */
#ifndef EDGEPACK_REQUANTIZE_INT16_H
#define EDGEPACK_REQUANTIZE_INT16_H

#include "fixed_point.h"
#include "target.h"

#ifndef EP_INT16_WIDE
#define EP_INT16_WIDE 0
#endif
#ifndef EP_INT16_HIGH
#define EP_INT16_HIGH 0
#endif
#ifndef EP_INT16_TWICE
#define EP_INT16_TWICE 0
#endif
#ifndef EP_INT16_UPWARDS
#define EP_INT16_UPWARDS 0
#endif
#ifndef EP_INT16_DOUBLE
#define EP_INT16_DOUBLE 0
#endif
#ifndef EP_INT16_LONG
#define EP_INT16_LONG 0
#endif

enum ep_rule_int16 {
    ep_int16_wide,    /* a multiplier of 15 bits, rounded once, ties upwards */
    ep_int16_high,    /* the same of sums of 32 bits: sum * multiplier / 2^32, rounded down, shifted by one less, rounded */
    ep_int16_twice,   /* 32 bits, rounded twice, the second time with ties away from zero */
    ep_int16_upwards, /* the same, both times with ties upwards */
    ep_int16_double   /* as a double rounds the product, then ties away from zero */
};

typedef struct {
    enum ep_rule_int16 rule;
    const int32_t *multiplier; /* One a channel, as the shift; null for the rule double. */
    const int8_t *shift;
    const double *scale; /* One a channel, for the rule double. */
    int32_t low, high;
} ep_requantize_int16;

#if EP_INT16_DOUBLE
#include "double.h"
#endif

/* Scale `count` sums of 32 bits of the channels from `channel` on. */
EP_INLINE void ep_requantize_int16_some(const ep_requantize_int16 *r, int32_t channel, int32_t count,
                                        const int32_t *sums, int16_t *out)
{
    switch (r->rule) {
#if EP_INT16_WIDE
    case ep_int16_wide:
        for (int32_t i = 0; i < count; i++) {
            const int32_t shift = r->shift[channel + i];
            const int64_t v = ((int64_t)sums[i] * r->multiplier[channel + i] + (INT64_C(1) << (shift - 1))) >> shift;
            out[i] = (int16_t)(v < r->low ? r->low : v > r->high ? r->high : v);
        }
        break;
#endif
#if EP_INT16_HIGH
    case ep_int16_high:
        for (int32_t i = 0; i < count; i++) {
            const int32_t high = (int32_t)(((int64_t)sums[i] * r->multiplier[channel + i]) >> 32);
            out[i] = (int16_t)ep_clamp(((high >> r->shift[channel + i]) + 1) >> 1, r->low, r->high);
        }
        break;
#endif
#if EP_INT16_TWICE
    case ep_int16_twice:
        for (int32_t i = 0; i < count; i++) {
            const int32_t v = ep_multiply(sums[i], r->multiplier[channel + i], r->shift[channel + i]);
            out[i] = (int16_t)ep_clamp(v, r->low, r->high);
        }
        break;
#endif
#if EP_INT16_UPWARDS
    case ep_int16_upwards:
        for (int32_t i = 0; i < count; i++) {
            const int32_t v = ep_multiply_upwards(sums[i], r->multiplier[channel + i], r->shift[channel + i]);
            out[i] = (int16_t)ep_clamp(v, r->low, r->high);
        }
        break;
#endif
#if EP_INT16_DOUBLE
    case ep_int16_double:
        for (int32_t i = 0; i < count; i++)
            out[i] = (int16_t)ep_double_scaled(sums[i], r->scale[channel + i], r->low, r->high);
        break;
#endif
    default: break;
    }
}

#if EP_INT16_LONG

/* One sum of more than 32 bits: only the rules wide and double have such. */
EP_INLINE int16_t ep_requantize_int16_long(const ep_requantize_int16 *r, int32_t channel, int64_t sum)
{
#if EP_INT16_DOUBLE
    if (!EP_INT16_WIDE || r->rule == ep_int16_double)
        return (int16_t)ep_double_scaled(sum, r->scale[channel], r->low, r->high);
#endif
    const int32_t shift = r->shift[channel];
    const int64_t v = (sum * r->multiplier[channel] + (INT64_C(1) << (shift - 1))) >> shift;
    return (int16_t)(v < r->low ? r->low : v > r->high ? r->high : v);
}

#endif

/* The scales of the channels from `channel` on. */
EP_INLINE ep_requantize_int16 ep_requantize_int16_from(const ep_requantize_int16 *r, int32_t channel)
{
    ep_requantize_int16 part = *r;
    if (r->scale)
        part.scale += channel;
    if (r->multiplier)
        part.multiplier += channel, part.shift += channel;
    return part;
}

/* A CPU's header has ep_int16_scales, which ep_int16_scales_load(r, channel) loads for eight channels, whatever they are;
   ep_int16_scaled(r, scales, sums, out); and ep_int16_has_vectors(r) of the rule. */
#if EP_NEON
#include "requantize_int16_neon.h"
#elif EP_AVX2 || EP_AVX512
#include "requantize_int16_avx2.h"
#endif

/* Scale `count` channels of a block of `height` pixels, whose results lie `stride` elements apart. */
static EP_APART void ep_requantize_int16_run(const ep_requantize_int16 *r, int32_t channel, int32_t count,
                                             int32_t sums[][EP_BLOCK], int32_t height, int16_t *out, ptrdiff_t stride)
{
#if EP_NEON || EP_AVX2 || EP_AVX512
    for (int32_t i = 0; ep_int16_has_vectors(r) && i < count; i += 8) {
        const ep_int16_scales scales = ep_int16_scales_load(r, channel + i);
        int16_t *to = out + i;
        for (int32_t pixel = 0; pixel < height; pixel++, to += stride) {
            int16_t room[8];
            ep_int16_scaled(r, &scales, sums[pixel] + i, count - i < 8 ? room : to);
            for (int32_t k = 0; count - i < 8 && k < count - i; k++)
                to[k] = room[k];
        }
    }
    if (ep_int16_has_vectors(r))
        return;
#endif
    for (int32_t pixel = 0; pixel < height; pixel++, out += stride)
        ep_requantize_int16_some(r, channel, count, sums[pixel], out);
}

#endif
