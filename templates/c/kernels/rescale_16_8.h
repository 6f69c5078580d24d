/* int16 to int8 of another scale. */
#ifndef EDGEPACK_RESCALE_16_8_H
#define EDGEPACK_RESCALE_16_8_H

#include "rescale_shape.h"

static void ep_rescale_16_8_run(const ep_rescale *r, const int16_t *in, int8_t *out)
{
    for (int32_t i = 0; i < r->count; i++)
        out[i] = (int8_t)ep_rescale_one(r, in[i]);
}

#endif
