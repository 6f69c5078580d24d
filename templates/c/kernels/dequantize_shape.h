/* What DEQUANTIZE is told. */
#ifndef EDGEPACK_DEQUANTIZE_SHAPE_H
#define EDGEPACK_DEQUANTIZE_SHAPE_H

#include "real.h"

typedef struct {
    int32_t count;
    float scale;
    int32_t zero_point;
} ep_dequantize;

#endif
