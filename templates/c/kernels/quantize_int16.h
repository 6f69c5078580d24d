/* QUANTIZE: real numbers to int16. */
#ifndef EDGEPACK_QUANTIZE_INT16_H
#define EDGEPACK_QUANTIZE_INT16_H

#include "quantize_shape.h"

static void ep_quantize_int16_run(const ep_quantize *q, const void *in, int16_t *out)
{
    for (int32_t i = 0; i < q->count; i++) {
        float v;
        memcpy(&v, (const uint8_t *)in + (size_t)i * sizeof v, sizeof v);
        out[i] = (int16_t)ep_clamp(ep_quantize_one(q, v, 65536.0f) + q->zero_point, -32768, 32767);
    }
}

#endif
