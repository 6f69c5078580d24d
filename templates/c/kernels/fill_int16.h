/* One int16 everywhere. */
#ifndef EDGEPACK_FILL_INT16_H
#define EDGEPACK_FILL_INT16_H

#include "edgepack.h"

typedef struct {
    int32_t value;
    int32_t count;
} ep_fill_int16;

static void ep_fill_int16_run(const ep_fill_int16 *f, int16_t *out)
{
    for (int32_t i = 0; i < f->count; i++)
        out[i] = (int16_t)f->value;
}

#endif
