/* QUANTIZE of one real number, to any integer up to `most`. */
#ifndef EDGEPACK_QUANTIZE_SHAPE_H
#define EDGEPACK_QUANTIZE_SHAPE_H

#include "real.h"

typedef struct {
    int32_t count;
    int32_t divides; /* By the scale, ties away from zero; else times its reciprocal, ties to even. */
    float scale;
    int32_t zero_point;
} ep_quantize;

EP_INLINE int32_t ep_quantize_one(const ep_quantize *q, float v, float most)
{
    if (!q->divides)
        return ep_rint_clamped(ep_product(v, q->scale), -most, most);
    const float scaled = v / q->scale;
    if (scaled < 0.0f)
        return scaled < -most ? -(int32_t)most : -ep_round_positive(-scaled);
    return scaled < most ? ep_round_positive(scaled) : (int32_t)most;
}

#endif
