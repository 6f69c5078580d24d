/* DEQUANTIZE: real numbers of int16. */
#ifndef EDGEPACK_DEQUANTIZE_INT16_H
#define EDGEPACK_DEQUANTIZE_INT16_H

#include "dequantize_shape.h"

#define EP_ELEMENT int16_t
#define EP_TYPED(kernel, what) kernel##_int16_##what
#include "dequantize_body.h"
#undef EP_TYPED
#undef EP_ELEMENT

#endif
