/* MINIMUM and MAXIMUM of int8. */
#ifndef EDGEPACK_EXTREME_H
#define EDGEPACK_EXTREME_H

#include "extreme_shape.h"

#define EP_ELEMENT int8_t
#define EP_TYPED(kernel, what) kernel##_##what
#include "extreme_body.h"
#undef EP_TYPED
#undef EP_ELEMENT

#endif
