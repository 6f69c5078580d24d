/* AVERAGE_POOL_2D of int8. */
#ifndef EDGEPACK_AVERAGE_POOL_2D_H
#define EDGEPACK_AVERAGE_POOL_2D_H

#include "pool.h"

#define EP_ELEMENT int8_t
#define EP_TYPED(kernel, what) kernel##_##what
#include "average_pool_2d_body.h"
#undef EP_TYPED
#undef EP_ELEMENT

#endif
