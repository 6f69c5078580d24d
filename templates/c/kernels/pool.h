/* Windows without weights: the ends of a window that lie inside the input. */
#ifndef EDGEPACK_POOL_H
#define EDGEPACK_POOL_H

#include "window.h"

#define EP_POOL_LANES 16

typedef struct {
    ep_window window;
    int32_t low, high; /* The clamp of the fused activation. */
} ep_pool;

typedef struct {
    int32_t from_h, to_h, from_w, to_w;
} ep_extent;

EP_INLINE ep_extent ep_pool_extent(const ep_window *w, int32_t y, int32_t x)
{
    const int32_t row = y * w->stride_h - w->pad_h, column = x * w->stride_w - w->pad_w;
    const ep_extent e = {ep_max(row, 0), ep_min(row + w->kernel_h, w->input_h), ep_max(column, 0),
                         ep_min(column + w->kernel_w, w->input_w)};
    return e;
}

#endif
