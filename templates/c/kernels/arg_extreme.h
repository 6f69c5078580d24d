/* ARG_MAX and ARG_MIN of int8. */
#ifndef EDGEPACK_ARG_EXTREME_H
#define EDGEPACK_ARG_EXTREME_H

#include "arg_extreme_shape.h"

#define EP_ELEMENT int8_t
#define EP_TYPED(kernel, what) kernel##_##what
#include "arg_extreme_body.h"
#undef EP_TYPED
#undef EP_ELEMENT

#endif
