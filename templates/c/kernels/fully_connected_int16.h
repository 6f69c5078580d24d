/* FULLY_CONNECTED of int16 with int8 weights: rows of `depth` elements times the matrix. */
#ifndef EDGEPACK_FULLY_CONNECTED_INT16_H
#define EDGEPACK_FULLY_CONNECTED_INT16_H

#include "matrix_int16.h"

typedef struct {
    ep_matrix_int16 matrix;
    int32_t count; /* Of vectors. */
    int32_t depth;
} ep_fully_connected_int16;

static void ep_fully_connected_int16_run(const ep_fully_connected_int16 *f, const int16_t *in, int16_t *out)
{
    const ep_vectors_int16 v = {in, f->depth, 0, out, f->matrix.outputs};
    ep_matrix_int16_run(&f->matrix, &v, f->count);
}

#endif
