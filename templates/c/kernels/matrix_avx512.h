/* The matrix product with AVX-512 VNNI: up to 8 vectors by up to 64 outputs in registers.

   vpdpbusd multiplies unsigned by signed bytes. The weights are made unsigned by adding 128 to each as they are loaded,
   and 128 times the sum of a vector's elements is taken off each of its results beforehand. */
#ifndef EDGEPACK_MATRIX_AVX512_H
#define EDGEPACK_MATRIX_AVX512_H

#include "requantize_avx512.h"

#define EP_TILE 8

/* GCC 12's partial redundancy elimination copies every accumulator at the end of the inner loop, which costs a quarter
   of the speed. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("no-tree-pre")
#endif

/* 128 times the sum of a vector's elements, whatever lies behind its rows included. */
EP_INLINE int32_t ep_vector_sum(const int8_t *in, int32_t rows, int32_t row_bytes, ptrdiff_t row_stride)
{
    const __m512i factor = _mm512_set1_epi8(-128);
    __m512i sums = _mm512_setzero_si512();
    for (int32_t row = 0; row < rows; row++, in += row_stride) {
        int32_t at = 0;
        for (; at + 64 <= row_bytes; at += 64)
            sums = _mm512_dpbusd_epi32(sums, factor, _mm512_loadu_si512(in + at));
        if (at < row_bytes) {
            const __mmask64 rest = (UINT64_C(1) << (row_bytes - at)) - 1u;
            sums = _mm512_dpbusd_epi32(sums, factor, _mm512_maskz_loadu_epi8(rest, in + at));
        }
    }
    return _mm512_reduce_add_epi32(sums);
}

EP_INLINE __m512i ep_broadcast_quad(const int8_t *x)
{
    int32_t quad;
    memcpy(&quad, x, sizeof quad);
    return _mm512_set1_epi32(quad);
}

EP_INLINE void ep_store16(const ep_matrix *m, const ep_scale16 *s, int32_t first, __m512i sums, int8_t *out)
{
    const int32_t count = ep_min(EP_BLOCK, m->outputs - first);
#if EP_ONCE
    if (m->scaling.rule == ep_rule_once) {
        int32_t spilled[EP_BLOCK];
        _mm512_storeu_si512(spilled, sums);
        ep_requantize_run(&m->scaling, first, count, spilled, out + first);
        return;
    }
#endif
    const __m512i v = ep_scaled16(&m->scaling, s, sums);
    if (count == EP_BLOCK)
        _mm_storeu_si128((__m128i *)(void *)(out + first), _mm512_cvtepi32_epi8(v));
    else
        _mm512_mask_cvtepi32_storeu_epi8(out + first, (__mmask16)((1u << count) - 1u), v);
}

/* `height` vectors by `width` blocks of outputs; both are constants where this is inlined. */
EP_INLINE void ep_tile(const ep_matrix *m, const ep_vectors *v, int32_t block, const int32_t height, const int32_t width)
{
    const ptrdiff_t size = (ptrdiff_t)m->rows * m->quads * (4 * EP_BLOCK), stride = v->vector_stride;
    const int joined = v->row_stride == 4 * m->quads; /* The rows are one. */
    const int32_t rows = joined ? 1 : m->rows, quads = joined ? m->rows * m->quads : m->quads;
    const int8_t *w = m->weights + block * size;
    __m512i sums[EP_TILE][4];
    EP_UNROLL for (int32_t i = 0; i < height; i++) {
        const __m512i excess = _mm512_set1_epi32(ep_vector_sum(v->in + i * stride, rows, 4 * quads, v->row_stride));
        EP_UNROLL for (int32_t j = 0; j < width; j++)
            sums[i][j] = _mm512_sub_epi32(_mm512_loadu_si512(m->bias + (block + j) * EP_BLOCK), excess);
    }
    const int8_t *x = v->in;
    const ptrdiff_t skip = v->row_stride - 4 * quads;
    int32_t left = quads;
    for (int32_t step = rows * quads; step > 0; step--) {
        __m512i weights[4];
        EP_UNROLL for (int32_t j = 0; j < width; j++)
            weights[j] = _mm512_xor_si512(_mm512_loadu_si512(w + j * size), _mm512_set1_epi8(-128));
        EP_UNROLL for (int32_t i = 0; i < height; i++) {
            const __m512i activations = ep_broadcast_quad(x + i * stride);
            EP_UNROLL for (int32_t j = 0; j < width; j++)
                sums[i][j] = _mm512_dpbusd_epi32(sums[i][j], weights[j], activations);
        }
        x += 4;
        w += 4 * EP_BLOCK;
        if (--left == 0) {
            left = quads;
            x += skip;
        }
    }
    EP_UNROLL for (int32_t j = 0; j < width; j++) {
        const int32_t first = (block + j) * EP_BLOCK;
        const ep_scale16 scale = ep_scale16_load(&m->scaling, first);
        EP_UNROLL for (int32_t i = 0; i < height; i++)
            ep_store16(m, &scale, first, sums[i][j], v->out + i * v->out_stride);
    }
}

/* All vectors by `width` blocks, in tiles as high as the registers allow. */
EP_INLINE void ep_tiles(const ep_matrix *m, const ep_vectors *vectors, int32_t count, int32_t block,
                        const int32_t width)
{
    const int32_t most = width == 4 ? 5 : EP_TILE;
    ep_vectors v = *vectors;
    while (count > 0) {
        int32_t taken = most;
        if (count >= most)
            ep_tile(m, &v, block, most, width);
        else if (count >= 4)
            ep_tile(m, &v, block, taken = 4, width);
        else if (count >= 2)
            ep_tile(m, &v, block, taken = 2, width);
        else
            ep_tile(m, &v, block, taken = 1, width);
        count -= taken;
        v.in += taken * v.vector_stride;
        v.out += taken * v.out_stride;
    }
}

/* `count` vectors times the matrix. */
static void ep_matrix_run(const ep_matrix *m, const ep_vectors *v, int32_t count)
{
    const int32_t blocks = (m->outputs + EP_BLOCK - 1) / EP_BLOCK;
    int32_t block = 0;
    for (; block + 4 <= blocks; block += 4)
        ep_tiles(m, v, count, block, 4);
    if (block + 2 <= blocks) {
        ep_tiles(m, v, count, block, 2);
        block += 2;
    }
    if (block < blocks)
        ep_tiles(m, v, count, block, 1);
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif

#endif
