/* Where ARG_MAX and ARG_MIN look, and how they write an index. */
#ifndef EDGEPACK_ARG_EXTREME_SHAPE_H
#define EDGEPACK_ARG_EXTREME_SHAPE_H

#include "edgepack.h"

typedef struct {
    int32_t outer, count, inner; /* The input is [outer, count, inner], the output [outer, inner]. */
    int32_t largest;             /* Else the smallest. */
    int32_t wide;                /* Whether an index has 64 bits, else 32. */
} ep_arg_extreme;

EP_INLINE uint8_t *ep_arg_extreme_write(const ep_arg_extreme *a, int32_t index, uint8_t *out)
{
    const int64_t wide = index;
    if (a->wide)
        memcpy(out, &wide, sizeof wide);
    else
        memcpy(out, &index, sizeof index);
    return out + (a->wide ? sizeof wide : sizeof index);
}

#endif
