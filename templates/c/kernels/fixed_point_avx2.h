/* Fixed point with AVX2, eight numbers at once. */
#ifndef EDGEPACK_FIXED_POINT_AVX2_H
#define EDGEPACK_FIXED_POINT_AVX2_H

#include "edgepack.h"

#include <immintrin.h>

EP_INLINE __m128i ep_load16(const void *p) { return _mm_loadu_si128((const __m128i *)p); }
EP_INLINE __m256i ep_load32(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }

/* The products of the even numbers and those of the odd ones, as 64 bits, joined again as 32. */
EP_INLINE __m256i ep_join8(__m256i even, __m256i odd_high) { return _mm256_blend_epi32(even, odd_high, 0xAA); }

/* round(a * b / 2^31), ties upwards. */
EP_INLINE __m256i ep_high_mul8(__m256i a, __m256i b)
{
    const __m256i half = _mm256_set1_epi64x(1 << 30);
    const __m256i even = _mm256_add_epi64(_mm256_mul_epi32(a, b), half);
    const __m256i odd = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(a, 32), _mm256_srli_epi64(b, 32)), half);
    return ep_join8(_mm256_srli_epi64(even, 31), _mm256_slli_epi64(odd, 1));
}

#endif
