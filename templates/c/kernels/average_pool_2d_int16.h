/* AVERAGE_POOL_2D of int16. */
#ifndef EDGEPACK_AVERAGE_POOL_2D_INT16_H
#define EDGEPACK_AVERAGE_POOL_2D_INT16_H

#include "pool.h"

#define EP_ELEMENT int16_t
#define EP_TYPED(kernel, what) kernel##_int16_##what
#include "average_pool_2d_body.h"
#undef EP_TYPED
#undef EP_ELEMENT

#endif
