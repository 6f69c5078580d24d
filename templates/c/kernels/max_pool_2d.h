/* MAX_POOL_2D: the largest of what lies inside the input; input and output share their quantization. */
#ifndef EDGEPACK_MAX_POOL_2D_H
#define EDGEPACK_MAX_POOL_2D_H

#include "pool.h"

EP_INLINE void ep_max_pixel(const ep_pool *p, const int8_t *in, const ep_extent *e, int8_t *out)
{
    const ep_window *const w = &p->window;
    for (int32_t k = 0; k < w->output_c; k++)
        out[k] = (int8_t)p->low;
    for (int32_t i = e->from_h; i < e->to_h; i++)
        for (int32_t j = e->from_w; j < e->to_w; j++) {
            const int8_t *const x = in + ((ptrdiff_t)i * w->input_w + j) * w->input_c;
            for (int32_t k = 0; k < w->output_c; k++)
                out[k] = x[k] > out[k] ? x[k] : out[k];
        }
    for (int32_t k = 0; k < w->output_c; k++)
        out[k] = out[k] > p->high ? (int8_t)p->high : out[k];
}

static void ep_max_pool_2d_run(const ep_pool *p, const int8_t *in, int8_t *out)
{
    const ep_window *const w = &p->window;
    for (int32_t n = 0; n < w->batches; n++, in += ep_image_in(w))
        for (int32_t y = 0; y < w->output_h; y++)
            for (int32_t x = 0; x < w->output_w; x++, out += w->output_c) {
                const ep_extent e = ep_pool_extent(w, y, x);
                ep_max_pixel(p, in, &e, out);
            }
}

#endif
