/* AVERAGE_POOL_2D for EP_ELEMENT: the mean of what lies inside the input, ties away from zero; input and output share a
   zero point. EP_SUM holds what a window sums up to. */
#define EP_POOL(what) EP_TYPED(ep_average_pool_2d, what)

/* Of windows of `count` elements. */
EP_INLINE void EP_POOL(means)(const ep_pool *p, int32_t count, const EP_SUM *sums, const int32_t lanes,
                              EP_ELEMENT *restrict out)
{
    const uint32_t half = (uint32_t)count / 2, divisor = EP_DIVISOR((uint32_t)count);
    const int32_t low = p->low, high = p->high;
    EP_SIDE_BY_SIDE for (int32_t k = 0; k < lanes; k++) {
        const int32_t sum = sums[k], sign = sum >> 31;
        const int32_t mean = (int32_t)EP_QUOTIENT((uint32_t)((sum ^ sign) - sign) + half, divisor);
        out[k] = (EP_ELEMENT)ep_clamp((mean ^ sign) - sign, low, high);
    }
}

EP_INLINE void EP_POOL(lanes)(const ep_pool *p, const EP_ELEMENT *restrict in, const ep_extent *e,
                              const int32_t lanes, EP_ELEMENT *restrict out)
{
    const ep_window *const w = &p->window;
    EP_SUM sums[EP_LANES] = {0};
    for (int32_t i = e->from_h; i < e->to_h; i++) {
        const EP_ELEMENT *x = in + ((ptrdiff_t)i * w->input_w + e->from_w) * w->input_c;
        for (int32_t j = e->from_w; j < e->to_w; j++, x += w->input_c)
            EP_SIDE_BY_SIDE for (int32_t k = 0; k < lanes; k++)
                sums[k] = (EP_SUM)(sums[k] + x[k]);
    }
    EP_POOL(means)(p, ep_extent_count(e), sums, lanes, out);
}

#if defined(EP_POOL_FOUR)
#include "average_pool_2d_dsp.h"
#endif
#include "pool_body.h"

#undef EP_POOL
