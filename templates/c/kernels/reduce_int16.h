/* MEAN, REDUCE_MAX and REDUCE_MIN of int16 over neighbouring dimensions: [outer, count, inner] to [outer, inner]. */
#ifndef EDGEPACK_REDUCE_INT16_H
#define EDGEPACK_REDUCE_INT16_H

#include "fixed_point.h"
#include "lanes.h"

enum ep_reduction_int16 { ep_reduce_int16_fixed, ep_reduce_int16_max, ep_reduce_int16_min };

typedef struct {
    int32_t outer, count, inner;
    enum ep_reduction_int16 reduction;
    int32_t multiplier, shift;
} ep_reduce_int16;

EP_INLINE int16_t ep_reduce_int16_scaled(const ep_reduce_int16 *r, int32_t total)
{
    return (int16_t)ep_clamp(ep_multiply(total, r->multiplier, r->shift), -32768, 32767);
}

EP_INLINE int ep_reduce_int16_adds(const ep_reduce_int16 *r) { return r->reduction == ep_reduce_int16_fixed; }

#if EP_HAS_LANES

EP_INLINE void ep_reduce_int16_add(const ep_reduce_int16 *r, const int16_t *restrict in, int16_t *restrict out)
{
    const ep_reduce_int16 p = *r; /* So that no store to `out` can change it. */
    const int16_t *x = in;
    int32_t totals[EP_LANES] = {0};
    for (int32_t j = p.count; j > 0; j--, x += p.inner)
        EP_SIDE_BY_SIDE for (int32_t k = 0; k < EP_LANES; k++)
            totals[k] += x[k];
    EP_SIDE_BY_SIDE for (int32_t k = 0; k < EP_LANES; k++)
        out[k] = ep_reduce_int16_scaled(&p, totals[k]);
}

#endif

#define EP_ELEMENT int16_t
#define EP_LEAST INT16_MIN
#define EP_TYPED(kernel, what) kernel##_int16_##what
#define EP_REDUCTION ep_reduce_int16
#include "reduce_body.h"
#undef EP_REDUCTION
#undef EP_TYPED
#undef EP_LEAST
#undef EP_ELEMENT

#endif
