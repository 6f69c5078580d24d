/* SOFTMAX of int16 over the innermost dimension: tables of the exponential on [-10, 0] and of 1 / (1 + x) on [0, 1]. */
#ifndef EDGEPACK_SOFTMAX_INT16_H
#define EDGEPACK_SOFTMAX_INT16_H

#include "fixed_point.h"

typedef struct {
    int32_t rows, depth;
    const int16_t *exp, *inverse; /* 513 points each, in Q0.15. */
    int32_t multiplier, shift;    /* Of a difference to the table's step. */
} ep_softmax_int16;

/* Between the table's points; x in int16. */
EP_INLINE int32_t ep_softmax_int16_between(const int16_t *table, int32_t x)
{
    const int16_t *const at = table + 256 + (x >> 7);
    return at[0] + (((at[1] - at[0]) * (x & 0x7F) + 64) >> 7);
}

/* Exponentials go to `out` first, which is as wide. */
EP_INLINE void ep_softmax_int16_row(const ep_softmax_int16 *s, const int16_t *in, int16_t *out)
{
    int32_t largest = in[0], total = 0, headroom = 0;
    for (int32_t i = 1; i < s->depth; i++)
        largest = ep_max(largest, in[i]);
    for (int32_t i = 0; i < s->depth; i++) {
        const int32_t difference = ep_multiply(in[i] - largest, s->multiplier, s->shift);
        out[i] = (int16_t)ep_softmax_int16_between(s->exp, ep_max(difference + 32767, -32768));
        total += out[i];
    }
    while (!((uint32_t)total << headroom >> 31))
        headroom++;
    const int32_t mantissa = (int32_t)((((uint32_t)total << (headroom - 1)) + (1u << 13)) >> 14);
    const int32_t inverse = ep_softmax_int16_between(s->inverse, ep_min(mantissa - (1 << 15) - (1 << 16), 32767));
    const int32_t right = 31 - headroom;
    for (int32_t i = 0; i < s->depth; i++)
        out[i] = (int16_t)ep_clamp((out[i] * inverse + ((1 << right) >> 1)) >> right, 0, 32767);
}

static void ep_softmax_int16_run(const ep_softmax_int16 *s, const int16_t *in, int16_t *out)
{
    for (int32_t row = 0; row < s->rows; row++)
        ep_softmax_int16_row(s, in + (ptrdiff_t)row * s->depth, out + (ptrdiff_t)row * s->depth);
}

#endif
