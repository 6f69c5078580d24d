/* int16 to int16 of another scale. */
#ifndef EDGEPACK_RESCALE_16_16_H
#define EDGEPACK_RESCALE_16_16_H

#include "rescale_shape.h"

static void ep_rescale_16_16_run(const ep_rescale *r, const int16_t *in, int16_t *out)
{
    for (int32_t i = 0; i < r->count; i++)
        out[i] = (int16_t)ep_rescale_one(r, in[i]);
}

#endif
