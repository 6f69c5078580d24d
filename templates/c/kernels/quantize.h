/* QUANTIZE: real numbers to int8. */
#ifndef EDGEPACK_QUANTIZE_H
#define EDGEPACK_QUANTIZE_H

#include "quantize_shape.h"

static void ep_quantize_run(const ep_quantize *q, const void *in, int8_t *out)
{
    for (int32_t i = 0; i < q->count; i++) {
        float v;
        memcpy(&v, (const uint8_t *)in + (size_t)i * sizeof v, sizeof v);
        out[i] = (int8_t)ep_clamp(ep_quantize_one(q, v, 1024.0f) + q->zero_point, -128, 127);
    }
}

#endif
