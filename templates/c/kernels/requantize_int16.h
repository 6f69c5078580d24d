/* From accumulators of 64 bits to int16: scale, round, clamp. Zero points are 0.

   The model's code defines EP_INT16_WIDE, EP_INT16_TWICE, EP_INT16_UPWARDS and EP_INT16_DOUBLE as 1 for the rules that it
   uses, so that no other is compiled. */
#ifndef EDGEPACK_REQUANTIZE_INT16_H
#define EDGEPACK_REQUANTIZE_INT16_H

#include "fixed_point.h"

enum ep_rule_int16 {
    ep_int16_wide,    /* a multiplier of 15 bits, rounded once, ties upwards */
    ep_int16_twice,   /* 32 bits, rounded twice, the second time with ties away from zero */
    ep_int16_upwards, /* the same, both times with ties upwards */
    ep_int16_double   /* as a double rounds the product, then ties away from zero */
};

typedef struct {
    enum ep_rule_int16 rule;
    const int64_t *multiplier; /* One a channel. */
    const int16_t *shift;
    int32_t wraps; /* Whether sums are to wrap at 32 bits, as LiteRT's do with a bias of 32. */
    int32_t low, high;
} ep_requantize_int16;

EP_INLINE int64_t ep_clamp_wide(int64_t v, int64_t low, int64_t high) { return v < low ? low : v > high ? high : v; }

#if EP_INT16_DOUBLE

/* |v| * mantissa / 2^shift as a machine with doubles computes it: the product, exact in 128 bits, is rounded to 53
   significant bits with ties to even, then to an integer with ties away from zero. Large results stop at 2^30. */
EP_INLINE int64_t ep_double_product(uint64_t size, uint64_t mantissa, int32_t shift)
{
    const uint64_t low = (size & 0xFFFFFFFFu) * (mantissa & 0xFFFFFFFFu);
    const uint64_t cross = (size >> 32) * (mantissa & 0xFFFFFFFFu) + (low >> 32);
    const uint64_t other = (size & 0xFFFFFFFFu) * (mantissa >> 32) + (cross & 0xFFFFFFFFu);
    uint64_t head = (size >> 32) * (mantissa >> 32) + (cross >> 32) + (other >> 32);
    uint64_t tail = (other << 32) | (low & 0xFFFFFFFFu);
    int lost = 0; /* Whether a bit below the half is set. */
    int32_t dropped = 0;
    while (head || tail >> 54) { /* Leave 54 bits: 53, and the half that decides. */
        lost |= (int)(tail & 1u);
        tail = (tail >> 1) | (head << 63);
        head >>= 1;
        dropped++;
    }
    if (tail >> 53) {
        const uint64_t half = tail & 1u;
        tail >>= 1;
        tail += half && (lost || (tail & 1u));
        dropped++;
    }
    shift -= dropped;
    if (shift < 1)
        return tail ? INT64_C(1) << 30 : 0;
    return shift > 62 ? 0 : (int64_t)((tail + (UINT64_C(1) << (shift - 1))) >> shift);
}

#endif

EP_INLINE int16_t ep_requantize_int16_one(const ep_requantize_int16 *r, int32_t channel, int64_t sum)
{
    const int32_t shift = r->shift[channel];
    const int64_t multiplier = r->multiplier[channel];
    int64_t v = 0;
    sum = r->wraps ? (int32_t)sum : sum;
    switch (r->rule) {
#if EP_INT16_WIDE
    case ep_int16_wide: v = (sum * multiplier + (INT64_C(1) << (shift - 1))) >> shift; break;
#endif
#if EP_INT16_TWICE
    case ep_int16_twice: v = ep_multiply((int32_t)sum, (int32_t)multiplier, shift); break;
#endif
#if EP_INT16_UPWARDS
    case ep_int16_upwards: {
        const int32_t left = ep_max(shift, 0), right = ep_max(-shift, 0);
        const int64_t high = ep_high_mul((int32_t)((uint32_t)sum << left), (int32_t)multiplier);
        v = (high + ((INT64_C(1) << right) >> 1)) >> right;
        break;
    }
#endif
#if EP_INT16_DOUBLE
    case ep_int16_double:
        v = ep_double_product((uint64_t)(sum < 0 ? -sum : sum), (uint64_t)multiplier, shift);
        v = sum < 0 ? -v : v;
        break;
#endif
    default: break;
    }
    return (int16_t)ep_clamp_wide(v, r->low, r->high);
}

#endif
