/* The matrix product with AVX-512 VNNI: up to 5 vectors by 64 outputs in registers, 8 by 32, or 10 by 16.

   vpdpbusd multiplies unsigned by signed bytes. Vectors are made unsigned once, by adding 128, several of them into a
   panel that all weights then pass over; what this adds to an output, 128 times the sum of its weights, is taken off
   its bias. Of one vector alone it is the weights that are made unsigned, as they are loaded, since a second pass over
   them would take as long as the product. */
#ifndef EDGEPACK_MATRIX_AVX512_H
#define EDGEPACK_MATRIX_AVX512_H

#define EP_TILE 10
#define EP_STRIPS 1 /* Quads may lie anywhere. */
#define EP_FLAT 1   /* Pointwise windows lie in strips too. */
#define EP_OFFSET 128

typedef uint8_t ep_element;

#include "panel.h"
#include "requantize_avx512.h"

#define EP_CHAINS 8 /* Sums that one vector is added to in turn: an instruction takes five cycles, and two start in each. */

/* GCC 12's partial redundancy elimination copies every accumulator at the end of the inner loop, which costs a quarter
   of the speed. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC optimize("no-tree-pre")
#endif

EP_INLINE __mmask64 ep_first_bytes(int32_t count)
{
    return count >= 64 ? ~UINT64_C(0) : (UINT64_C(1) << count) - 1u;
}

/* Make `count` bytes unsigned; return where the next go. */
EP_INLINE uint8_t *ep_widen(const int8_t *in, int32_t count, uint8_t *to)
{
    const __m512i half = _mm512_set1_epi8(-128);
    int32_t at = 0;
    for (; at + 64 <= count; at += 64)
        _mm512_storeu_si512(to + at, _mm512_xor_si512(_mm512_loadu_si512(in + at), half));
    if (at < count) {
        const __mmask64 rest = ep_first_bytes(count - at);
        _mm512_mask_storeu_epi8(to + at, rest, _mm512_xor_si512(_mm512_maskz_loadu_epi8(rest, in + at), half));
    }
    return to + count;
}

EP_INLINE uint8_t *ep_widen_bytes(const int8_t *in, int32_t count, uint8_t *to) { return ep_widen(in, count, to); }

EP_INLINE __m512i ep_broadcast_quad(const void *x)
{
    int32_t quad;
    memcpy(&quad, x, sizeof quad);
    return _mm512_set1_epi32(quad);
}

/* Store 64 results: those of 16 outputs of 4 vectors, of 32 of 2, or of 64 of one; `count` outputs exist, and
   `height` vectors. */
EP_INLINE void ep_store64(__m512i bytes, const int32_t width, int32_t height, int32_t count, int8_t *out,
                          ptrdiff_t stride)
{
    if (width == 4) {
        if (count >= 64)
            _mm512_storeu_si512(out, bytes);
        else
            _mm512_mask_storeu_epi8(out, ep_first_bytes(count), bytes);
    } else if (width == 2) {
        const __m256i part[2] = {_mm512_castsi512_si256(bytes), _mm512_extracti64x4_epi64(bytes, 1)};
        const __mmask32 mask = (__mmask32)ep_first_bytes(ep_min(count, 32));
        EP_UNROLL for (int32_t i = 0; i < 2; i++)
            if (i < height)
                _mm256_mask_storeu_epi8(out + i * stride, mask, part[i]);
    } else {
        const __m128i part[4] = {_mm512_castsi512_si128(bytes), _mm512_extracti32x4_epi32(bytes, 1),
                                 _mm512_extracti32x4_epi32(bytes, 2), _mm512_extracti32x4_epi32(bytes, 3)};
        const __mmask16 mask = (__mmask16)ep_first_bytes(ep_min(count, 16));
        EP_UNROLL for (int32_t i = 0; i < 4; i++)
            if (i < height)
                _mm_mask_storeu_epi8(out + i * stride, mask, part[i]);
    }
}

/* Scale and store the sums of `height` vectors by `width` blocks from `block` on. */
EP_INLINE void ep_store_tile(const ep_matrix *m, __m512i sums[][4], int32_t block, const int32_t height,
                             const int32_t width, int8_t *out, ptrdiff_t stride)
{
    const int32_t first = block * EP_BLOCK, count = m->outputs - first, together = 4 / width;
    out += first;
#if EP_ONCE
    if (m->scaling.rule == ep_rule_once) {
        int32_t spilled[4 * EP_BLOCK];
        for (int32_t i = 0; i < height; i++) {
            for (int32_t j = 0; j < width; j++)
                _mm512_storeu_si512(spilled + j * EP_BLOCK, sums[i][j]);
            ep_requantize_run(&m->scaling, first, ep_min(count, width * EP_BLOCK), spilled, out + i * stride);
        }
        return;
    }
#endif
    const ep_ends ends = ep_ends_of(&m->scaling);
    ep_scale16 scale[4];
    EP_UNROLL for (int32_t j = 0; j < width; j++)
        scale[j] = ep_scale16_load(&m->scaling, first + j * EP_BLOCK);
    EP_UNROLL for (int32_t i = 0; i < height; i += together) {
        __m512i v[4];
        EP_UNROLL for (int32_t k = 0; k < 4; k++) {
            const int32_t row = i + k / width < height ? i + k / width : i; /* Past the last the first again. */
            v[k] = ep_scaled16(&m->scaling, &scale[k % width], &ends, sums[row][k % width]);
        }
        ep_store64(ep_in_order64(ep_narrowed64(&ends, v)), width, height - i, count, out + i * stride, stride);
    }
}

/* `height` vectors by `width` blocks of outputs; both are constants where this is inlined. */
EP_INLINE void ep_tile(const ep_matrix *m, const ep_panel *p, const int32_t *start, int32_t vector, int32_t block,
                       const int32_t height, const int32_t width, int8_t *out, ptrdiff_t stride)
{
    const ptrdiff_t size = (ptrdiff_t)p->steps * (4 * EP_BLOCK);
    const int8_t *w = m->weights + block * size;
    const uint8_t *x[EP_TILE];
    __m512i sums[EP_TILE][4];
    EP_UNROLL for (int32_t i = 0; i < height; i++) {
        x[i] = p->vectors[vector + i];
        EP_UNROLL for (int32_t j = 0; j < width; j++)
            sums[i][j] = _mm512_loadu_si512(start + j * EP_BLOCK);
    }
    for (int32_t step = 0; step < p->steps; step++, w += 4 * EP_BLOCK) {
        const ptrdiff_t offset = p->offsets[step];
        __m512i weights[4];
        EP_UNROLL for (int32_t j = 0; j < width; j++)
            weights[j] = _mm512_loadu_si512(w + j * size);
        EP_UNROLL for (int32_t i = 0; i < height; i++) {
            const __m512i quad = ep_broadcast_quad(x[i] + offset);
            EP_UNROLL for (int32_t j = 0; j < width; j++)
                sums[i][j] = _mm512_dpbusd_epi32(sums[i][j], quad, weights[j]);
        }
    }
    ep_store_tile(m, sums, block, height, width, out + vector * stride, stride);
}

/* All vectors by `width` blocks in tiles of one height; the last may take vectors of the one before again. */
EP_INLINE void ep_tiles(const ep_matrix *m, const ep_panel *p, const int32_t *start, int32_t count, int32_t block,
                        const int32_t height, const int32_t width, int8_t *out, ptrdiff_t stride)
{
    for (int32_t at = 0; at < count; at += height)
        ep_tile(m, p, start, ep_min(at, count - height), block, height, width, out, stride);
}

/* Where the sums of `width` blocks begin: their bias, less what unsigned vectors add. */
EP_INLINE void ep_starts(const ep_matrix *m, int32_t steps, int32_t block, const int32_t width, int32_t *start)
{
    const ptrdiff_t size = (ptrdiff_t)steps * (4 * EP_BLOCK);
    const int8_t *w = m->weights + block * size;
    const __m512i half = _mm512_set1_epi8(-128); /* 128, unsigned. */
    __m512i sums[4];
    EP_UNROLL for (int32_t j = 0; j < width; j++)
        sums[j] = _mm512_setzero_si512();
    for (int32_t step = 0; step < steps; step++, w += 4 * EP_BLOCK)
        EP_UNROLL for (int32_t j = 0; j < width; j++)
            sums[j] = _mm512_dpbusd_epi32(sums[j], half, _mm512_loadu_si512(w + j * size));
    EP_UNROLL for (int32_t j = 0; j < width; j++) {
        const __m512i bias = _mm512_loadu_si512(m->bias + (block + j) * EP_BLOCK);
        _mm512_storeu_si512(start + j * EP_BLOCK, _mm512_sub_epi32(bias, sums[j]));
    }
}

/* The height of like tiles for `count` vectors, at most `most`: even, where there is more than one vector. */
EP_INLINE int32_t ep_even_height(int32_t count, int32_t most)
{
    const int32_t tiles = (count + most - 1) / most, height = ((count + tiles - 1) / tiles + 1) & ~1;
    return height <= count ? height : height - 2;
}

static void ep_blocks4(const ep_matrix *m, const ep_panel *p, int32_t count, int32_t block, int8_t *out, ptrdiff_t stride)
{
    int32_t start[4 * EP_BLOCK];
    const int32_t tiles = (count + 4) / 5;
    ep_starts(m, p->steps, block, 4, start);
    switch ((count + tiles - 1) / tiles) {
    case 5: ep_tiles(m, p, start, count, block, 5, 4, out, stride); break;
    case 4: ep_tiles(m, p, start, count, block, 4, 4, out, stride); break;
    case 3: ep_tiles(m, p, start, count, block, 3, 4, out, stride); break;
    case 2: ep_tiles(m, p, start, count, block, 2, 4, out, stride); break;
    default: ep_tiles(m, p, start, count, block, 1, 4, out, stride); break;
    }
}

static void ep_blocks2(const ep_matrix *m, const ep_panel *p, int32_t count, int32_t block, int8_t *out, ptrdiff_t stride)
{
    int32_t start[2 * EP_BLOCK];
    ep_starts(m, p->steps, block, 2, start);
    switch (ep_even_height(count, 8)) {
    case 8: ep_tiles(m, p, start, count, block, 8, 2, out, stride); break;
    case 6: ep_tiles(m, p, start, count, block, 6, 2, out, stride); break;
    case 4: ep_tiles(m, p, start, count, block, 4, 2, out, stride); break;
    case 2: ep_tiles(m, p, start, count, block, 2, 2, out, stride); break;
    default: ep_tiles(m, p, start, count, block, 1, 2, out, stride); break;
    }
}

static void ep_blocks1(const ep_matrix *m, const ep_panel *p, int32_t count, int32_t block, int8_t *out, ptrdiff_t stride)
{
    int32_t start[EP_BLOCK];
    ep_starts(m, p->steps, block, 1, start);
    switch (ep_even_height(count, 10)) {
    case 10: ep_tiles(m, p, start, count, block, 10, 1, out, stride); break;
    case 8: ep_tiles(m, p, start, count, block, 8, 1, out, stride); break;
    case 6: ep_tiles(m, p, start, count, block, 6, 1, out, stride); break;
    case 4: ep_tiles(m, p, start, count, block, 4, 1, out, stride); break;
    case 2: ep_tiles(m, p, start, count, block, 2, 1, out, stride); break;
    default: ep_tiles(m, p, start, count, block, 1, 1, out, stride); break;
    }
}

/* `count` vectors times the matrix. */
static void ep_panel_run(const ep_matrix *m, const ep_panel *p, int32_t count, int8_t *out, ptrdiff_t stride)
{
    const int32_t blocks = ep_matrix_block_count(m);
    int32_t block = 0;
    for (; block + 4 <= blocks; block += 4)
        ep_blocks4(m, p, count, block, out, stride);
    if (block + 2 <= blocks) {
        ep_blocks2(m, p, count, block, out, stride);
        block += 2;
    }
    if (block < blocks)
        ep_blocks1(m, p, count, block, out, stride);
}

#include "matrix_panels.h"

/* 128 times the sum of a vector's elements, whatever lies behind it in its last quad included. */
EP_INLINE int32_t ep_vector_sum(const int8_t *in, int32_t bytes)
{
    const __m512i half = _mm512_set1_epi8(-128); /* 128, unsigned. */
    __m512i sums = _mm512_setzero_si512();
    for (int32_t at = 0; at < bytes; at += 64)
        sums = _mm512_dpbusd_epi32(sums, half, _mm512_maskz_loadu_epi8(ep_first_bytes(bytes - at), in + at));
    return _mm512_reduce_add_epi32(sums);
}

/* One vector by `width` blocks. */
EP_INLINE void ep_row_blocks(const ep_matrix *m, const int8_t *x, int32_t excess, int32_t block, const int32_t width,
                             int8_t *out)
{
    const ptrdiff_t size = (ptrdiff_t)m->quads * (4 * EP_BLOCK);
    const int8_t *w = m->weights + block * size;
    const __m512i half = _mm512_set1_epi8(-128);
    const int32_t turns = EP_CHAINS / width;
    __m512i sums[EP_CHAINS][4];
    EP_UNROLL for (int32_t t = 0; t < turns; t++)
        EP_UNROLL for (int32_t j = 0; j < width; j++)
            sums[t][j] = t ? _mm512_setzero_si512()
                           : _mm512_sub_epi32(_mm512_loadu_si512(m->bias + (block + j) * EP_BLOCK), _mm512_set1_epi32(excess));
    int32_t step = 0;
    for (; step + turns <= m->quads; step += turns, x += 4 * turns, w += turns * 4 * EP_BLOCK)
        EP_UNROLL for (int32_t t = 0; t < turns; t++)
            EP_UNROLL for (int32_t j = 0; j < width; j++) {
                const __m512i weights = _mm512_xor_si512(_mm512_loadu_si512(w + j * size + t * 4 * EP_BLOCK), half);
                sums[t][j] = _mm512_dpbusd_epi32(sums[t][j], weights, ep_broadcast_quad(x + 4 * t));
            }
    for (; step < m->quads; step++, x += 4, w += 4 * EP_BLOCK)
        EP_UNROLL for (int32_t j = 0; j < width; j++) {
            const __m512i weights = _mm512_xor_si512(_mm512_loadu_si512(w + j * size), half);
            sums[0][j] = _mm512_dpbusd_epi32(sums[0][j], weights, ep_broadcast_quad(x));
        }
    EP_UNROLL for (int32_t t = 1; t < turns; t++)
        EP_UNROLL for (int32_t j = 0; j < width; j++)
            sums[0][j] = _mm512_add_epi32(sums[0][j], sums[t][j]);
    ep_store_tile(m, sums, block, 1, width, out, 0);
}

static void ep_row_run(const ep_matrix *m, const int8_t *x, int8_t *out)
{
    const int32_t blocks = ep_matrix_block_count(m), excess = ep_vector_sum(x, 4 * m->quads);
    int32_t block = 0;
    for (; block + 4 <= blocks; block += 4)
        ep_row_blocks(m, x, excess, block, 4, out);
    for (; block < blocks; block++)
        ep_row_blocks(m, x, excess, block, 1, out);
}

/* `count` vectors times the matrix. */
EP_INLINE void ep_matrix_run(const ep_matrix *m, const ep_vectors *v, int32_t count)
{
    if (count > 2 || m->rows > 1) {
        ep_matrix_by_panels(m, v, count);
        return;
    }
    for (int32_t i = 0; i < count; i++)
        ep_row_run(m, v->in + i * v->vector_stride, v->out + i * v->out_stride);
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC pop_options
#endif

#endif
