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

EP_INLINE int16_t ep_reduce_int16_one(const ep_reduce_int16 *r, const int16_t *in)
{
    const ptrdiff_t step = r->inner;
    int32_t total = 0, largest = in[0], smallest = in[0];
    if (r->reduction == ep_reduce_int16_fixed) {
        for (int32_t j = 0; j < r->count; j++)
            total += in[j * step];
        return ep_reduce_int16_scaled(r, total);
    }
    for (int32_t j = 0; j < r->count; j++) {
        largest = ep_max(largest, in[j * step]);
        smallest = ep_min(smallest, in[j * step]);
    }
    return (int16_t)(r->reduction == ep_reduce_int16_max ? largest : smallest);
}

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

/* The largest; or the smallest, which is the one whose complement is the largest. */
EP_INLINE void ep_reduce_int16_extreme(const ep_reduce_int16 *r, const int16_t *restrict in, int16_t *restrict out)
{
    const int16_t flip = r->reduction == ep_reduce_int16_min ? -1 : 0;
    const int32_t step = r->inner;
    const int16_t *x = in;
    int16_t most[EP_LANES];
    EP_SIDE_BY_SIDE for (int32_t k = 0; k < EP_LANES; k++)
        most[k] = -32768;
    for (int32_t j = r->count; j > 0; j--, x += step)
        EP_SIDE_BY_SIDE for (int32_t k = 0; k < EP_LANES; k++) {
            const int16_t v = (int16_t)(x[k] ^ flip);
            most[k] = v > most[k] ? v : most[k];
        }
    EP_SIDE_BY_SIDE for (int32_t k = 0; k < EP_LANES; k++)
        out[k] = (int16_t)(most[k] ^ flip);
}

/* All of a row of at least EP_LANES. */
EP_INLINE void ep_reduce_int16_lanes(const ep_reduce_int16 *r, const int16_t *in, int16_t *out)
{
    for (int32_t first = 0; first < r->inner; first += EP_LANES) {
        const int32_t at = ep_min(first, r->inner - EP_LANES);
        if (r->reduction == ep_reduce_int16_fixed)
            ep_reduce_int16_add(r, in + at, out + at);
        else
            ep_reduce_int16_extreme(r, in + at, out + at);
    }
}

#endif

static void ep_reduce_int16_run(const ep_reduce_int16 *r, const int16_t *in, int16_t *out)
{
    for (int32_t i = 0; i < r->outer; i++, in += (ptrdiff_t)r->count * r->inner, out += r->inner) {
#if EP_HAS_LANES
        if (r->inner >= EP_LANES) {
            ep_reduce_int16_lanes(r, in, out);
            continue;
        }
#endif
        for (int32_t k = 0; k < r->inner; k++)
            out[k] = ep_reduce_int16_one(r, in + k);
    }
}

#endif
