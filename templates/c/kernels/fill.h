/* One byte everywhere: what a pad puts around its input. */
#ifndef EDGEPACK_FILL_H
#define EDGEPACK_FILL_H

#include "edgepack.h"

typedef struct {
    int32_t value;
    int32_t bytes;
} ep_fill;

static void ep_fill_run(const ep_fill *f, void *out) { memset(out, f->value, (size_t)f->bytes); }

#endif
