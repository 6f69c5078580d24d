/* CONV_2D: every output pixel is a vector of kernel_h runs times the matrix of weights.

   Where the window lies inside the input, the runs are read where they are. At the border, and for groups and spread
   kernels, up to EP_PATCHES pixels are gathered into small patches first. By panels, all are widened first. */
#ifndef EDGEPACK_CONV_2D_H
#define EDGEPACK_CONV_2D_H

#include "matrix.h"
#include "threads.h"
#include "window.h"

#define EP_PATCHES 4

/* Whether some layer has groups, or taps that lie apart. */
#ifndef EP_SPREAD
#define EP_SPREAD 1
#endif

typedef struct {
    ep_window window;
    const ep_matrix *groups;
    int32_t group_count;
    int32_t depth; /* Input channels of a group. */
    int32_t zero_point;
    int32_t direct; /* Whether runs may be read from the input. */
} ep_conv_2d;

/* Each has ep_conv_2d_whole(c, in, out, patches). */
#if EP_PANELS
#include "conv_2d_panels.h"
#else
#include "conv_2d_patches.h"
#endif

typedef struct {
    const ep_conv_2d *layer;
    const int8_t *in;
    int8_t *out;
    int8_t *patches; /* Null where each part brings its own. */
} ep_conv_2d_job;

EP_INLINE void ep_conv_2d_job_run(const ep_conv_2d_job *job, const ep_conv_2d *c, const int8_t *in, int8_t *out)
{
#if defined(EDGEPACK_THREADS) && !EP_PANELS
    int8_t patches[EP_PATCHES * EP_DEPTH];
    ep_conv_2d_whole(c, in, out, job->patches ? job->patches : patches);
#else
    ep_conv_2d_whole(c, in, out, job->patches);
#endif
}

/* Rows of output, of all images one after the other; columns where the output is one row. */
static void ep_conv_2d_lines(void *argument, int32_t first, int32_t last)
{
    const ep_conv_2d_job *const job = argument;
    const ep_window *const w = &job->layer->window;
    ep_conv_2d part = *job->layer;
    if (w->batches * w->output_h == 1) {
        part.window = ep_window_columns(w, first, last);
        ep_conv_2d_job_run(job, &part, job->in, job->out + (ptrdiff_t)first * w->output_c);
        return;
    }
    for (; first < last; first += part.window.output_h) {
        part.window = ep_window_lines(w, first, last);
        ep_conv_2d_job_run(job, &part, job->in + first / w->output_h * ep_image_in(w),
                           job->out + (ptrdiff_t)first * w->output_w * w->output_c);
    }
}

/* Blocks of outputs, of all pixels. */
static void ep_conv_2d_blocks(void *argument, int32_t first, int32_t last)
{
    const ep_conv_2d_job *const job = argument;
    const ep_matrix matrix = ep_matrix_blocks(job->layer->groups, first, last);
    ep_conv_2d part = *job->layer;
    part.groups = &matrix;
    ep_conv_2d_job_run(job, &part, job->in, job->out + first * EP_BLOCK);
}

EP_INLINE void ep_conv_2d_part(const ep_conv_2d *c, const int8_t *in, int8_t *out,
                               int8_t *patches EP_THREADS_PARAMETER)
{
    const ep_window *const w = &c->window;
    const int32_t rows = w->batches * w->output_h, pixels = rows * w->output_w;
    const int64_t work = pixels * c->group_count * ep_matrix_work(c->groups);
    ep_conv_2d_job job = {c, in, out, patches};
    if (!EP_SHARES) {
        ep_conv_2d_whole(c, in, out, patches);
        return;
    }
    job.patches = NULL;
    if (c->group_count == 1 && c->groups->outputs > pixels) /* The larger operand is divided. */
        ep_share(ep_conv_2d_blocks, &job, ep_matrix_block_count(c->groups), work EP_THREADS);
    else
        ep_share(ep_conv_2d_lines, &job, rows > 1 ? rows : pixels, work EP_THREADS);
}

/* `scratch` holds blocks that are unpacked, and behind them patches. */
static void ep_conv_2d_run(const ep_conv_2d *c, const int8_t *in, int8_t *out, int8_t *scratch EP_THREADS_PARAMETER)
{
#if EP_UNFOLDS
    const ep_matrix *const m = c->groups;
    if (ep_is_folded(m)) {
        int8_t room[EP_UNFOLDED];
        ep_unfolding u = ep_unfold(m, scratch, room);
        int8_t *const patches = scratch + (u.to == scratch ? u.at_once * m->rows * m->quads * (4 * EP_BLOCK) : 0);
        for (int32_t first = 0; first < ep_matrix_block_count(m); first += u.at_once) {
            const ep_matrix blocks = ep_unfolded(&u, m, first);
            ep_conv_2d part = *c;
            part.groups = &blocks;
            ep_conv_2d_part(&part, in, out + first * EP_BLOCK, patches EP_THREADS);
        }
        return;
    }
#endif
    ep_conv_2d_part(c, in, out, scratch EP_THREADS);
}

#endif
