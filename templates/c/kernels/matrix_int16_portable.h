/* The matrix product of int16 in plain C: four outputs at a time, which fits the registers of the smallest CPUs. */
#ifndef EDGEPACK_MATRIX_INT16_PORTABLE_H
#define EDGEPACK_MATRIX_INT16_PORTABLE_H

#define EP_INT16_TILE 1
#define EP_INT16_SMALL 1

/* One quad times one output: 2^24 at most. Sums may wrap, for which C has unsigned numbers. */
EP_INLINE uint32_t ep_int16_quad(const int16_t *x, const int8_t *w)
{
    return (uint32_t)(x[0] * w[0] + x[1] * w[1] + x[2] * w[2] + x[3] * w[3]);
}

EP_INLINE void ep_int16_tile(const ep_block_int16 *block, const ep_vectors_int16 *v, int32_t sums[][EP_BLOCK],
                             const int32_t height)
{
    (void)height;
    for (int32_t part = 0; part < block->outputs; part += 4) {
        const int32_t *const bias = block->bias + part;
        const int8_t *w = block->weights + 4 * part;
        uint32_t a = (uint32_t)bias[0], b = (uint32_t)bias[1], c = (uint32_t)bias[2], d = (uint32_t)bias[3];
        for (int32_t row = 0; row < block->rows; row++) {
            const int16_t *x = v->in + row * v->row_stride;
            for (int32_t quad = 0; quad < block->quads; quad++, x += 4, w += 4 * EP_BLOCK) {
                a += ep_int16_quad(x, w);
                b += ep_int16_quad(x, w + 4);
                c += ep_int16_quad(x, w + 8);
                d += ep_int16_quad(x, w + 12);
            }
        }
        sums[0][part] = (int32_t)a, sums[0][part + 1] = (int32_t)b;
        sums[0][part + 2] = (int32_t)c, sums[0][part + 3] = (int32_t)d;
    }
}

#endif
