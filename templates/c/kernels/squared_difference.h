/* SQUARED_DIFFERENCE of int8: both inputs to twice the larger scale with 7 bits to spare, the square of their
   difference scaled to the output. */
#ifndef EDGEPACK_SQUARED_DIFFERENCE_H
#define EDGEPACK_SQUARED_DIFFERENCE_H

#include "broadcast.h"
#include "fixed_point.h"

typedef struct {
    ep_broadcast shape;
    int32_t a_zero, b_zero, zero; /* Zero points. */
    int32_t a_multiplier, a_shift;
    int32_t b_multiplier, b_shift;
    int32_t multiplier, shift;
} ep_squared_difference;

static void ep_squared_difference_run(const ep_squared_difference *d, const int8_t *a, const int8_t *b, int8_t *out)
{
    const ep_broadcast *const s = &d->shape;
    for (int32_t row = 0; row < ep_broadcast_rows(s); row++) {
        const int8_t *x = a + ep_broadcast_at(s, s->a, row), *y = b + ep_broadcast_at(s, s->b, row);
        for (int32_t i = 0; i < s->dims[EP_RANK - 1]; i++, x += s->a[EP_RANK - 1], y += s->b[EP_RANK - 1]) {
            const int32_t first = ep_multiply((*x - d->a_zero) * (1 << 7), d->a_multiplier, d->a_shift);
            const int32_t second = ep_multiply((*y - d->b_zero) * (1 << 7), d->b_multiplier, d->b_shift);
            const int32_t apart = first - second;
            const int32_t q = ep_multiply(apart * apart, d->multiplier, d->shift) + d->zero;
            *out++ = (int8_t)ep_clamp(q, -128, 127);
        }
    }
}

#endif
