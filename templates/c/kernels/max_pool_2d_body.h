/* MAX_POOL_2D for EP_ELEMENT: the largest of what lies inside the input; input and output share their quantization. */
#define EP_POOL(what) EP_TYPED(ep_max_pool_2d, what)

EP_INLINE void EP_POOL(lanes)(const ep_pool *p, const EP_ELEMENT *restrict in, const ep_extent *e,
                              const int32_t lanes, EP_ELEMENT *restrict out)
{
    const ep_window *const w = &p->window;
    const EP_ELEMENT low = (EP_ELEMENT)p->low, high = (EP_ELEMENT)p->high;
    EP_ELEMENT most[EP_LANES];
    EP_SIDE_BY_SIDE for (int32_t k = 0; k < lanes; k++)
        most[k] = low;
    for (int32_t i = e->from_h; i < e->to_h; i++) {
        const EP_ELEMENT *x = in + ((ptrdiff_t)i * w->input_w + e->from_w) * w->input_c;
        for (int32_t j = e->from_w; j < e->to_w; j++, x += w->input_c)
            EP_SIDE_BY_SIDE for (int32_t k = 0; k < lanes; k++)
                most[k] = x[k] > most[k] ? x[k] : most[k];
    }
    EP_SIDE_BY_SIDE for (int32_t k = 0; k < lanes; k++)
        out[k] = most[k] < high ? most[k] : high;
}

#if defined(EP_POOL_FOUR)
#include "max_pool_2d_dsp.h"
#endif
#include "pool_body.h"

#undef EP_POOL
