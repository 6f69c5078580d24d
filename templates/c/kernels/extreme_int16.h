/* MINIMUM and MAXIMUM of int16. */
#ifndef EDGEPACK_EXTREME_INT16_H
#define EDGEPACK_EXTREME_INT16_H

#include "extreme_shape.h"

#define EP_ELEMENT int16_t
#define EP_TYPED(kernel, what) kernel##_int16_##what
#include "extreme_body.h"
#undef EP_TYPED
#undef EP_ELEMENT

#endif
