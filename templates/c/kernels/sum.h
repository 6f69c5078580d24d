/* ADD and SUB of int8 with two scales. */
#ifndef EDGEPACK_SUM_H
#define EDGEPACK_SUM_H

#include "broadcast.h"
#include "fixed_point.h"
#include "target.h"

typedef struct {
    ep_broadcast shape;
    int32_t fixed;                /* Three fixed-point products, else two integer weights. */
    int32_t a_zero, b_zero, zero; /* Zero points. */
    int32_t a_multiplier, a_shift;
    int32_t b_multiplier, b_shift;
    int32_t multiplier, shift;
    int32_t sign; /* Of the second input. */
    int32_t low, high;
} ep_sum;

/* Both inputs to twice the larger scale with 20 bits to spare, added, scaled to the output. */
EP_INLINE int32_t ep_sum_fixed(const ep_sum *s, int32_t a, int32_t b)
{
    const int32_t first = ep_multiply((a - s->a_zero) * (1 << 20), s->a_multiplier, s->a_shift);
    const int32_t second = ep_multiply((b - s->b_zero) * (1 << 20), s->b_multiplier, s->b_shift);
    return ep_multiply(first + s->sign * second, s->multiplier, s->shift);
}

/* Two 21-bit integer weights, one shift, ties upwards. */
EP_INLINE int32_t ep_sum_weighted(const ep_sum *s, int32_t a, int32_t b)
{
    const int32_t total = (a - s->a_zero) * s->a_multiplier + (b - s->b_zero) * s->b_multiplier;
    return (total + (1 << (s->shift - 1))) >> s->shift;
}

#if EP_NEON
#include "sum_neon.h"
#define EP_SUM_LEFT EP_ROLLED
#else
#define EP_SUM_LEFT
#endif

/* A row of elements. Compilers make vectors of it where `fixed` and the steps are constants. */
EP_INLINE void ep_sum_row(const ep_sum *s, const int fixed, const int8_t *a, const int32_t a_step, const int8_t *b,
                          const int32_t b_step, int32_t count, int8_t *out)
{
    const ep_sum p = *s; /* So that no store to `out` can change it. */
    int32_t i = 0;
#if EP_NEON
    if (a_step == 1 && b_step == 1)
        i = ep_sum_vectors(s, fixed, a, b, count, out);
#endif
    EP_SUM_LEFT for (; i < count; i++) {
        const int32_t x = a[i * a_step], y = b[i * b_step];
        const int32_t v = fixed ? ep_sum_fixed(&p, x, y) : ep_sum_weighted(&p, x, y);
        out[i] = (int8_t)ep_clamp(v + p.zero, p.low, p.high);
    }
}

static void ep_sum_run(const ep_sum *s, const int8_t *a, const int8_t *b, int8_t *out)
{
    const ep_broadcast *const shape = &s->shape;
    const int32_t count = shape->dims[EP_RANK - 1], a_step = shape->a[EP_RANK - 1], b_step = shape->b[EP_RANK - 1];
    for (int32_t row = 0; row < ep_broadcast_rows(shape); row++, out += count) {
        const int8_t *const x = a + ep_broadcast_at(shape, shape->a, row);
        const int8_t *const y = b + ep_broadcast_at(shape, shape->b, row);
        if (a_step != 1 || b_step != 1)
            ep_sum_row(s, s->fixed, x, a_step, y, b_step, count, out);
        else if (s->fixed)
            ep_sum_row(s, 1, x, 1, y, 1, count, out);
        else
            ep_sum_row(s, 0, x, 1, y, 1, count, out);
    }
}

#endif
