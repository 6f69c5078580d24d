/* ADD and SUB of int8 with two scales. */
#ifndef EDGEPACK_SUM_H
#define EDGEPACK_SUM_H

#include "broadcast.h"
#include "fixed_point.h"
#include "target.h"
#include "threads.h"

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
#define EP_SUM_LEFT EP_ELEMENTWISE
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

/* The same with constants where the layer allows it. */
EP_INLINE void ep_sum_span(const ep_sum *s, const int8_t *a, const int32_t a_step, const int8_t *b,
                           const int32_t b_step, int32_t count, int8_t *out)
{
    if (a_step != 1 || b_step != 1)
        ep_sum_row(s, s->fixed, a, a_step, b, b_step, count, out);
    else if (s->fixed)
        ep_sum_row(s, 1, a, 1, b, 1, count, out);
    else
        ep_sum_row(s, 0, a, 1, b, 1, count, out);
}

EP_INLINE void ep_sum_rows(const ep_sum *s, const int8_t *a, const int8_t *b, int8_t *out)
{
    const ep_broadcast *const shape = &s->shape;
    const int32_t count = shape->dims[EP_RANK - 1], a_step = shape->a[EP_RANK - 1], b_step = shape->b[EP_RANK - 1];
    for (int32_t row = 0; row < ep_broadcast_rows(shape); row++, out += count) {
        const int8_t *const x = a + ep_broadcast_at(shape, shape->a, row);
        const int8_t *const y = b + ep_broadcast_at(shape, shape->b, row);
        ep_sum_span(s, x, a_step, y, b_step, count, out);
    }
}

#define EP_SUM_COST 8   /* Of an element, in multiplications of a matrix: what ep_share counts. */
#define EP_SUM_BLOCK 64 /* Elements; parts end where vectors do. */

typedef struct {
    const ep_sum *layer;
    const int8_t *a, *b;
    int8_t *out;
} ep_sum_job;

/* Blocks of the only row. */
static void ep_sum_blocks(void *argument, int32_t first, int32_t last)
{
    const ep_sum_job *const job = argument;
    const ep_broadcast *const shape = &job->layer->shape;
    const int32_t from = first * EP_SUM_BLOCK, to = ep_min(last * EP_SUM_BLOCK, shape->dims[EP_RANK - 1]);
    const int32_t a_step = shape->a[EP_RANK - 1], b_step = shape->b[EP_RANK - 1];
    ep_sum_span(job->layer, job->a + (ptrdiff_t)from * a_step, a_step, job->b + (ptrdiff_t)from * b_step, b_step,
                to - from, job->out + from);
}

static void ep_sum_run(const ep_sum *s, const int8_t *a, const int8_t *b, int8_t *out EP_THREADS_PARAMETER)
{
    if (EP_SHARES && ep_broadcast_rows(&s->shape) == 1) {
        const int32_t count = s->shape.dims[EP_RANK - 1];
        ep_sum_job job = {s, a, b, out};
        ep_share(ep_sum_blocks, &job, (count + EP_SUM_BLOCK - 1) / EP_SUM_BLOCK, (int64_t)count * EP_SUM_COST EP_THREADS);
    } else
        ep_sum_rows(s, a, b, out);
}

#endif
