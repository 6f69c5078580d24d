/* Windows without weights: the ends of a window that lie inside the input. */
#ifndef EDGEPACK_POOL_H
#define EDGEPACK_POOL_H

#include "lanes.h"
#include "threads.h"
#include "window.h"

/* Whether some layer has fewer than EP_LANES channels, and whether some layer's windows have over 256 elements. */
#ifndef EP_POOL_NARROW
#define EP_POOL_NARROW 1
#endif
#ifndef EP_POOL_LARGE
#define EP_POOL_LARGE 1
#endif

/* Whether a layer's channels are taken by whole lanes. */
#define EP_POOL_WHOLE(channels) (EP_HAS_LANES && (!EP_POOL_NARROW || (channels) >= EP_LANES))

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

EP_INLINE int32_t ep_extent_count(const ep_extent *e) { return (e->to_h - e->from_h) * (e->to_w - e->from_w); }

#endif
