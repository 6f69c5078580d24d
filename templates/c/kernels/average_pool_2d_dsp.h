/* AVERAGE_POOL_2D of int8 with a Cortex-M's pairs of halfwords: four channels of windows whose sums fit 16 bits. */
#ifndef EDGEPACK_AVERAGE_POOL_2D_DSP_H
#define EDGEPACK_AVERAGE_POOL_2D_DSP_H

#include "pairs_dsp.h"

static EP_APART void ep_average_pool_2d_four(const ep_pool *p, const int8_t *in, const ep_extent *e, int8_t *out)
{
    const ep_window *const w = &p->window;
    int32_t even = 0, odd = 0;
    for (int32_t i = e->from_h; i < e->to_h; i++) {
        const int8_t *x = in + ((ptrdiff_t)i * w->input_w + e->from_w) * w->input_c;
        for (int32_t j = e->from_w; j < e->to_w; j++, x += w->input_c) {
            const int32_t bytes = ep_word(x);
            even = ep_add_even(even, bytes);
            odd = ep_add_odd(odd, bytes);
        }
    }
    const int16_t sums[4] = {(int16_t)even, (int16_t)odd, (int16_t)(even >> 16), (int16_t)(odd >> 16)};
    ep_average_pool_2d_means(p, ep_extent_count(e), sums, 4, out);
}

#endif
