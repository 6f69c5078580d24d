/* MEAN, SUM, REDUCE_MAX and REDUCE_MIN of int8 over neighbouring dimensions: [outer, count, inner] to [outer, inner]. */
#ifndef EDGEPACK_REDUCE_H
#define EDGEPACK_REDUCE_H

#include "fixed_point.h"
#include "lanes.h"

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

EP_INLINE int ep_reduce_adds(const ep_reduce *r) { return r->reduction != ep_reduce_max && r->reduction != ep_reduce_min; }

#if EP_HAS_LANES

#define EP_REDUCE_SOME 256 /* Numbers of int8 whose sum fits 16 bits. */

EP_INLINE void ep_reduce_add(const ep_reduce *r, const int8_t *restrict in, int8_t *restrict out)
{
    const ep_reduce p = *r; /* So that no store to `out` can change it. */
    const int8_t *x = in;
    int32_t totals[EP_LANES] = {0};
    for (int32_t left = p.count; left > 0; left -= EP_REDUCE_SOME) {
        int16_t some[EP_LANES] = {0};
        for (int32_t j = ep_min(left, EP_REDUCE_SOME); j > 0; j--, x += p.inner)
            EP_SIDE_BY_SIDE for (int32_t k = 0; k < EP_LANES; k++)
                some[k] = (int16_t)(some[k] + x[k]);
        EP_SIDE_BY_SIDE for (int32_t k = 0; k < EP_LANES; k++)
            totals[k] += some[k];
    }
    EP_SIDE_BY_SIDE for (int32_t k = 0; k < EP_LANES; k++)
        out[k] = (int8_t)ep_reduce_scaled(&p, totals[k]);
}

#endif

#define EP_ELEMENT int8_t
#define EP_LEAST INT8_MIN
#define EP_TYPED(kernel, what) kernel##_##what
#define EP_REDUCTION ep_reduce
#include "reduce_body.h"
#undef EP_REDUCTION
#undef EP_TYPED
#undef EP_LEAST
#undef EP_ELEMENT

#endif
