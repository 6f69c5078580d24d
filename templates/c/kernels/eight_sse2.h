/* Eight numbers at once with SSE2, which any x86-64 has: it multiplies without signs, and shifts all by one count. */
#ifndef EDGEPACK_EIGHT_SSE2_H
#define EDGEPACK_EIGHT_SSE2_H

#include <emmintrin.h>

typedef struct {
    __m128i val[2];
} ep_eight;

typedef struct {
    __m128i mantissa, twice;
    __m128i left, right;  /* Counts. */
    __m128i half, rounds; /* Of the last place that stays; whether there is one that does not, in every bit. */
} ep_eight_factor;

EP_INLINE ep_eight ep_eight_of(__m128i first, __m128i second)
{
    const ep_eight both = {{first, second}};
    return both;
}

EP_INLINE ep_eight ep_eight_all(int32_t v) { return ep_eight_of(_mm_set1_epi32(v), _mm_set1_epi32(v)); }

EP_INLINE ep_eight ep_eight_widened(__m128i v)
{
    return ep_eight_of(_mm_srai_epi32(_mm_unpacklo_epi16(v, v), 16), _mm_srai_epi32(_mm_unpackhi_epi16(v, v), 16));
}

EP_INLINE ep_eight ep_eight_of_int16(const int16_t *at)
{
    return ep_eight_widened(_mm_loadu_si128((const __m128i *)(const void *)at));
}

EP_INLINE ep_eight ep_eight_of_int8(const int8_t *at)
{
    const __m128i v = _mm_loadl_epi64((const __m128i *)(const void *)at);
    return ep_eight_widened(_mm_srai_epi16(_mm_unpacklo_epi8(v, v), 8));
}

EP_INLINE ep_eight ep_eight_add(ep_eight a, ep_eight b)
{
    return ep_eight_of(_mm_add_epi32(a.val[0], b.val[0]), _mm_add_epi32(a.val[1], b.val[1]));
}

EP_INLINE ep_eight ep_eight_left(ep_eight v, const int32_t count)
{
    return ep_eight_of(_mm_slli_epi32(v.val[0], count), _mm_slli_epi32(v.val[1], count));
}

/* Of numbers of 16 bits: the upper halves of one factor count for nothing. */
EP_INLINE ep_eight ep_eight_product(ep_eight a, ep_eight b)
{
    const __m128i lower = _mm_set1_epi32(0xffff);
    return ep_eight_of(_mm_madd_epi16(a.val[0], _mm_and_si128(b.val[0], lower)),
                       _mm_madd_epi16(a.val[1], _mm_and_si128(b.val[1], lower)));
}

/* v, or -v where the mask is set. */
EP_INLINE __m128i ep_four_negated(__m128i v, __m128i mask) { return _mm_sub_epi32(_mm_xor_si128(v, mask), mask); }

EP_INLINE ep_eight ep_eight_signed(ep_eight v, ep_eight sign)
{
    return ep_eight_of(ep_four_negated(v.val[0], _mm_srai_epi32(sign.val[0], 31)),
                       ep_four_negated(v.val[1], _mm_srai_epi32(sign.val[1], 31)));
}

EP_INLINE ep_eight_factor ep_eight_factor_of(int32_t mantissa, int32_t shift)
{
    const int32_t right = ep_max(-shift, 0);
    const ep_eight_factor f = {_mm_set1_epi32(mantissa),
                               _mm_set1_epi32((int32_t)((uint32_t)mantissa << 1)),
                               _mm_cvtsi32_si128(ep_max(shift, 0)),
                               _mm_cvtsi32_si128(right),
                               _mm_set1_epi32((int32_t)((UINT32_C(1) << right) >> 1)),
                               _mm_set1_epi32(right ? -1 : 0)};
    return f;
}

/* ep_multiply; of |v| up to 2^30 where shifts go right. Below zero the product without a sign is too large by the mantissa
   times 2^32. */
EP_INLINE __m128i ep_four_multiply(__m128i v, const ep_eight_factor *f)
{
    const __m128i w = _mm_sll_epi32(v, f->left), nearest = _mm_set1_epi64x(1 << 30), odd = _mm_set_epi32(-1, 0, -1, 0);
    const __m128i first = _mm_add_epi64(_mm_mul_epu32(w, f->mantissa), nearest);
    const __m128i second = _mm_add_epi64(_mm_mul_epu32(_mm_srli_epi64(w, 32), f->mantissa), nearest);
    const __m128i both = _mm_or_si128(_mm_srli_epi64(first, 31), _mm_and_si128(_mm_slli_epi64(second, 1), odd));
    const __m128i high = _mm_sub_epi32(both, _mm_and_si128(_mm_srai_epi32(w, 31), f->twice));
    /* Halves are rounded upwards: below zero, one less is rounded where there is anything to round. */
    const __m128i down = _mm_and_si128(f->rounds, _mm_srai_epi32(high, 31));
    return _mm_sra_epi32(_mm_add_epi32(_mm_add_epi32(high, f->half), down), f->right);
}

EP_INLINE ep_eight ep_eight_multiply(ep_eight v, const ep_eight_factor *f)
{
    return ep_eight_of(ep_four_multiply(v.val[0], f), ep_four_multiply(v.val[1], f));
}

EP_INLINE __m128i ep_four_choose(__m128i v, __m128i below, __m128i above)
{
    const __m128i is_below = _mm_srai_epi32(v, 31);
    return _mm_or_si128(_mm_and_si128(is_below, below), _mm_andnot_si128(is_below, above));
}

/* By `below` and with that sign where a number is less than zero, else by `above`. */
EP_INLINE ep_eight ep_eight_multiply_either(ep_eight v, const ep_eight_factor *below, ep_eight sign,
                                            const ep_eight_factor *above)
{
    const ep_eight low = ep_eight_signed(ep_eight_multiply(v, below), sign), high = ep_eight_multiply(v, above);
    return ep_eight_of(ep_four_choose(v.val[0], low.val[0], high.val[0]),
                       ep_four_choose(v.val[1], low.val[1], high.val[1]));
}

/* Results with their zero point, clamped. Saturation at 16 bits is beyond the clamp. */
EP_INLINE __m128i ep_eight_narrowed(ep_eight v, const ep_eight_ends *e)
{
    const __m128i moved = _mm_adds_epi16(_mm_packs_epi32(v.val[0], v.val[1]), _mm_set1_epi16(e->zero));
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
