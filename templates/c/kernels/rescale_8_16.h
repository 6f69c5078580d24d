/* int8 to int16 of another scale. */
#ifndef EDGEPACK_RESCALE_8_16_H
#define EDGEPACK_RESCALE_8_16_H

#include "rescale_shape.h"

static void ep_rescale_8_16_run(const ep_rescale *r, const int8_t *in, int16_t *out)
{
    const ep_rescale p = *r; /* So that no store to `out` can change it. */
    int32_t i = 0;
#if EP_EIGHT
    const ep_rescale_eight e = ep_rescale_eight_of(r);
    for (; p.count - i >= 8; i += 8)
        ep_eight_to_int16(ep_rescale_eight_run(&e, ep_eight_of_int8(in + i)), &e.ends, out + i);
#endif
    EP_EIGHT_LEFT for (; i < p.count; i++)
        out[i] = (int16_t)ep_rescale_one(&p, in[i]);
}

#endif
