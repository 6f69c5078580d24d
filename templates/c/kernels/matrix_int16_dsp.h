/* The matrix product of int16 in pairs of halfwords: one vector by four outputs in registers. */
#ifndef EDGEPACK_MATRIX_INT16_DSP_H
#define EDGEPACK_MATRIX_INT16_DSP_H

#include "pairs_dsp.h"

#define EP_INT16_TILE 1
#define EP_INT16_SMALL 1

/* One quad, its even and odd elements, times one output. */
EP_INLINE int32_t ep_int16_quad(const int8_t *w, int32_t even, int32_t odd, int32_t sum)
{
    const int32_t weights = ep_word(w);
    return ep_add_both(odd, ep_odd(weights), ep_add_both(even, ep_even(weights), sum));
}

static EP_APART void ep_int16_four(const ep_block_int16 *block, const ep_vectors_int16 *v, int32_t part, int32_t *sums)
{
    const int8_t *w = block->weights + 4 * part;
    const int32_t *const bias = block->bias + part;
    const int16_t *in = v->in;
    int32_t a = bias[0], b = bias[1], c = bias[2], d = bias[3];
    for (int32_t row = block->rows; row > 0; row--, in += v->row_stride) {
        const int16_t *x = in;
        for (int32_t quad = block->quads; quad > 0; quad--, x += 4, w += 4 * EP_BLOCK) {
            const int32_t first = ep_two(x), second = ep_two(x + 2);
            const int32_t even = ep_lower_both(first, second), odd = ep_upper_both(first, second);
            a = ep_int16_quad(w, even, odd, a);
            b = ep_int16_quad(w + 4, even, odd, b);
            c = ep_int16_quad(w + 8, even, odd, c);
            d = ep_int16_quad(w + 12, even, odd, d);
        }
    }
    sums[part] = a, sums[part + 1] = b, sums[part + 2] = c, sums[part + 3] = d;
}

EP_INLINE void ep_int16_tile(const ep_block_int16 *b, const ep_vectors_int16 *v, int32_t sums[][EP_BLOCK],
                             const int32_t height)
{
    (void)height;
    for (int32_t part = 0; part < b->outputs; part += 4)
        ep_int16_four(b, v, part, sums[0]);
}

#endif
