/* MUL of int8: the product of both, scaled. */
#ifndef EDGEPACK_MUL_H
#define EDGEPACK_MUL_H

#include "broadcast.h"
#include "requantize.h"

typedef struct {
    ep_broadcast shape;
    int32_t a_zero, b_zero;
    ep_requantize scaling; /* Of one channel. */
} ep_mul;

static void ep_mul_run(const ep_mul *m, const int8_t *a, const int8_t *b, int8_t *out)
{
    const ep_broadcast *const s = &m->shape;
    for (int32_t row = 0; row < ep_broadcast_rows(s); row++) {
        const int8_t *x = a + ep_broadcast_at(s, s->a, row), *y = b + ep_broadcast_at(s, s->b, row);
        for (int32_t i = 0; i < s->dims[EP_RANK - 1]; i++) {
            const int32_t product = (x[i * s->a[EP_RANK - 1]] - m->a_zero) * (y[i * s->b[EP_RANK - 1]] - m->b_zero);
            ep_requantize_run(&m->scaling, 0, 1, &product, out++);
        }
    }
}

#endif
