/* Requantization of 8 sums of 32 bits with AVX2 at once, the same integers as in requantize_int16.h. */
#ifndef EDGEPACK_REQUANTIZE_INT16_AVX2_H
#define EDGEPACK_REQUANTIZE_INT16_AVX2_H

#include "fixed_point_avx2.h"

#if EP_INT16_DOUBLE
/* Just under a half, added towards the sign and cut: that rounds ties away from zero, and nothing else up. */
EP_INLINE __m128i ep_double4(__m128i sums, __m256d scale, __m256d low, __m256d high)
{
    const __m256d v = _mm256_mul_pd(_mm256_cvtepi32_pd(sums), scale);
    const __m256d near = _mm256_min_pd(_mm256_max_pd(v, low), high), sign = _mm256_set1_pd(-0.0);
    const __m256d half = _mm256_or_pd(_mm256_and_pd(near, sign), _mm256_set1_pd(0.49999999999999994));
    return _mm256_cvttpd_epi32(_mm256_add_pd(near, half));
}
#endif

/* What eight channels are scaled by. */
typedef struct {
    __m256i multiplier, shift;
    __m256d scale[2];
    __m128i low, high;
} ep_int16_scales;

EP_INLINE int ep_int16_has_vectors(const ep_requantize_int16 *r)
{
    return r->rule == ep_int16_double || r->rule == ep_int16_high || r->rule == ep_int16_upwards;
}

EP_INLINE ep_int16_scales ep_int16_scales_load(const ep_requantize_int16 *r, int32_t channel)
{
    const __m256i zero = _mm256_setzero_si256();
    const __m256d none = _mm256_setzero_pd();
    ep_int16_scales s = {zero, zero, {none, none}, _mm_set1_epi16((int16_t)r->low), _mm_set1_epi16((int16_t)r->high)};
    if (r->rule == ep_int16_double) {
        s.scale[0] = _mm256_loadu_pd(r->scale + channel), s.scale[1] = _mm256_loadu_pd(r->scale + channel + 4);
        return s;
    }
    s.multiplier = ep_load32(r->multiplier + channel);
    s.shift = _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)(r->shift + channel)));
    return s;
}

/* Eight results within 32 bits. */
EP_INLINE __m256i ep_int16_scaled8(const ep_requantize_int16 *r, const ep_int16_scales *s, const int32_t *sums)
{
    (void)r; /* Where a model has one rule. */
#if EP_INT16_DOUBLE
    if (r->rule == ep_int16_double) {
        const __m256d low = _mm256_set1_pd((double)r->low), high = _mm256_set1_pd((double)r->high);
        const __m128i first = ep_double4(ep_load16(sums), s->scale[0], low, high);
        const __m128i second = ep_double4(ep_load16(sums + 4), s->scale[1], low, high);
        return _mm256_inserti128_si256(_mm256_castsi128_si256(first), second, 1);
    }
#endif
    const __m256i v = ep_load32(sums), one = _mm256_set1_epi32(1);
#if EP_INT16_HIGH
    if (!EP_INT16_UPWARDS || r->rule == ep_int16_high) {
        __m256i multiplier = s->multiplier;
#if defined(__GNUC__)
        __asm__("" : "+x"(multiplier)); /* Clang, if it saw that loops share it, would forget that halves have signs. */
#endif
        const __m256i even = _mm256_srli_epi64(_mm256_mul_epi32(v, multiplier), 32);
        const __m256i odd = _mm256_mul_epi32(_mm256_srli_epi64(v, 32), _mm256_srli_epi64(multiplier, 32));
        return _mm256_srai_epi32(_mm256_add_epi32(_mm256_srav_epi32(ep_join8(even, odd), s->shift), one), 1);
    }
#endif
    const __m256i left = _mm256_max_epi32(s->shift, _mm256_setzero_si256());
    const __m256i high = ep_high_mul8(_mm256_sllv_epi32(v, left), s->multiplier);
    const __m256i right = _mm256_sub_epi32(left, s->shift); /* A count of -1 shifts everything out. */
    const __m256i half = _mm256_and_si256(_mm256_srlv_epi32(high, _mm256_sub_epi32(right, one)), one);
    return _mm256_add_epi32(_mm256_srav_epi32(high, right), half);
}

EP_INLINE void ep_int16_scaled(const ep_requantize_int16 *r, const ep_int16_scales *s, const int32_t *sums,
                               int16_t *out)
{
    const __m256i v = ep_int16_scaled8(r, s, sums);
    const __m128i both = _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    _mm_storeu_si128((__m128i *)(void *)out, _mm_min_epi16(_mm_max_epi16(both, s->low), s->high));
}

#endif
