/* AVERAGE_POOL_2D of int8. */
#ifndef EDGEPACK_AVERAGE_POOL_2D_H
#define EDGEPACK_AVERAGE_POOL_2D_H

#include "pool.h"

/* floor(n / count) by a product, which vectors have: n is at most 128.5 * count, so that n times what count times the
   divisor is over 2^24 stays under 2^24, and the product under 2^32. */
#if EP_POOL_LARGE
#define EP_SUM int32_t
#define EP_DIVISOR(count) (count)
#define EP_QUOTIENT(n, divisor) ((n) / (divisor))
#else
#define EP_SUM int16_t
#define EP_DIVISOR(count) (((UINT32_C(1) << 24) + (count) - 1) / (count))
#define EP_QUOTIENT(n, divisor) ((n) * (divisor) >> 24)
#endif

#if EP_DSP && !EP_POOL_LARGE
#define EP_POOL_FOUR ep_average_pool_2d_four
#endif
#define EP_ELEMENT int8_t
#define EP_TYPED(kernel, what) kernel##_##what
#include "average_pool_2d_body.h"
#undef EP_TYPED
#undef EP_ELEMENT
#undef EP_POOL_FOUR
#undef EP_SUM
#undef EP_DIVISOR
#undef EP_QUOTIENT

#endif
