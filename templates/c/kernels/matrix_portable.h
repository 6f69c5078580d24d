/* The matrix product in plain C: four outputs at a time, which fits the registers of the smallest CPUs. */
#ifndef EDGEPACK_MATRIX_PORTABLE_H
#define EDGEPACK_MATRIX_PORTABLE_H

#define EP_SKIPPING 1

/* One quad of a vector times four outputs. */
#define EP_QUAD(x, w)                                                                                                  \
    do {                                                                                                               \
        a += (x)[0] * (w)[0] + (x)[1] * (w)[1] + (x)[2] * (w)[2] + (x)[3] * (w)[3];                                    \
        b += (x)[0] * (w)[4] + (x)[1] * (w)[5] + (x)[2] * (w)[6] + (x)[3] * (w)[7];                                    \
        c += (x)[0] * (w)[8] + (x)[1] * (w)[9] + (x)[2] * (w)[10] + (x)[3] * (w)[11];                                  \
        d += (x)[0] * (w)[12] + (x)[1] * (w)[13] + (x)[2] * (w)[14] + (x)[3] * (w)[15];                                \
    } while (0)

/* One vector times one block of outputs. */
EP_INLINE void ep_matrix_block(const ep_matrix *m, int32_t block, const int8_t *in, ptrdiff_t row_stride, int8_t *out)
{
    int32_t sums[EP_BLOCK];
    const int8_t *const weights = ep_block_weights(m, block);
#if EP_SKIPS
    int32_t room[EP_MOST_QUADS];
    const int32_t steps = ep_block_offsets(m, block, row_stride, room);
#endif
    for (int32_t part = 0; part < EP_BLOCK; part += 4) {
        const int32_t *const bias = m->bias + block * EP_BLOCK + part;
        const int8_t *w = weights + 4 * part;
        int32_t a = bias[0], b = bias[1], c = bias[2], d = bias[3];
        int32_t rows = m->rows;
#if EP_SKIPS
        for (int32_t i = 0; i < steps; i++, w += 4 * EP_BLOCK)
            EP_QUAD(in + room[i], w);
        if (steps >= 0)
            rows = 0;
#endif
        for (int32_t row = 0; row < rows; row++) {
            const int8_t *x = in + row * row_stride;
            for (int32_t quad = 0; quad < m->quads; quad++, x += 4, w += 4 * EP_BLOCK)
                EP_QUAD(x, w);
        }
        sums[part] = a, sums[part + 1] = b, sums[part + 2] = c, sums[part + 3] = d;
    }
    const int32_t first = block * EP_BLOCK;
    ep_requantize_run(&m->scaling, first, ep_min(EP_BLOCK, m->outputs - first), sums, out + first);
}

#undef EP_QUAD

/* `count` vectors times the matrix. */
static void ep_matrix_run(const ep_matrix *m, const ep_vectors *v, int32_t count)
{
    const int32_t blocks = (m->outputs + EP_BLOCK - 1) / EP_BLOCK;
    for (int32_t block = 0; block < blocks; block++)
        for (int32_t i = 0; i < count; i++)
            ep_matrix_block(m, block, v->in + i * v->vector_stride, v->row_stride, v->out + i * v->out_stride);
}

#endif
