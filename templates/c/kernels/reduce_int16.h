/* MEAN, REDUCE_MAX and REDUCE_MIN of int16 over neighbouring dimensions: [outer, count, inner] to [outer, inner]. */
#ifndef EDGEPACK_REDUCE_INT16_H
#define EDGEPACK_REDUCE_INT16_H

#include "fixed_point.h"

enum ep_reduction_int16 { ep_reduce_int16_fixed, ep_reduce_int16_max, ep_reduce_int16_min };

typedef struct {
    int32_t outer, count, inner;
    enum ep_reduction_int16 reduction;
    int32_t multiplier, shift;
} ep_reduce_int16;

EP_INLINE int16_t ep_reduce_int16_one(const ep_reduce_int16 *r, const int16_t *in)
{
    int32_t total = 0, largest = in[0], smallest = in[0];
    for (int32_t j = 0; j < r->count; j++) {
        const int32_t v = in[(ptrdiff_t)j * r->inner];
        total += v;
        largest = ep_max(largest, v);
        smallest = ep_min(smallest, v);
    }
    if (r->reduction == ep_reduce_int16_fixed)
        return (int16_t)ep_clamp(ep_multiply(total, r->multiplier, r->shift), -32768, 32767);
    return (int16_t)(r->reduction == ep_reduce_int16_max ? largest : smallest);
}

static void ep_reduce_int16_run(const ep_reduce_int16 *r, const int16_t *in, int16_t *out)
{
    for (int32_t i = 0; i < r->outer; i++, in += (ptrdiff_t)r->count * r->inner)
        for (int32_t k = 0; k < r->inner; k++)
            *out++ = ep_reduce_int16_one(r, in + k);
}

#endif
