/* MEAN, SUM, REDUCE_MAX and REDUCE_MIN of int8 over neighbouring dimensions: [outer, count, inner] to [outer, inner]. */
#ifndef EDGEPACK_REDUCE_H
#define EDGEPACK_REDUCE_H

#include "fixed_point.h"

/* Whether some layer scales in float32. */
#ifndef EP_REDUCE_FLOAT32
#define EP_REDUCE_FLOAT32 0
#endif
#if EP_REDUCE_FLOAT32
#include "real.h"
#endif

enum ep_reduction { ep_reduce_fixed, ep_reduce_float32, ep_reduce_max, ep_reduce_min };

typedef struct {
    int32_t outer, count, inner;
    enum ep_reduction reduction;
    int32_t zero; /* count times the input's zero point. */
    int32_t multiplier, shift;
    float scale, offset; /* The offset holds both zero points. */
    int32_t output_zero;
} ep_reduce;

EP_INLINE int32_t ep_reduce_scaled(const ep_reduce *r, int32_t total)
{
#if EP_REDUCE_FLOAT32
    if (r->reduction == ep_reduce_float32)
        return ep_rint_clamped(ep_product((float)total, r->scale) + r->offset, -128.0f, 127.0f);
#endif
    return ep_clamp(ep_multiply(total - r->zero, r->multiplier, r->shift) + r->output_zero, -128, 127);
}

EP_INLINE int8_t ep_reduce_one(const ep_reduce *r, const int8_t *in)
{
    int32_t total = 0, largest = in[0], smallest = in[0];
    for (int32_t j = 0; j < r->count; j++) {
        const int32_t v = in[(ptrdiff_t)j * r->inner];
        total += v;
        largest = ep_max(largest, v);
        smallest = ep_min(smallest, v);
    }
    if (r->reduction == ep_reduce_max || r->reduction == ep_reduce_min)
        return (int8_t)(r->reduction == ep_reduce_max ? largest : smallest);
    return (int8_t)ep_reduce_scaled(r, total);
}

static void ep_reduce_run(const ep_reduce *r, const int8_t *in, int8_t *out)
{
    for (int32_t i = 0; i < r->outer; i++, in += (ptrdiff_t)r->count * r->inner)
        for (int32_t k = 0; k < r->inner; k++)
            *out++ = ep_reduce_one(r, in + k);
}

#endif
