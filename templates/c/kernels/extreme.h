/* MINIMUM and MAXIMUM of int8: inputs and output share their quantization. */
#ifndef EDGEPACK_EXTREME_H
#define EDGEPACK_EXTREME_H

#include "broadcast.h"

typedef struct {
    ep_broadcast shape;
    int32_t largest; /* Else the smallest. */
} ep_extreme;

static void ep_extreme_run(const ep_extreme *e, const int8_t *a, const int8_t *b, int8_t *out)
{
    const ep_broadcast *const s = &e->shape;
    for (int32_t row = 0; row < ep_broadcast_rows(s); row++) {
        const int8_t *x = a + ep_broadcast_at(s, s->a, row), *y = b + ep_broadcast_at(s, s->b, row);
        for (int32_t i = 0; i < s->dims[EP_RANK - 1]; i++) {
            const int8_t p = x[i * s->a[EP_RANK - 1]], q = y[i * s->b[EP_RANK - 1]];
            *out++ = (e->largest ? p > q : p < q) ? p : q;
        }
    }
}

#endif
