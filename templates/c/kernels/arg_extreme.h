/* ARG_MAX and ARG_MIN of int8. */
#ifndef EDGEPACK_ARG_EXTREME_H
#define EDGEPACK_ARG_EXTREME_H

#include "arg_extreme_shape.h"

#define EP_ARG_EXTREME ep_arg_extreme_run
#define EP_ELEMENT int8_t
#include "arg_extreme_body.h"
#undef EP_ELEMENT
#undef EP_ARG_EXTREME

#endif
