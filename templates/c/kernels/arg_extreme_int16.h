/* ARG_MAX and ARG_MIN of int16. */
#ifndef EDGEPACK_ARG_EXTREME_INT16_H
#define EDGEPACK_ARG_EXTREME_INT16_H

#include "arg_extreme_shape.h"

#define EP_ELEMENT int16_t
#define EP_TYPED(kernel, what) kernel##_int16_##what
#include "arg_extreme_body.h"
#undef EP_TYPED
#undef EP_ELEMENT

#endif
