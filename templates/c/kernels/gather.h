/* Elements that move by no stride: each run's place in the input from a table. */
#ifndef EDGEPACK_GATHER_H
#define EDGEPACK_GATHER_H

#include "edgepack.h"

typedef struct {
    const int32_t *starts; /* Bytes. */
    int32_t count;
    int32_t run; /* Bytes. */
} ep_gather;

static void ep_gather_run(const ep_gather *g, const void *in, void *out)
{
    for (int32_t i = 0; i < g->count; i++)
        memcpy((uint8_t *)out + (ptrdiff_t)i * g->run, (const uint8_t *)in + g->starts[i], (size_t)g->run);
}

#endif
