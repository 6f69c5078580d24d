/* QUANTIZE: real numbers to int16, those that LiteRT's vectors leave: divided in double, ties away from zero. */
#ifndef EDGEPACK_QUANTIZE_INT16_APART_H
#define EDGEPACK_QUANTIZE_INT16_APART_H

#include "quantize_shape.h"

static void ep_quantize_int16_apart_run(const ep_quantize *q, const void *in, int16_t *out)
{
    for (int32_t i = 0; i < q->count; i++) {
        float v;
        memcpy(&v, (const uint8_t *)in + (size_t)i * sizeof v, sizeof v);
        const double scaled = (double)v / (double)q->scale, size = scaled < 0.0 ? -scaled : scaled;
        int32_t whole = 65536;
        if (size < 65536.0) {
            whole = (int32_t)size;
            whole += size - (double)whole >= 0.5;
        }
        out[i] = (int16_t)ep_clamp((scaled < 0.0 ? -whole : whole) + q->zero_point, -32768, 32767);
    }
}

#endif
