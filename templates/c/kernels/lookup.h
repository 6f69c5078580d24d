/* Any function of one int8: a table of 256 results, in the order of the input's bits taken as unsigned. */
#ifndef EDGEPACK_LOOKUP_H
#define EDGEPACK_LOOKUP_H

#include "edgepack.h"

typedef struct {
    const int8_t *table;
    int32_t count;
} ep_lookup;

static void ep_lookup_run(const ep_lookup *l, const int8_t *in, int8_t *out)
{
    for (int32_t i = 0; i < l->count; i++)
        out[i] = l->table[(uint8_t)in[i]];
}

#endif
