/* DEQUANTIZE: int8 to real numbers. */
#ifndef EDGEPACK_DEQUANTIZE_H
#define EDGEPACK_DEQUANTIZE_H

#include "real.h"

typedef struct {
    int32_t count;
    float scale;
    int32_t zero_point;
} ep_dequantize;

static void ep_dequantize_run(const ep_dequantize *d, const int8_t *in, void *out)
{
    for (int32_t i = 0; i < d->count; i++) {
        const float v = d->scale * (float)(in[i] - d->zero_point);
        memcpy((uint8_t *)out + (size_t)i * sizeof v, &v, sizeof v);
    }
}

#endif
