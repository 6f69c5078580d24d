/* MAX_POOL_2D of int8 with a Cortex-M's instructions for four bytes. */
#ifndef EDGEPACK_MAX_POOL_2D_DSP_H
#define EDGEPACK_MAX_POOL_2D_DSP_H

#include "pairs_dsp.h"

EP_INLINE int32_t ep_four_times(int32_t byte) { return (int32_t)((uint32_t)(uint8_t)byte * UINT32_C(0x01010101)); }

static EP_APART void ep_max_pool_2d_four(const ep_pool *p, const int8_t *in, const ep_extent *e, int8_t *out)
{
    const ep_window *const w = &p->window;
    int32_t most = ep_four_times(p->low);
    for (int32_t i = e->from_h; i < e->to_h; i++) {
        const int8_t *x = in + ((ptrdiff_t)i * w->input_w + e->from_w) * w->input_c;
        for (int32_t j = e->from_w; j < e->to_w; j++, x += w->input_c)
            most = ep_larger_bytes(most, ep_word(x));
    }
    most = ep_smaller_bytes(most, ep_four_times(p->high));
    memcpy(out, &most, sizeof most);
}

#endif
