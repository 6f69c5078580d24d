/* Eight numbers at once with AVX2. */
#ifndef EDGEPACK_EIGHT_AVX2_H
#define EDGEPACK_EIGHT_AVX2_H

#include "fixed_point_avx2.h"

typedef __m256i ep_eight;

typedef struct {
    __m256i mantissa, odd; /* Those of odd numbers where even ones are. */
    __m256i left, right;
    __m256i half, rounds; /* Of the last place that stays; whether there is one that does not, in every bit. */
} ep_eight_factor;

EP_INLINE ep_eight ep_eight_all(int32_t v) { return _mm256_set1_epi32(v); }
EP_INLINE ep_eight ep_eight_of_int16(const int16_t *at) { return _mm256_cvtepi16_epi32(ep_load16(at)); }
EP_INLINE ep_eight ep_eight_of_int8(const int8_t *at)
{
    return _mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)at));
}

EP_INLINE ep_eight ep_eight_add(ep_eight a, ep_eight b) { return _mm256_add_epi32(a, b); }
EP_INLINE ep_eight ep_eight_left(ep_eight v, const int32_t count) { return _mm256_slli_epi32(v, count); }
/* Of numbers of 16 bits: the upper halves of one factor count for nothing. */
EP_INLINE ep_eight ep_eight_product(ep_eight a, ep_eight b)
{
    return _mm256_madd_epi16(a, _mm256_and_si256(b, _mm256_set1_epi32(0xffff)));
}
EP_INLINE ep_eight ep_eight_signed(ep_eight v, ep_eight sign) { return _mm256_sign_epi32(v, sign); }

EP_INLINE ep_eight_factor ep_eight_factor_of(int32_t mantissa, int32_t shift)
{
    const __m256i all = _mm256_set1_epi32(mantissa);
    const int32_t right = ep_max(-shift, 0);
    const ep_eight_factor f = {all, all, _mm256_set1_epi32(ep_max(shift, 0)), _mm256_set1_epi32(right),
                               _mm256_set1_epi32((int32_t)((UINT32_C(1) << right) >> 1)), _mm256_set1_epi32(right ? -1 : 0)};
    return f;
}

/* ep_multiply; of |v| up to 2^30 where shifts go right. */
EP_INLINE ep_eight ep_eight_multiply(ep_eight v, const ep_eight_factor *f)
{
    const __m256i w = _mm256_sllv_epi32(v, f->left), nearest = _mm256_set1_epi64x(1 << 30);
    __m256i mantissa = f->mantissa, odd = f->odd;
#if defined(__GNUC__)
    __asm__("" : "+x"(mantissa), "+x"(odd)); /* Clang, if it saw that loops share it, would forget that it has a sign. */
#endif
    const __m256i first = _mm256_add_epi64(_mm256_mul_epi32(w, mantissa), nearest);
    const __m256i second = _mm256_add_epi64(_mm256_mul_epi32(_mm256_srli_epi64(w, 32), odd), nearest);
    const __m256i high = ep_join8(_mm256_srli_epi64(first, 31), _mm256_slli_epi64(second, 1));
    /* Halves are rounded upwards: below zero, one less is rounded where there is anything to round. */
    const __m256i down = _mm256_and_si256(f->rounds, _mm256_srai_epi32(high, 31));
    return _mm256_srav_epi32(_mm256_add_epi32(_mm256_add_epi32(high, f->half), down), f->right);
}

/* By `below` and with that sign where a number is less than zero, else by `above`. */
EP_INLINE ep_eight ep_eight_multiply_either(ep_eight v, const ep_eight_factor *below, ep_eight sign,
                                            const ep_eight_factor *above)
{
    const __m256i is_below = _mm256_srai_epi32(v, 31);
    const __m256i mantissa = _mm256_blendv_epi8(above->mantissa, below->mantissa, is_below);
    const ep_eight_factor f = {mantissa, _mm256_srli_epi64(mantissa, 32),
                               _mm256_blendv_epi8(above->left, below->left, is_below),
                               _mm256_blendv_epi8(above->right, below->right, is_below),
                               _mm256_blendv_epi8(above->half, below->half, is_below),
                               _mm256_blendv_epi8(above->rounds, below->rounds, is_below)};
    return ep_eight_signed(ep_eight_multiply(v, &f), _mm256_blendv_epi8(_mm256_set1_epi32(1), sign, is_below));
}

/* Results with their zero point, clamped. Saturation at 16 bits is beyond the clamp. */
EP_INLINE __m128i ep_eight_narrowed(ep_eight v, const ep_eight_ends *e)
{
    const __m128i both = _mm_packs_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    const __m128i moved = _mm_adds_epi16(both, _mm_set1_epi16(e->zero));
    return _mm_min_epi16(_mm_max_epi16(moved, _mm_set1_epi16(e->low)), _mm_set1_epi16(e->high));
}

EP_INLINE void ep_eight_to_int16(ep_eight v, const ep_eight_ends *e, int16_t *out)
{
    _mm_storeu_si128((__m128i *)(void *)out, ep_eight_narrowed(v, e));
}

EP_INLINE void ep_eight_to_int8(ep_eight v, const ep_eight_ends *e, int8_t *out)
{
    const __m128i both = ep_eight_narrowed(v, e);
    _mm_storel_epi64((__m128i *)(void *)out, _mm_packs_epi16(both, both));
}

#endif
