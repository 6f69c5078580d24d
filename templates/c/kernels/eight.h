/* Eight numbers of 32 bits at once, of operators of int16 that go element by element.

   EP_EIGHT says whether the CPU has them: `ep_eight`, and of what ep_multiply multiplies by `ep_eight_factor`, a number's
   own. Their functions give the integers that plain C gives. */
#ifndef EDGEPACK_EIGHT_H
#define EDGEPACK_EIGHT_H

#include "fixed_point.h"
#include "target.h"

/* Of results: what is added to them, and their clamp. */
typedef struct {
    int16_t zero, low, high;
} ep_eight_ends;

EP_INLINE ep_eight_ends ep_eight_ends_of(int32_t zero, int32_t low, int32_t high)
{
    const ep_eight_ends e = {(int16_t)zero, (int16_t)low, (int16_t)high};
    return e;
}

#if EP_AVX2 || EP_AVX512
#define EP_EIGHT 1
#include "eight_avx2.h"
#elif EP_NEON
#define EP_EIGHT 1
#include "eight_neon.h"
#elif EP_WIDENS && defined(__SSE2__)
#define EP_EIGHT 1
#include "eight_sse2.h"
#else
#define EP_EIGHT 0
#endif

/* Before the loop over what eights leave over. */
#if EP_EIGHT
#define EP_EIGHT_LEFT EP_ROLLED
#else
#define EP_EIGHT_LEFT
#endif

#endif
