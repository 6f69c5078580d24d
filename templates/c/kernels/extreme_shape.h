/* What MINIMUM and MAXIMUM are told. */
#ifndef EDGEPACK_EXTREME_SHAPE_H
#define EDGEPACK_EXTREME_SHAPE_H

#include "broadcast.h"

typedef struct {
    ep_broadcast shape;
    int32_t largest; /* Else the smallest. */
} ep_extreme;

#endif
