/* Requantization with AVX2: 8 accumulators at once, the same integers as in requantize.h. */
#ifndef EDGEPACK_REQUANTIZE_AVX2_H
#define EDGEPACK_REQUANTIZE_AVX2_H

#include "fixed_point_avx2.h"
#include "requantize.h"
#include "target.h"

/* What 8 channels are scaled by. */
typedef struct {
    __m256 scale;
    __m256i multiplier, left, right;
} ep_scale8;

/* Eight numbers, the first four from `low` on, the others from `high` on. */
EP_INLINE __m256i ep_load_halves(const int32_t *low, const int32_t *high)
{
    return _mm256_inserti128_si256(_mm256_castsi128_si256(ep_load16(low)), ep_load16(high), 1);
}

EP_INLINE __m256i ep_shift_halves(const int8_t *low, const int8_t *high)
{
    int32_t first, second;
    memcpy(&first, low, sizeof first);
    memcpy(&second, high, sizeof second);
    return _mm256_cvtepi8_epi32(_mm_unpacklo_epi32(_mm_cvtsi32_si128(first), _mm_cvtsi32_si128(second)));
}

EP_INLINE __m256 ep_scale_halves(const float *low, const float *high)
{
    return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(low)), _mm_loadu_ps(high), 1);
}

/* Those of four channels from `low` on and four from `high` on. */
EP_INLINE ep_scale8 ep_scale8_load(const ep_requantize *r, int32_t low, int32_t high)
{
    const __m256i zero = _mm256_setzero_si256();
    (void)low, (void)high; /* Where one scale is for all. */
    ep_scale8 s = {_mm256_setzero_ps(), zero, zero, zero};
#if EP_FLOAT32
    if (ep_is_float32(r)) {
        s.scale = EP_SCALES(r, _mm256_set1_ps(r->one_scale), ep_scale_halves(r->scale + low, r->scale + high));
        return s;
    }
#endif
#if EP_FIXED
    const __m256i shift =
        EP_SCALES(r, _mm256_set1_epi32(r->one_shift), ep_shift_halves(r->shift + low, r->shift + high));
    s.multiplier = EP_SCALES(r, _mm256_set1_epi32(r->one_multiplier),
                             ep_load_halves(r->multiplier + low, r->multiplier + high));
    s.left = _mm256_max_epi32(shift, zero);
    s.right = _mm256_max_epi32(_mm256_sub_epi32(zero, shift), zero);
#endif
    return s;
}

#if EP_TWICE

/* round(v / 2^exponent), ties away from zero; |v| under 2^30 where an exponent is not 0. */
EP_INLINE __m256i ep_divide8(__m256i v, __m256i exponent)
{
    const __m256i one = _mm256_set1_epi32(1);
    const __m256i half = _mm256_srli_epi32(_mm256_sllv_epi32(one, exponent), 1);
    const __m256i down = _mm256_and_si256(_mm256_cmpgt_epi32(half, _mm256_setzero_si256()), _mm256_srai_epi32(v, 31));
    return _mm256_srav_epi32(_mm256_add_epi32(_mm256_add_epi32(v, half), down), exponent);
}

#endif
#if EP_ONCE

/* v * multiplier / 2^shift, rounded once, ties away from zero. */
EP_INLINE __m256i ep_once8(__m256i v, __m256i multiplier, __m256i shift)
{
    const __m256i size = _mm256_abs_epi32(v), one = _mm256_set1_epi64x(1), low = _mm256_set1_epi64x(0xFFFFFFFF);
    const __m256i even_shift = _mm256_and_si256(shift, low), odd_shift = _mm256_srli_epi64(shift, 32);
    __m256i even = _mm256_mul_epu32(size, multiplier);
    __m256i odd = _mm256_mul_epu32(_mm256_srli_epi64(size, 32), _mm256_srli_epi64(multiplier, 32));
    even = _mm256_add_epi64(even, _mm256_srli_epi64(_mm256_sllv_epi64(one, even_shift), 1));
    odd = _mm256_add_epi64(odd, _mm256_srli_epi64(_mm256_sllv_epi64(one, odd_shift), 1));
    even = _mm256_srlv_epi64(even, even_shift);
    odd = _mm256_srlv_epi64(odd, odd_shift);
    return _mm256_sign_epi32(ep_join8(even, _mm256_slli_epi64(odd, 32)), v);
}

#endif

/* Scaled and rounded, neither clamped nor with the zero point. */
EP_INLINE __m256i ep_scaled8(const ep_requantize *r, const ep_scale8 *s, __m256i sums)
{
    (void)r; /* Where a model has one rule. */
#if EP_FLOAT32
    if (!EP_FIXED || ep_is_float32(r)) {
        /* Beyond 32 bits the conversion gives the least integer: right for what is too small, not for what is large. */
        const __m256 most = _mm256_set1_ps(32767.0f);
        return _mm256_cvtps_epi32(_mm256_min_ps(_mm256_mul_ps(_mm256_cvtepi32_ps(sums), s->scale), most));
    }
#endif
#if EP_TWICE
    if (!EP_ONCE || r->rule == ep_rule_twice)
        return ep_divide8(ep_high_mul8(_mm256_sllv_epi32(sums, s->left), s->multiplier), s->right);
#endif
#if EP_ONCE
    return ep_once8(sums, s->multiplier, s->left);
#endif
}

/* Four times 8 results as bytes, the zero point added, clamped: 4 of each in turn, then the other 4 of each.
   Saturation at 16 bits is beyond the clamp. */
EP_INLINE __m256i ep_packed32(const ep_requantize *r, __m256i a, __m256i b, __m256i c, __m256i d)
{
    const __m256i zero = _mm256_set1_epi16((int16_t)r->zero_point);
    const __m256i ab = _mm256_adds_epi16(_mm256_packs_epi32(a, b), zero);
    const __m256i cd = _mm256_adds_epi16(_mm256_packs_epi32(c, d), zero);
    const __m256i bytes = _mm256_max_epi8(_mm256_packs_epi16(ab, cd), _mm256_set1_epi8((int8_t)r->low));
    return _mm256_min_epi8(bytes, _mm256_set1_epi8((int8_t)r->high));
}

/* Store the first `count` bytes. */
EP_INLINE void ep_store_some(int8_t *out, __m128i bytes, int32_t count)
{
    int8_t spilled[16];
    if (count == 16) {
        _mm_storeu_si128((__m128i *)(void *)out, bytes);
    } else if (count == 8) {
        _mm_storel_epi64((__m128i *)(void *)out, bytes);
    } else {
        _mm_storeu_si128((__m128i *)(void *)spilled, bytes);
        memcpy(out, spilled, (size_t)count);
    }
}

#endif
