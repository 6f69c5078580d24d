/* ADD and SUB of int16: both to twice the larger scale with 15 bits to spare, added, scaled. Zero points are 0. */
#ifndef EDGEPACK_SUM_INT16_H
#define EDGEPACK_SUM_INT16_H

#include "broadcast.h"
#include "eight.h"

typedef struct {
    ep_broadcast shape;
    int32_t a_multiplier, a_shift;
    int32_t b_multiplier, b_shift;
    int32_t multiplier, shift;
    int32_t sign; /* Of the second input. */
    int32_t low, high;
} ep_sum_int16;

#if EP_EIGHT

/* As many elements of a row as come by eights; returns how many. */
EP_INLINE int32_t ep_sum_int16_eights(const ep_sum_int16 *s, const int16_t *x, const int32_t x_step, const int16_t *y,
                                      const int32_t y_step, int32_t count, int16_t *out)
{
    const ep_eight_factor a = ep_eight_factor_of(s->a_multiplier, s->a_shift);
    const ep_eight_factor b = ep_eight_factor_of(s->b_multiplier, s->b_shift);
    const ep_eight_factor c = ep_eight_factor_of(s->multiplier, s->shift);
    const ep_eight_ends ends = ep_eight_ends_of(0, s->low, s->high);
    const ep_eight sign = ep_eight_all(s->sign);
    int32_t i = 0;
    for (; count - i >= 8; i += 8) {
        const ep_eight v = x_step ? ep_eight_of_int16(x + i) : ep_eight_all(*x);
        const ep_eight w = y_step ? ep_eight_of_int16(y + i) : ep_eight_all(*y);
        const ep_eight p = ep_eight_multiply(ep_eight_left(v, 15), &a);
        const ep_eight q = ep_eight_signed(ep_eight_multiply(ep_eight_left(w, 15), &b), sign);
        ep_eight_to_int16(ep_eight_multiply(ep_eight_add(p, q), &c), &ends, out + i);
    }
    return i;
}

#endif

/* A row, whose inputs go on by steps of 1 or stand still. */
EP_INLINE void ep_sum_int16_row(const ep_sum_int16 *s, const int16_t *x, const int32_t x_step, const int16_t *y,
                                const int32_t y_step, int32_t count, int16_t *out)
{
    const ep_sum_int16 c = *s; /* So that no store to `out` can change it. */
    int32_t i = 0;
#if EP_EIGHT
    i = ep_sum_int16_eights(s, x, x_step, y, y_step, count, out);
#endif
    EP_EIGHT_LEFT for (; i < count; i++) {
        const int32_t p = ep_multiply(x[i * x_step] * (1 << 15), c.a_multiplier, c.a_shift);
        const int32_t q = ep_multiply(y[i * y_step] * (1 << 15), c.b_multiplier, c.b_shift);
        out[i] = (int16_t)ep_clamp(ep_multiply(p + c.sign * q, c.multiplier, c.shift), c.low, c.high);
    }
}

static void ep_sum_int16_run(const ep_sum_int16 *s, const int16_t *a, const int16_t *b, int16_t *out)
{
    const ep_broadcast *const shape = &s->shape;
    const int32_t count = shape->dims[EP_RANK - 1], a_step = shape->a[EP_RANK - 1], b_step = shape->b[EP_RANK - 1];
    for (int32_t row = 0; row < ep_broadcast_rows(shape); row++, out += count)
        ep_sum_int16_row(s, a + ep_broadcast_at(shape, shape->a, row), a_step, b + ep_broadcast_at(shape, shape->b, row),
                         b_step, count, out);
}

#endif
