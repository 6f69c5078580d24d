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

EP_INLINE int8_t ep_reduce_one(const ep_reduce *r, const int8_t *in)
{
    const ptrdiff_t step = r->inner;
    int32_t total = 0, largest = in[0], smallest = in[0];
    if (ep_reduce_adds(r)) {
        for (int32_t j = 0; j < r->count; j++)
            total += in[j * step];
        return (int8_t)ep_reduce_scaled(r, total);
    }
    for (int32_t j = 0; j < r->count; j++) {
        largest = ep_max(largest, in[j * step]);
        smallest = ep_min(smallest, in[j * step]);
    }
    return (int8_t)(r->reduction == ep_reduce_max ? largest : smallest);
}

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

/* The largest; or the smallest, which is the one whose complement is the largest. */
EP_INLINE void ep_reduce_extreme(const ep_reduce *r, const int8_t *restrict in, int8_t *restrict out)
{
    const int8_t flip = r->reduction == ep_reduce_min ? -1 : 0;
    const int32_t step = r->inner;
    const int8_t *x = in;
    int8_t most[EP_LANES];
    EP_SIDE_BY_SIDE for (int32_t k = 0; k < EP_LANES; k++)
        most[k] = -128;
    for (int32_t j = r->count; j > 0; j--, x += step)
        EP_SIDE_BY_SIDE for (int32_t k = 0; k < EP_LANES; k++) {
            const int8_t v = (int8_t)(x[k] ^ flip);
            most[k] = v > most[k] ? v : most[k];
        }
    EP_SIDE_BY_SIDE for (int32_t k = 0; k < EP_LANES; k++)
        out[k] = (int8_t)(most[k] ^ flip);
}

/* All of a row of at least EP_LANES. */
EP_INLINE void ep_reduce_lanes(const ep_reduce *r, const int8_t *in, int8_t *out)
{
    for (int32_t first = 0; first < r->inner; first += EP_LANES) {
        const int32_t at = ep_min(first, r->inner - EP_LANES);
        if (ep_reduce_adds(r))
            ep_reduce_add(r, in + at, out + at);
        else
            ep_reduce_extreme(r, in + at, out + at);
    }
}

#endif

static void ep_reduce_run(const ep_reduce *r, const int8_t *in, int8_t *out)
{
    for (int32_t i = 0; i < r->outer; i++, in += (ptrdiff_t)r->count * r->inner, out += r->inner) {
#if EP_HAS_LANES
        if (r->inner >= EP_LANES) {
            ep_reduce_lanes(r, in, out);
            continue;
        }
#endif
        for (int32_t k = 0; k < r->inner; k++)
            out[k] = ep_reduce_one(r, in + k);
    }
}

#endif
