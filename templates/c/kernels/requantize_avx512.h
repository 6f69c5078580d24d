/* Requantization of 16 accumulators at once, the same integers as in requantize.h. */
#ifndef EDGEPACK_REQUANTIZE_AVX512_H
#define EDGEPACK_REQUANTIZE_AVX512_H

#include "requantize.h"
#include "target.h"

#include <immintrin.h>

/* What 16 channels are scaled by. */
typedef struct {
    __m512 scale;
    __m512i multiplier, left, right;
} ep_scale16;

EP_INLINE ep_scale16 ep_scale16_none(void)
{
    const ep_scale16 s = {_mm512_setzero_ps(), _mm512_setzero_si512(), _mm512_setzero_si512(),
                          _mm512_setzero_si512()};
    return s;
}

EP_INLINE __m512i ep_shifts16(const int8_t *at)
{
    return _mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)at));
}

/* Those from `channel` on, where a model of the rules float32 and twice has them. */
EP_INLINE ep_scale16 ep_scale16_load(const ep_requantize *r, int32_t channel)
{
    ep_scale16 s = ep_scale16_none();
    (void)r, (void)channel; /* A model of the rule once has neither. */
#if EP_FLOAT32
    if (r->rule == ep_rule_float32)
        s.scale = EP_SCALES(r, _mm512_set1_ps(r->one_scale), _mm512_loadu_ps(r->scale + channel));
#endif
#if EP_TWICE
    if (r->rule == ep_rule_twice) {
        const __m512i shift = EP_SCALES(r, _mm512_set1_epi32(r->one_shift), ep_shifts16(r->shift + channel));
        const __m512i zero = _mm512_setzero_si512();
        s.multiplier = EP_SCALES(r, _mm512_set1_epi32(r->one_multiplier), _mm512_loadu_si512(r->multiplier + channel));
        s.left = _mm512_max_epi32(shift, zero);
        s.right = _mm512_max_epi32(_mm512_sub_epi32(zero, shift), zero);
    }
#endif
    return s;
}

/* round(a * b / 2^31), ties upwards. */
EP_INLINE __m512i ep_high_mul16(__m512i a, __m512i b)
{
    const __m512i half = _mm512_set1_epi64(1 << 30);
    const __m512i even = _mm512_add_epi64(_mm512_mul_epi32(a, b), half);
    const __m512i odd = _mm512_add_epi64(_mm512_mul_epi32(_mm512_srli_epi64(a, 32), _mm512_srli_epi64(b, 32)), half);
    return _mm512_mask_blend_epi32(0xAAAA, _mm512_srli_epi64(even, 31), _mm512_slli_epi64(odd, 1));
}

/* round(v / 2^exponent), ties away from zero; |v| under 2^30 where an exponent is not 0. */
EP_INLINE __m512i ep_divide16(__m512i v, __m512i exponent)
{
    const __mmask16 some = _mm512_test_epi32_mask(exponent, exponent);
    const __m512i one = _mm512_set1_epi32(1);
    const __m512i half = _mm512_maskz_sllv_epi32(some, one, _mm512_sub_epi32(exponent, one));
    const __m512i moved = _mm512_add_epi32(_mm512_add_epi32(v, half), _mm512_maskz_srai_epi32(some, v, 31));
    return _mm512_srav_epi32(moved, exponent);
}

/* The zero point and the clamp, as vectors. */
typedef struct {
    __m512 most; /* The upper end before the zero point is added. */
    __m512i zero, low, high;
} ep_ends;

EP_INLINE ep_ends ep_ends_of(const ep_requantize *r)
{
    const ep_ends e = {_mm512_set1_ps((float)(r->high - r->zero_point)), _mm512_set1_epi16((int16_t)r->zero_point),
                       _mm512_set1_epi8((int8_t)r->low), _mm512_set1_epi8((int8_t)r->high)};
    return e;
}

/* Sums scaled and rounded; for the rules float32 and twice. */
EP_INLINE __m512i ep_scaled16(const ep_requantize *r, const ep_scale16 *s, const ep_ends *e, __m512i sums)
{
    (void)r, (void)e; /* A model of one rule need not ask. */
#if EP_FLOAT32
    if (!EP_TWICE || r->rule == ep_rule_float32) {
        /* What is under the range of int32 becomes its least number, what is over it must not. */
        const __m512 v = _mm512_min_ps(_mm512_mul_ps(_mm512_cvtepi32_ps(sums), s->scale), e->most);
        return _mm512_cvt_roundps_epi32(v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
    }
#endif
    return ep_divide16(ep_high_mul16(_mm512_sllv_epi32(sums, s->left), s->multiplier), s->right);
}

/* 64 results with the zero point added, clamped, as bytes. Each 128-bit lane has four of each of `v`, in turn. */
EP_INLINE __m512i ep_narrowed64(const ep_ends *e, const __m512i v[4])
{
    const __m512i first = _mm512_adds_epi16(_mm512_packs_epi32(v[0], v[1]), e->zero);
    const __m512i second = _mm512_adds_epi16(_mm512_packs_epi32(v[2], v[3]), e->zero);
    return _mm512_min_epi8(_mm512_max_epi8(_mm512_packs_epi16(first, second), e->low), e->high);
}

/* The same with those of each of `v` side by side. */
EP_INLINE __m512i ep_in_order64(__m512i bytes)
{
    return _mm512_permutexvar_epi32(_mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), bytes);
}

#endif
