/* The matrix product of int16 with AVX2: up to 6 vectors by 8 outputs in registers.

   Weights are widened as they are loaded, and vpmaddwd multiplies exactly: a register holds two sums for each of 4
   outputs, of the first and of the second half of each quad, which are added in the end. */
#ifndef EDGEPACK_MATRIX_INT16_AVX2_H
#define EDGEPACK_MATRIX_INT16_AVX2_H

#include "fixed_point_avx2.h"

#define EP_INT16_TILE 6
#define EP_INT16_SMALL 3

/* GCC 12's partial redundancy elimination copies every accumulator at the end of the inner loop. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("no-tree-pre")
#endif

EP_INLINE __m256i ep_int16_fourfold(const int16_t *x)
{
    int64_t quad;
    memcpy(&quad, x, sizeof quad);
    return _mm256_set1_epi64x(quad);
}

/* `height` vectors by `width` half blocks from output `first` of a block on; both are constants where this is inlined. */
EP_INLINE void ep_int16_part(const ep_block_int16 *b, const ep_vectors_int16 *v, const int32_t first,
                             int32_t sums[][EP_BLOCK], const int32_t height, const int32_t width)
{
    __m256i of[EP_INT16_TILE][4];
    const ptrdiff_t stride = v->vector_stride;
    const int8_t *w = b->weights + 4 * first;
    const int16_t *row = v->in;
    EP_UNROLL for (int32_t i = 0; i < height; i++)
        EP_UNROLL for (int32_t j = 0; j < 2 * width; j++)
            of[i][j] = _mm256_setzero_si256();
    for (int32_t left = b->rows; left > 0; left--, row += v->row_stride) {
        const int16_t *in = row;
        for (int32_t quads = b->quads; quads > 0; quads--, in += 4, w += 4 * EP_BLOCK)
            EP_UNROLL for (int32_t j = 0; j < width; j++) {
                const __m256i low = _mm256_cvtepi8_epi16(ep_load16(w + 32 * j));
                const __m256i high = _mm256_cvtepi8_epi16(ep_load16(w + 32 * j + 16));
                EP_UNROLL for (int32_t i = 0; i < height; i++) {
                    const __m256i x = ep_int16_fourfold(in + i * stride);
                    of[i][2 * j] = _mm256_add_epi32(of[i][2 * j], _mm256_madd_epi16(low, x));
                    of[i][2 * j + 1] = _mm256_add_epi32(of[i][2 * j + 1], _mm256_madd_epi16(high, x));
                }
            }
    }
    EP_UNROLL for (int32_t j = 0; j < width; j++) {
        const __m256i bias = ep_load32(b->bias + first + 8 * j);
        EP_UNROLL for (int32_t i = 0; i < height; i++) {
            const __m256i both = _mm256_hadd_epi32(of[i][2 * j], of[i][2 * j + 1]); /* Outputs 0 1 4 5 2 3 6 7. */
            const __m256i total = _mm256_add_epi32(_mm256_permute4x64_epi64(both, 0xD8), bias);
            _mm256_storeu_si256((__m256i *)(void *)(sums[i] + first + 8 * j), total);
        }
    }
}

EP_INLINE void ep_int16_tile(const ep_block_int16 *b, const ep_vectors_int16 *v, int32_t sums[][EP_BLOCK],
                             const int32_t height)
{
    if (height == 1) {
        ep_int16_part(b, v, 0, sums, height, 2);
        return;
    }
    ep_int16_part(b, v, 0, sums, height, 1);
    ep_int16_part(b, v, 8, sums, height, 1);
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif

#endif
