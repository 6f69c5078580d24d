/* FULLY_CONNECTED: rows of `depth` elements times the matrix of weights. */
#ifndef EDGEPACK_FULLY_CONNECTED_H
#define EDGEPACK_FULLY_CONNECTED_H

#include "matrix.h"
#include "threads.h"

typedef struct {
    ep_matrix matrix;
    int32_t count; /* Of vectors. */
    int32_t depth;
} ep_fully_connected;

typedef struct {
    const ep_fully_connected *layer;
    const int8_t *in;
    int8_t *out;
} ep_fully_connected_job;

/* Blocks of outputs. */
static void ep_fully_connected_blocks(void *argument, int32_t first, int32_t last)
{
    const ep_fully_connected_job *const job = argument;
    const ep_fully_connected *const f = job->layer;
    const ep_matrix part = ep_matrix_blocks(&f->matrix, first, last);
    const ep_vectors v = {job->in, f->depth, 0, job->out + first * EP_BLOCK, f->matrix.outputs};
    ep_matrix_run(&part, &v, f->count);
}

static void ep_fully_connected_run(const ep_fully_connected *f, const int8_t *in, int8_t *out EP_THREADS_PARAMETER)
{
    ep_fully_connected_job job = {f, in, out};
    ep_share(ep_fully_connected_blocks, &job, ep_matrix_block_count(&f->matrix),
             f->count * ep_matrix_work(&f->matrix) EP_THREADS);
}

#endif
