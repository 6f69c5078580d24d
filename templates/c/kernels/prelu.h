/* PRELU of int8: elements under the zero point times a slope that broadcasts. */
#ifndef EDGEPACK_PRELU_H
#define EDGEPACK_PRELU_H

#include "broadcast.h"
#include "fixed_point.h"

typedef struct {
    ep_broadcast shape;
    int32_t zero, slope_zero, output_zero;
    int32_t above, above_shift;
    int32_t below, below_shift;
} ep_prelu;

static void ep_prelu_run(const ep_prelu *p, const int8_t *in, const int8_t *slopes, int8_t *out)
{
    const ep_broadcast *const s = &p->shape;
    for (int32_t row = 0; row < ep_broadcast_rows(s); row++) {
        const int8_t *x = in + ep_broadcast_at(s, s->a, row), *slope = slopes + ep_broadcast_at(s, s->b, row);
        for (int32_t i = 0; i < s->dims[EP_RANK - 1]; i++) {
            const int32_t v = x[i * s->a[EP_RANK - 1]] - p->zero;
            const int32_t lower = v * (slope[i * s->b[EP_RANK - 1]] - p->slope_zero);
            const int32_t q = v >= 0 ? ep_multiply(v, p->above, p->above_shift)
                                     : ep_multiply(lower, p->below, p->below_shift);
            *out++ = (int8_t)ep_clamp(q + p->output_zero, -128, 127);
        }
    }
}

#endif
