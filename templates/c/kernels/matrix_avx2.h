/* The matrix product with AVX2: up to 6 vectors by 8 outputs in registers.

   vpmaddwd multiplies 16-bit integers exactly. Vectors are widened to 16 bits once, several of them into a panel that
   all weights then pass over; weights are widened as they are loaded. A register holds two sums for each of 4 outputs,
   of the first and of the second half of each quad, which are added in the end. */
#ifndef EDGEPACK_MATRIX_AVX2_H
#define EDGEPACK_MATRIX_AVX2_H

#define EP_TILE 6
#define EP_FLAT 0
#define EP_OFFSET 0
#define EP_STRIPS 1 /* Quads may lie anywhere. */
#define EP_SKIPPING 1

typedef int16_t ep_element;

#include "panel.h"
#include "requantize_avx2.h"

#define EP_HALF 8 /* Outputs of a tile: half a block. */

/* GCC 12's partial redundancy elimination copies every accumulator at the end of the inner loop. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("no-tree-pre")
#endif

/* Widen `count` bytes, a multiple of 4; return where the next go. */
EP_INLINE int16_t *ep_widen(const int8_t *in, int32_t count, int16_t *to)
{
    int32_t at = 0;
    for (; at + 16 <= count; at += 16)
        _mm256_storeu_si256((__m256i *)(void *)(to + at), _mm256_cvtepi8_epi16(ep_load16(in + at)));
    if (at + 8 <= count) {
        _mm_storeu_si128((__m128i *)(void *)(to + at), _mm_cvtepi8_epi16(_mm_loadl_epi64((const __m128i *)(const void *)(in + at))));
        at += 8;
    }
    if (at < count) {
        int32_t quad;
        memcpy(&quad, in + at, sizeof quad);
        _mm_storel_epi64((__m128i *)(void *)(to + at), _mm_cvtepi8_epi16(_mm_cvtsi32_si128(quad)));
    }
    return to + count;
}

/* The same of any count. */
EP_INLINE int16_t *ep_widen_bytes(const int8_t *in, int32_t count, int16_t *to)
{
    const int32_t quads = count & ~3;
    ep_widen(in, quads, to);
    for (int32_t i = quads; i < count; i++)
        to[i] = in[i];
    return to + count;
}

EP_INLINE __m256i ep_broadcast4(const int16_t *x)
{
    int64_t quad;
    memcpy(&quad, x, sizeof quad);
    return _mm256_set1_epi64x(quad);
}

/* Store tiles of up to 4 vectors, 8 outputs each, of which `count` exist. */
EP_INLINE void ep_store_half(const ep_requantize *r, const __m256i *v, int32_t height, int32_t count, int8_t *out,
                             ptrdiff_t stride)
{
    const __m256i order = _mm256_setr_epi8(0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15, 0, 1, 4, 5, 2, 3, 6, 7,
                                           8, 9, 12, 13, 10, 11, 14, 15);
    __m256i bytes = ep_packed32(r, v[0], v[height > 1 ? 1 : 0], v[height > 2 ? 2 : 0], v[height > 3 ? 3 : 0]);
    bytes = _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7));
    bytes = _mm256_shuffle_epi8(bytes, order);
    const __m128i low = _mm256_castsi256_si128(bytes), high = _mm256_extracti128_si256(bytes, 1);
    ep_store_some(out, low, count);
    if (height > 1)
        ep_store_some(out + stride, _mm_unpackhi_epi64(low, low), count);
    if (height > 2)
        ep_store_some(out + 2 * stride, high, count);
    if (height > 3)
        ep_store_some(out + 3 * stride, _mm_unpackhi_epi64(high, high), count);
}

/* `height` vectors by `width` half blocks from output `first` on; both are constants where this is inlined. */
EP_INLINE void ep_tile(const ep_matrix *m, const ep_panel *p, const ep_quads *q, int32_t vector, int32_t first,
                       const int32_t height, const int32_t width, int8_t *out, ptrdiff_t out_stride)
{
    const ptrdiff_t size = (ptrdiff_t)q->steps * (4 * EP_BLOCK);
    const int32_t *const offsets = q->offsets, steps = q->steps;
    const int8_t *w = q->weights + (first % EP_BLOCK) * 4;
    const int16_t *x[EP_TILE];
    __m256i sums[EP_TILE][8];
    EP_UNROLL for (int32_t i = 0; i < height; i++) {
        x[i] = p->vectors[vector + i];
        EP_UNROLL for (int32_t j = 0; j < 2 * width; j++)
            sums[i][j] = _mm256_setzero_si256();
    }
    for (int32_t step = 0; step < steps; step++, w += 4 * EP_BLOCK) {
        const ptrdiff_t offset = offsets[step];
        EP_UNROLL for (int32_t j = 0; j < width; j++) {
            const int8_t *const at = w + j / 2 * size + j % 2 * 4 * EP_HALF;
            const __m256i low = _mm256_cvtepi8_epi16(ep_load16(at)), high = _mm256_cvtepi8_epi16(ep_load16(at + 16));
            EP_UNROLL for (int32_t i = 0; i < height; i++) {
                const __m256i quad = ep_broadcast4(x[i] + offset);
                sums[i][2 * j] = _mm256_add_epi32(sums[i][2 * j], _mm256_madd_epi16(low, quad));
                sums[i][2 * j + 1] = _mm256_add_epi32(sums[i][2 * j + 1], _mm256_madd_epi16(high, quad));
            }
        }
    }
    EP_UNROLL for (int32_t j = 0; j < width; j++, first += EP_HALF) {
        /* Outputs come as 0 1 4 5 and 2 3 6 7. */
        const __m256i bias = _mm256_permute4x64_epi64(ep_load32(m->bias + first), 0xD8);
        ep_scale8 s = ep_scale8_load(&m->scaling, first, first + 4);
        s.scale = _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(s.scale), 0xD8));
        s.multiplier = _mm256_permute4x64_epi64(s.multiplier, 0xD8);
        s.left = _mm256_permute4x64_epi64(s.left, 0xD8);
        s.right = _mm256_permute4x64_epi64(s.right, 0xD8);
        __m256i v[EP_TILE];
        EP_UNROLL for (int32_t i = 0; i < height; i++) {
            const __m256 a = _mm256_castsi256_ps(sums[i][2 * j]), b = _mm256_castsi256_ps(sums[i][2 * j + 1]);
            const __m256i even = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0x88));
            const __m256i odd = _mm256_castps_si256(_mm256_shuffle_ps(a, b, 0xDD));
            v[i] = ep_scaled8(&m->scaling, &s, _mm256_add_epi32(_mm256_add_epi32(even, odd), bias));
        }
        const int32_t count = ep_min(EP_HALF, m->outputs - first);
        ep_store_half(&m->scaling, v, height, count, out + first, out_stride);
        if (height > 4)
            ep_store_half(&m->scaling, v + 4, height - 4, count, out + first + 4 * out_stride, out_stride);
    }
}

/* One vector times all outputs: four half blocks at a time. */
EP_INLINE void ep_panel_row(const ep_matrix *m, const ep_panel *p, int8_t *out)
{
    int32_t first = 0, room[EP_SKIPS ? EP_DEPTH / 4 : 1];
    ep_quads q;
#if EP_SKIPS
    for (; m->steps && first < m->outputs; first += EP_BLOCK) {
        q = ep_block_quads(m, p, first / EP_BLOCK, room);
        if (first + EP_HALF < m->outputs)
            ep_tile(m, p, &q, 0, first, 1, 2, out, 0);
        else
            ep_tile(m, p, &q, 0, first, 1, 1, out, 0);
    }
#endif
    for (; first + 3 * EP_HALF < m->outputs; first += 4 * EP_HALF) {
        q = ep_block_quads(m, p, first / EP_BLOCK, room);
        ep_tile(m, p, &q, 0, first, 1, 4, out, 0);
    }
    for (; first < m->outputs; first += EP_HALF) {
        q = ep_block_quads(m, p, first / EP_BLOCK, room);
        ep_tile(m, p, &q, 0, first, 1, 1, out, 0);
    }
}

/* Functions of their own: all in one, Clang 14 keeps sums in memory, and GCC 12 spills some. */
#define EP_TILE_OF(height)                                                                                             \
    EP_APART static void ep_tile_of_##height(const ep_matrix *m, const ep_panel *p, const ep_quads *q, int32_t vector, \
                                             int32_t first, int8_t *out, ptrdiff_t out_stride)                         \
    {                                                                                                                  \
        ep_tile(m, p, q, vector, first, height, 1, out, out_stride);                                                   \
    }
EP_TILE_OF(2)
EP_TILE_OF(3)
EP_TILE_OF(4)
EP_TILE_OF(5)
EP_TILE_OF(6)

/* `count` vectors times the matrix, in tiles of like heights. */
static void ep_panel_run(const ep_matrix *m, const ep_panel *p, int32_t count, int8_t *out, ptrdiff_t out_stride)
{
    if (count == 1) {
        ep_panel_row(m, p, out);
        return;
    }
    int32_t room[EP_SKIPS ? EP_DEPTH / 4 : 1];
    ep_quads q = ep_block_quads(m, p, 0, room);
    for (int32_t first = 0; first < m->outputs; first += EP_HALF) {
        if (first && first % EP_BLOCK == 0)
            q = ep_block_quads(m, p, first / EP_BLOCK, room);
        int32_t tiles = (count + EP_TILE - 1) / EP_TILE;
        for (int32_t at = 0, height; tiles > 0; tiles--, at += height) {
            int8_t *const to = out + at * out_stride;
            height = (count - at + tiles - 1) / tiles;
            switch (height) {
            case 6: ep_tile_of_6(m, p, &q, at, first, to, out_stride); break;
            case 5: ep_tile_of_5(m, p, &q, at, first, to, out_stride); break;
            case 4: ep_tile_of_4(m, p, &q, at, first, to, out_stride); break;
            case 3: ep_tile_of_3(m, p, &q, at, first, to, out_stride); break;
            default: ep_tile_of_2(m, p, &q, at, first, to, out_stride); break; /* One alone is a row. */
            }
        }
    }
}

#include "matrix_panels.h"

#define ep_matrix_run ep_matrix_by_panels

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif

#endif
