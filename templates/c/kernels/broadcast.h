/* Two arrays joined element by element, a dimension of 1 stretched: its stride is 0. */
#ifndef EDGEPACK_BROADCAST_H
#define EDGEPACK_BROADCAST_H

#include "edgepack.h"

#define EP_RANK 5

typedef struct {
    int32_t dims[EP_RANK]; /* Of the output, the last one innermost. */
    int32_t a[EP_RANK];
    int32_t b[EP_RANK];
} ep_broadcast;

EP_INLINE int32_t ep_broadcast_rows(const ep_broadcast *s)
{
    return s->dims[0] * s->dims[1] * s->dims[2] * s->dims[3];
}

/* Where row `row` of the innermost dimension begins in an input with these strides. */
EP_INLINE ptrdiff_t ep_broadcast_at(const ep_broadcast *s, const int32_t *strides, int32_t row)
{
    ptrdiff_t at = 0;
    for (int32_t d = EP_RANK - 2; d >= 0; d--) {
        at += (ptrdiff_t)(row % s->dims[d]) * strides[d];
        row /= s->dims[d];
    }
    return at;
}

#endif
