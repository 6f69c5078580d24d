/* int16 to int8 of another scale. */
#ifndef EDGEPACK_RESCALE_16_8_H
#define EDGEPACK_RESCALE_16_8_H

#include "rescale_shape.h"

static void ep_rescale_16_8_run(const ep_rescale *r, const int16_t *in, int8_t *out)
{
    const ep_rescale p = *r; /* So that no store to `out` can change it. */
    int32_t i = 0;
#if EP_EIGHT
    const ep_rescale_eight e = ep_rescale_eight_of(r);
    for (; p.count - i >= 8; i += 8)
        ep_eight_to_int8(ep_rescale_eight_run(&e, ep_eight_of_int16(in + i)), &e.ends, out + i);
#endif
    EP_EIGHT_LEFT for (; i < p.count; i++)
        out[i] = (int8_t)ep_rescale_one(&p, in[i]);
}

#endif
