/* LOG_SOFTMAX by the rule in float32: a table of exponentials, and one logarithm a row. */
#ifndef EDGEPACK_LOG_SOFTMAX_TABLE_H
#define EDGEPACK_LOG_SOFTMAX_TABLE_H

#include "log_softmax.h"
#include "real.h"

typedef struct {
    int32_t rows, depth;
    const float *table; /* exp(-scale * i) for i from 0 to 255. */
    float scale, output_scale, step; /* The last is the first over the second. */
} ep_log_softmax_table;

/* log(v) for v >= 1, without a library: a power of two, and twice the area hyperbolic tangent of (m - 1) / (m + 1), whose
   size is 0.172 at most. Of all 100,663,297 floats from 1 to 4096 the float is that of glibc's `log` in double. */
static EP_APART float ep_log(float v)
{
    double m = (double)v, power = 0.0;
    while (m > 1.4142135623730951) {
        m *= 0.5;
        power += 1.0;
    }
    const double s = (m - 1.0) / (m + 1.0), square = s * s;
    double series = 0.0;
    for (int32_t k = 21; k > 0; k -= 2)
        series = series * square + 1.0 / (double)k;
    return (float)(power * 0x1.62e42fep-1 + (power * 0x1.f473de6af278fp-30 + 2.0 * s * series)); /* log 2 in two */
}

/* The sum runs from first to last: its order is part of the result. */
static void ep_log_softmax_table_run(const ep_log_softmax_table *s, const int8_t *in, int8_t *out)
{
    for (int32_t row = 0; row < s->rows; row++, in += s->depth, out += s->depth) {
        const int32_t largest = ep_log_softmax_largest(in, s->depth);
        float total = 0.0f;
        for (int32_t i = 0; i < s->depth; i++)
            total += s->table[largest - in[i]];
        const float before = (ep_product(s->scale, (float)largest) + ep_log(total)) / s->output_scale;
        for (int32_t i = 0; i < s->depth; i++)
            out[i] = (int8_t)(ep_rint_clamped(ep_product(s->step, (float)in[i]) - before, -255.0f, 0.0f) + 127);
    }
}

#endif
