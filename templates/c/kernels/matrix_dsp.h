/* The matrix product in pairs of halfwords: two vectors by two outputs in registers, or one by four. */
#ifndef EDGEPACK_MATRIX_DSP_H
#define EDGEPACK_MATRIX_DSP_H

#define EP_SKIPPING 1

#include "pairs_dsp.h"
#include "requantize_dsp.h"

/* One quad of each vector times `width` outputs. */
EP_INLINE void ep_tile_quad(int32_t totals[2][4], const int8_t *x, ptrdiff_t stride, const int8_t *w,
                            const int32_t height, const int32_t width)
{
    int32_t even[2], odd[2];
    EP_UNROLL for (int32_t i = 0; i < height; i++) {
        const int32_t bytes = ep_word(x + i * stride);
        even[i] = ep_even(bytes), odd[i] = ep_odd(bytes);
    }
    EP_UNROLL for (int32_t j = 0; j < width; j++) {
        const int32_t weights = ep_word(w + 4 * j), a = ep_even(weights), b = ep_odd(weights);
        EP_UNROLL for (int32_t i = 0; i < height; i++)
            totals[i][j] = ep_add_both(odd[i], b, ep_add_both(even[i], a, totals[i][j]));
    }
}

/* `height` vectors by `width` outputs from `part` of a block on, of all its quads or of `steps` at offsets; both are constants where this is inlined. */
EP_INLINE void ep_tile(const ep_matrix *m, const ep_vectors *v, int32_t block, int32_t part,
                       const int32_t *offsets, int32_t steps, int32_t sums[][EP_BLOCK], const int32_t height,
                       const int32_t width)
{
    const int8_t *w = ep_block_weights(m, block) + 4 * part;
    const int32_t *const bias = m->bias + block * EP_BLOCK + part;
    const int8_t *in = v->in;
    int32_t totals[2][4];
    EP_UNROLL for (int32_t j = 0; j < width; j++)
        EP_UNROLL for (int32_t i = 0; i < height; i++)
            totals[i][j] = bias[j];
    int32_t rows = m->rows;
#if EP_SKIPS
    for (int32_t i = 0; i < steps; i++, w += 4 * EP_BLOCK)
        ep_tile_quad(totals, in + offsets[i], v->vector_stride, w, height, width);
    if (steps >= 0)
        rows = 0;
#endif
    (void)offsets, (void)steps;
    for (int32_t row = rows; row > 0; row--, in += v->row_stride) {
        const int8_t *x = in;
        for (int32_t quad = m->quads; quad > 0; quad--, x += 4, w += 4 * EP_BLOCK)
            ep_tile_quad(totals, x, v->vector_stride, w, height, width);
    }
    EP_UNROLL for (int32_t j = 0; j < width; j++)
        EP_UNROLL for (int32_t i = 0; i < height; i++)
            sums[i][part + j] = totals[i][j];
}

/* `count` vectors times the matrix. */
static void ep_matrix_run(const ep_matrix *m, const ep_vectors *vectors, int32_t count)
{
    int32_t sums[2][EP_BLOCK];
    for (int32_t block = 0; block * EP_BLOCK < m->outputs; block++) {
        const int32_t first = block * EP_BLOCK, outputs = ep_min(EP_BLOCK, m->outputs - first);
        ep_vectors v = *vectors;
#if EP_SKIPS
        int32_t room[EP_MOST_QUADS];
        const int32_t steps = ep_block_offsets(m, block, v.row_stride, room);
#else
        const int32_t room[1] = {0}, steps = -1;
#endif
        for (int32_t left = count, taken; left > 0; left -= taken) {
            taken = ep_min(left, 2);
            if (taken == 2)
                for (int32_t part = 0; part < outputs; part += 2)
                    ep_tile(m, &v, block, part, room, steps, sums, 2, 2);
            else
                for (int32_t part = 0; part < outputs; part += 4)
                    ep_tile(m, &v, block, part, room, steps, sums, 1, 4);
            for (int32_t i = 0; i < taken; i++, v.in += v.vector_stride, v.out += v.out_stride)
                ep_requantize_dsp(&m->scaling, first, outputs, sums[i], v.out + first);
        }
    }
}

#endif
