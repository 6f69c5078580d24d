/* ARG_MAX and ARG_MIN of int16. */
#ifndef EDGEPACK_ARG_EXTREME_INT16_H
#define EDGEPACK_ARG_EXTREME_INT16_H

#include "arg_extreme_shape.h"

#define EP_ARG_EXTREME ep_arg_extreme_int16_run
#define EP_ELEMENT int16_t
#include "arg_extreme_body.h"
#undef EP_ELEMENT
#undef EP_ARG_EXTREME

#endif
