/* DEQUANTIZE: real numbers of int8. */
#ifndef EDGEPACK_DEQUANTIZE_H
#define EDGEPACK_DEQUANTIZE_H

#include "dequantize_shape.h"

#define EP_ELEMENT int8_t
#define EP_TYPED(kernel, what) kernel##_##what
#include "dequantize_body.h"
#undef EP_TYPED
#undef EP_ELEMENT

#endif
