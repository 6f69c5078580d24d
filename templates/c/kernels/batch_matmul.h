/* BATCH_MATMUL of int8: products of matrices that are both computed, either of them turned. */
#ifndef EDGEPACK_BATCH_MATMUL_H
#define EDGEPACK_BATCH_MATMUL_H

#include "requantize.h"

typedef struct {
    int32_t dims[3], a[3], b[3]; /* Leading dimensions, outermost first, and where each matrix of both inputs begins. */
    int32_t rows, depth, columns;
    int32_t a_row, a_step;    /* From a row of the first matrix to the next, and along it. */
    int32_t b_column, b_step; /* From a column of the second to the next, and along it. */
    int32_t a_zero, b_zero;
    ep_requantize scaling; /* Of one channel. */
} ep_batch_matmul;

EP_INLINE int8_t *ep_batch_matmul_one(const ep_batch_matmul *m, const int8_t *a, const int8_t *b, int8_t *out)
{
    for (int32_t row = 0; row < m->rows; row++)
        for (int32_t column = 0; column < m->columns; column++) {
            const int8_t *const x = a + (ptrdiff_t)row * m->a_row, *const y = b + (ptrdiff_t)column * m->b_column;
            int32_t sum = 0;
            for (int32_t i = 0; i < m->depth; i++)
                sum += (x[(ptrdiff_t)i * m->a_step] - m->a_zero) * (y[(ptrdiff_t)i * m->b_step] - m->b_zero);
            ep_requantize_run(&m->scaling, 0, 1, &sum, out++);
        }
    return out;
}

static void ep_batch_matmul_run(const ep_batch_matmul *m, const int8_t *a, const int8_t *b, int8_t *out)
{
    for (int32_t i = 0; i < m->dims[0]; i++)
        for (int32_t j = 0; j < m->dims[1]; j++)
            for (int32_t k = 0; k < m->dims[2]; k++) {
                const ptrdiff_t first = (ptrdiff_t)i * m->a[0] + (ptrdiff_t)j * m->a[1] + (ptrdiff_t)k * m->a[2];
                const ptrdiff_t second = (ptrdiff_t)i * m->b[0] + (ptrdiff_t)j * m->b[1] + (ptrdiff_t)k * m->b[2];
                out = ep_batch_matmul_one(m, a + first, b + second, out);
            }
}

#endif
