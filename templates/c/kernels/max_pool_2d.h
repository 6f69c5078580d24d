/* MAX_POOL_2D of int8. */
#ifndef EDGEPACK_MAX_POOL_2D_H
#define EDGEPACK_MAX_POOL_2D_H

#include "pool.h"

#if EP_DSP
#define EP_POOL_FOUR ep_max_pool_2d_four
#endif
#define EP_ELEMENT int8_t
#define EP_TYPED(kernel, what) kernel##_##what
#include "max_pool_2d_body.h"
#undef EP_TYPED
#undef EP_ELEMENT
#undef EP_POOL_FOUR

#endif
