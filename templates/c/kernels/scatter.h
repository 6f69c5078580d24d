/* Elements that move by no stride and leave gaps: each run's place in the input and in the output from tables. */
#ifndef EDGEPACK_SCATTER_H
#define EDGEPACK_SCATTER_H

#include "edgepack.h"

typedef struct {
    const int32_t *starts, *targets; /* Bytes. */
    int32_t count;
    int32_t run; /* Bytes. */
} ep_scatter;

static void ep_scatter_run(const ep_scatter *s, const void *in, void *out)
{
    for (int32_t i = 0; i < s->count; i++)
        memcpy((uint8_t *)out + s->targets[i], (const uint8_t *)in + s->starts[i], (size_t)s->run);
}

#endif
