/* FULLY_CONNECTED: rows of `depth` elements times the matrix of weights. */
#ifndef EDGEPACK_FULLY_CONNECTED_H
#define EDGEPACK_FULLY_CONNECTED_H

#include "matrix.h"

typedef struct {
    ep_matrix matrix;
    int32_t count; /* Of vectors. */
    int32_t depth;
} ep_fully_connected;

static void ep_fully_connected_run(const ep_fully_connected *f, const int8_t *in, int8_t *out)
{
    const ep_vectors v = {in, f->depth, 0, out, f->matrix.outputs};
    ep_matrix_run(&f->matrix, &v, f->count);
}

#endif
