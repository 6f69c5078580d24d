/* QUANTIZE: real numbers to int8. */
#ifndef EDGEPACK_QUANTIZE_H
#define EDGEPACK_QUANTIZE_H

#include "real.h"

typedef struct {
    int32_t count;
    int32_t divides; /* By the scale, ties away from zero; else times its reciprocal, ties to even. */
    float scale;
    int32_t zero_point;
} ep_quantize;

EP_INLINE int32_t ep_quantize_one(const ep_quantize *q, float v)
{
    if (!q->divides)
        return ep_rint_clamped(ep_product(v, q->scale), -1024.0f, 1024.0f);
    const float scaled = v / q->scale;
    if (scaled < 0.0f)
        return scaled < -1024.0f ? -1024 : -ep_round_positive(-scaled);
    return scaled < 1024.0f ? ep_round_positive(scaled) : 1024;
}

static void ep_quantize_run(const ep_quantize *q, const void *in, int8_t *out)
{
    for (int32_t i = 0; i < q->count; i++) {
        float v;
        memcpy(&v, (const uint8_t *)in + (size_t)i * sizeof v, sizeof v);
        out[i] = (int8_t)ep_clamp(ep_quantize_one(q, v) + q->zero_point, -128, 127);
    }
}

#endif
