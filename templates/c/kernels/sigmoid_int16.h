/* LOGISTIC and TANH of int16: one table of the logistic function, interpolated. Output scale 2^-15. */
#ifndef EDGEPACK_SIGMOID_INT16_H
#define EDGEPACK_SIGMOID_INT16_H

#include "edgepack.h"

typedef struct {
    const uint16_t *table; /* logistic(i / 24) in 0.16 for i from 0 to 256. */
    int32_t count;
    int32_t tanh; /* Else logistic. */
    int32_t multiplier, right; /* To the table's step over 2^9 (2^8 for tanh). */
} ep_sigmoid_int16;

/* The table's value at size / 2^bits, in 0.(16 + bits); `full` from the last step on. */
EP_INLINE int32_t ep_sigmoid_between(const uint16_t *table, int32_t size, int32_t bits, int32_t full)
{
    const int32_t index = size >> bits, fraction = size & ((1 << bits) - 1);
    return index >= 255 ? full : (table[index] << bits) + fraction * (table[index + 1] - table[index]);
}

EP_INLINE int32_t ep_sigmoid_one(const ep_sigmoid_int16 *s, int32_t v)
{
    const int32_t x = (v * s->multiplier + ((1 << s->right) >> 1)) >> s->right, size = x < 0 ? -x : x;
    if (s->tanh) {
        const int32_t y = ep_sigmoid_between(s->table, size, 8, 0xFFFF << 8) - (1 << 23);
        return ((x < 0 ? -y - 1 : y) + (1 << 7)) >> 8;
    }
    const int32_t y = ep_sigmoid_between(s->table, size, 9, 0x7FFF << 10);
    return ((x < 0 ? (1 << 25) - y - 1 : y) + (1 << 9)) >> 10;
}

static void ep_sigmoid_int16_run(const ep_sigmoid_int16 *s, const int16_t *in, int16_t *out)
{
    for (int32_t i = 0; i < s->count; i++)
        out[i] = (int16_t)ep_sigmoid_one(s, in[i]);
}

#endif
