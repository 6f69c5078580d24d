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
    const ep_matrix *matrix; /* Some of its blocks, or all. */
    const int8_t *in;
    int8_t *out;
} ep_fully_connected_job;

/* Blocks of outputs. */
static void ep_fully_connected_blocks(void *argument, int32_t first, int32_t last)
{
    const ep_fully_connected_job *const job = argument;
    const ep_fully_connected *const f = job->layer;
    const ep_matrix part = ep_matrix_blocks(job->matrix, first, last);
    const ep_vectors v = {job->in, f->depth, 0, job->out + first * EP_BLOCK, f->matrix.outputs};
    ep_matrix_run(&part, &v, f->count);
}

EP_INLINE void ep_fully_connected_part(const ep_fully_connected *f, const ep_matrix *m, const int8_t *in,
                                       int8_t *out EP_THREADS_PARAMETER)
{
    ep_fully_connected_job job = {f, m, in, out};
    ep_share(ep_fully_connected_blocks, &job, ep_matrix_block_count(m), f->count * ep_matrix_work(m) EP_THREADS);
}

static void ep_fully_connected_run(const ep_fully_connected *f, const int8_t *in, int8_t *out,
                                   int8_t *scratch EP_THREADS_PARAMETER)
{
    const ep_matrix *const m = &f->matrix;
#if EP_UNFOLDS
    if (ep_is_folded(m)) {
        int8_t room[EP_UNFOLDED];
        ep_unfolding u = ep_unfold(m, scratch, room);
        for (int32_t first = 0; first < ep_matrix_block_count(m); first += u.at_once) {
            const ep_matrix part = ep_unfolded(&u, m, first);
            ep_fully_connected_part(f, &part, in, out + first * EP_BLOCK EP_THREADS);
        }
        return;
    }
#endif
    (void)scratch;
    ep_fully_connected_part(f, m, in, out EP_THREADS);
}

#endif
