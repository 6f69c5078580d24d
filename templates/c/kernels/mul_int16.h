/* MUL of int16: the product of both, scaled. Zero points are 0. */
#ifndef EDGEPACK_MUL_INT16_H
#define EDGEPACK_MUL_INT16_H

#include "broadcast.h"
#include "fixed_point.h"

typedef struct {
    ep_broadcast shape;
    int32_t multiplier, shift;
    int32_t low, high;
} ep_mul_int16;

static void ep_mul_int16_run(const ep_mul_int16 *m, const int16_t *a, const int16_t *b, int16_t *out)
{
    const ep_broadcast *const s = &m->shape;
    for (int32_t row = 0; row < ep_broadcast_rows(s); row++) {
        const int16_t *x = a + ep_broadcast_at(s, s->a, row), *y = b + ep_broadcast_at(s, s->b, row);
        for (int32_t i = 0; i < s->dims[EP_RANK - 1]; i++) {
            const int32_t product = x[i * s->a[EP_RANK - 1]] * y[i * s->b[EP_RANK - 1]];
            *out++ = (int16_t)ep_clamp(ep_multiply(product, m->multiplier, m->shift), m->low, m->high);
        }
    }
}

#endif
