/* AVERAGE_POOL_2D of int16. */
#ifndef EDGEPACK_AVERAGE_POOL_2D_INT16_H
#define EDGEPACK_AVERAGE_POOL_2D_INT16_H

#include "pool.h"

/* floor(n / count) by a product: n is at most 32768.5 * count, so that n times what count times the divisor is over 2^31
   stays under 2^31. */
#define EP_SUM int32_t
#if EP_POOL_LARGE
#define EP_DIVISOR(count) (count)
#define EP_QUOTIENT(n, divisor) ((n) / (divisor))
#else
#define EP_DIVISOR(count) (((UINT32_C(1) << 31) + (count) - 1) / (count))
#define EP_QUOTIENT(n, divisor) ((uint64_t)(n) * (divisor) >> 31)
#endif

#define EP_ELEMENT int16_t
#define EP_TYPED(kernel, what) kernel##_int16_##what
#include "average_pool_2d_body.h"
#undef EP_TYPED
#undef EP_ELEMENT
#undef EP_SUM
#undef EP_DIVISOR
#undef EP_QUOTIENT

#endif
