/* FULLY_CONNECTED of int16 with int8 weights: rows of `depth` elements times the matrix. */
#ifndef EDGEPACK_FULLY_CONNECTED_INT16_H
#define EDGEPACK_FULLY_CONNECTED_INT16_H

#include "matrix_int16.h"
#include "threads.h"

typedef struct {
    ep_matrix_int16 matrix;
    int32_t count; /* Of vectors. */
    int32_t depth;
} ep_fully_connected_int16;

typedef struct {
    const ep_fully_connected_int16 *layer;
    const int16_t *in;
    int16_t *out;
} ep_fully_connected_int16_job;

/* Blocks of outputs. */
static void ep_fully_connected_int16_blocks(void *argument, int32_t first, int32_t last)
{
    const ep_fully_connected_int16_job *const job = argument;
    const ep_fully_connected_int16 *const f = job->layer;
    const ep_matrix_int16 part = ep_matrix_int16_blocks(&f->matrix, first, last);
    const ep_vectors_int16 v = {job->in, f->depth, 0, job->out + first * EP_BLOCK, f->matrix.outputs};
    ep_matrix_int16_run(&part, &v, f->count);
}

static void ep_fully_connected_int16_run(const ep_fully_connected_int16 *f, const int16_t *in,
                                         int16_t *out EP_THREADS_PARAMETER)
{
    const ep_matrix_int16 *const m = &f->matrix;
    if (EP_SHARES) {
        ep_fully_connected_int16_job job = {f, in, out};
        ep_share(ep_fully_connected_int16_blocks, &job, ep_matrix_int16_block_count(m),
                 f->count * ep_matrix_int16_work(m) EP_THREADS);
        return;
    }
    const ep_vectors_int16 v = {in, f->depth, 0, out, m->outputs};
    ep_matrix_int16_run(m, &v, f->count);
}

#endif
