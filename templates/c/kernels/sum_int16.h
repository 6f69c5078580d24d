/* ADD and SUB of int16: both to twice the larger scale with 15 bits to spare, added, scaled. Zero points are 0. */
#ifndef EDGEPACK_SUM_INT16_H
#define EDGEPACK_SUM_INT16_H

#include "broadcast.h"
#include "fixed_point.h"

typedef struct {
    ep_broadcast shape;
    int32_t a_multiplier, a_shift;
    int32_t b_multiplier, b_shift;
    int32_t multiplier, shift;
    int32_t sign; /* Of the second input. */
    int32_t low, high;
} ep_sum_int16;

static void ep_sum_int16_run(const ep_sum_int16 *s, const int16_t *a, const int16_t *b, int16_t *out)
{
    const ep_broadcast *const shape = &s->shape;
    for (int32_t row = 0; row < ep_broadcast_rows(shape); row++) {
        const int16_t *x = a + ep_broadcast_at(shape, shape->a, row), *y = b + ep_broadcast_at(shape, shape->b, row);
        for (int32_t i = 0; i < shape->dims[EP_RANK - 1]; i++) {
            const int32_t p = ep_multiply(x[i * shape->a[EP_RANK - 1]] * (1 << 15), s->a_multiplier, s->a_shift);
            const int32_t q = ep_multiply(y[i * shape->b[EP_RANK - 1]] * (1 << 15), s->b_multiplier, s->b_shift);
            *out++ = (int16_t)ep_clamp(ep_multiply(p + s->sign * q, s->multiplier, s->shift), s->low, s->high);
        }
    }
}

#endif
