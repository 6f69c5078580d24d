/* MUL of int16: the product of both, scaled. Zero points are 0. */
#ifndef EDGEPACK_MUL_INT16_H
#define EDGEPACK_MUL_INT16_H

#include "broadcast.h"
#include "eight.h"

typedef struct {
    ep_broadcast shape;
    int32_t multiplier, shift;
    int32_t low, high;
} ep_mul_int16;

#if EP_EIGHT

/* As many elements of a row as come by eights; returns how many. */
EP_INLINE int32_t ep_mul_int16_eights(const ep_mul_int16 *m, const int16_t *x, const int32_t x_step, const int16_t *y,
                                      const int32_t y_step, int32_t count, int16_t *out)
{
    const ep_eight_factor f = ep_eight_factor_of(m->multiplier, m->shift);
    const ep_eight_ends ends = ep_eight_ends_of(0, m->low, m->high);
    int32_t i = 0;
    for (; count - i >= 8; i += 8) {
        const ep_eight v = x_step ? ep_eight_of_int16(x + i) : ep_eight_all(*x);
        const ep_eight w = y_step ? ep_eight_of_int16(y + i) : ep_eight_all(*y);
        ep_eight_to_int16(ep_eight_multiply(ep_eight_product(v, w), &f), &ends, out + i);
    }
    return i;
}

#endif

/* A row, whose inputs go on by steps of 1 or stand still. */
EP_INLINE void ep_mul_int16_row(const ep_mul_int16 *m, const int16_t *x, const int32_t x_step, const int16_t *y,
                                const int32_t y_step, int32_t count, int16_t *out)
{
    const ep_mul_int16 c = *m; /* So that no store to `out` can change it. */
    int32_t i = 0;
#if EP_EIGHT
    i = ep_mul_int16_eights(m, x, x_step, y, y_step, count, out);
#endif
    EP_EIGHT_LEFT for (; i < count; i++)
        out[i] = (int16_t)ep_clamp(ep_multiply(x[i * x_step] * y[i * y_step], c.multiplier, c.shift), c.low, c.high);
}

static void ep_mul_int16_run(const ep_mul_int16 *m, const int16_t *a, const int16_t *b, int16_t *out)
{
    const ep_broadcast *const s = &m->shape;
    const int32_t count = s->dims[EP_RANK - 1], a_step = s->a[EP_RANK - 1], b_step = s->b[EP_RANK - 1];
    for (int32_t row = 0; row < ep_broadcast_rows(s); row++, out += count)
        ep_mul_int16_row(m, a + ep_broadcast_at(s, s->a, row), a_step, b + ep_broadcast_at(s, s->b, row), b_step, count,
                         out);
}

#endif
