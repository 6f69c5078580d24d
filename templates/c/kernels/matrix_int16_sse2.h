/* The matrix product of int16 with SSE2, which every x86-64 has: up to 4 vectors by 4 outputs in registers.

   A register holds two sums for each of 2 outputs, as with AVX2. */
#ifndef EDGEPACK_MATRIX_INT16_SSE2_H
#define EDGEPACK_MATRIX_INT16_SSE2_H

#include <emmintrin.h>

#define EP_INT16_TILE 4
#define EP_INT16_SMALL 2

/* A quad of each vector times 4 outputs. */
EP_INLINE void ep_int16_quad(__m128i of[][2], const int16_t *in, ptrdiff_t stride, const int8_t *w, const int32_t height)
{
    const __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)w);
    const __m128i low = _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
    const __m128i high = _mm_srai_epi16(_mm_unpackhi_epi8(bytes, bytes), 8);
    EP_UNROLL for (int32_t i = 0; i < height; i++) {
        const __m128i quad = _mm_loadl_epi64((const __m128i *)(const void *)(in + i * stride));
        const __m128i x = _mm_unpacklo_epi64(quad, quad);
        of[i][0] = _mm_add_epi32(of[i][0], _mm_madd_epi16(low, x));
        of[i][1] = _mm_add_epi32(of[i][1], _mm_madd_epi16(high, x));
    }
}

/* Four outputs from `part` of a block on. */
EP_INLINE void ep_int16_part(const ep_block_int16 *b, const ep_vectors_int16 *v, int32_t part,
                             int32_t sums[][EP_BLOCK], const int32_t height)
{
    const int8_t *w = b->weights + 4 * part;
    const int16_t *row = v->in;
    __m128i of[EP_INT16_TILE][2];
    EP_UNROLL for (int32_t i = 0; i < height; i++)
        of[i][0] = of[i][1] = _mm_setzero_si128();
    for (int32_t left = b->rows; left > 0; left--, row += v->row_stride) {
        const int16_t *in = row;
        for (int32_t quads = b->quads; quads > 0; quads--, in += 4, w += 4 * EP_BLOCK)
            ep_int16_quad(of, in, v->vector_stride, w, height);
    }
    EP_UNROLL for (int32_t i = 0; i < height; i++) {
        const __m128 a = _mm_castsi128_ps(of[i][0]), c = _mm_castsi128_ps(of[i][1]);
        const __m128i even = _mm_castps_si128(_mm_shuffle_ps(a, c, 0x88)), odd = _mm_castps_si128(_mm_shuffle_ps(a, c, 0xDD));
        const __m128i bias = _mm_loadu_si128((const __m128i *)(const void *)(b->bias + part));
        _mm_storeu_si128((__m128i *)(void *)(sums[i] + part), _mm_add_epi32(_mm_add_epi32(even, odd), bias));
    }
}

EP_INLINE void ep_int16_tile(const ep_block_int16 *b, const ep_vectors_int16 *v, int32_t sums[][EP_BLOCK],
                             const int32_t height)
{
    for (int32_t part = 0; part < b->outputs; part += 4)
        ep_int16_part(b, v, part, sums, height);
}

#endif
